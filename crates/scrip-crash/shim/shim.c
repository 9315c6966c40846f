/* Stands between the server and the C library (LD_PRELOAD): records what is written to the files of one folder and when
 * it is synced, makes a write or sync fail, and moves the clock. For the harnesses of scrip-crash only.
 *
 * Settings, from the environment:
 *   SHIM_FOLDER   the folder that is watched; its files are told apart by their names in it
 *   SHIM_LOG      where to record; without it nothing is recorded
 *   SHIM_FAIL     write:N, sync:N (the Nth of those counted fails once, with EIO), or full:N (after N bytes that make
 *                 files longer there is no room)
 *   SHIM_FAIL_FILE  only files whose names end in this are counted
 *   SHIM_CLOCK_SECONDS  how far the wall clock is ahead
 *   SHIM_CLOCK_FILE     a file of eight bytes that says how many seconds it is ahead besides, and may change at any time
 *
 * A record: kind (1 byte), length of the rest (4 bytes, little-endian), the rest; one write each to a file opened for
 * appending, so that records of several processes don't mix. src/power/recording.rs reads them.
 *
 * Not watched: the shared-memory index (-shm), which SQLite rebuilds after a crash, the lock and the socket.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
#define FOLDER_FD UINT64_MAX
#define NAME_MAX_BYTES 255

enum { CREATED = 1, WRITTEN = 2, CUT = 3, SYNC_BEGUN = 4, SYNCED = 5, REMOVED = 6, RENAMED = 7, FAILED = 9 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *folder, *fail_file = "";
static size_t folder_length;
static int log_fd = -1;
static enum { NOTHING, WRITE, SYNC, FULL } fail = NOTHING;
static int64_t fail_left, clock_seconds;
static const volatile int64_t nothing_more, *clock_moves = &nothing_more;
/* Which inode a descriptor is of, plus one; 0: not watched. */
static uint64_t watched[FDS];
static char counted[FDS];

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_gettimeofday)(struct timeval *, void *);

static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_openat = dlsym(RTLD_NEXT, "openat");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
    const char *text = getenv("SHIM_CLOCK_SECONDS");
    clock_seconds = text ? atoll(text) : 0;
    text = getenv("SHIM_CLOCK_FILE");
    if (text) {
        int fd = real_open(text, O_RDONLY | O_CLOEXEC);
        void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *clock_moves, PROT_READ, MAP_SHARED, fd, 0);
        if (mapped == MAP_FAILED) _exit(99);
        clock_moves = mapped;
        real_close(fd);
    }
    folder = getenv("SHIM_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    text = getenv("SHIM_FAIL_FILE");
    if (text) fail_file = text;
    text = getenv("SHIM_FAIL");
    const char *number = text ? strchr(text, ':') : NULL;
    if (number) {
        fail_left = atoll(number + 1);
        fail = strncmp(text, "write", 5) == 0 ? WRITE : strncmp(text, "sync", 4) == 0 ? SYNC : FULL;
    }
    text = getenv("SHIM_LOG");
    if (folder && text) log_fd = real_open(text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void ready(void) { pthread_once(&once, begin); }

static int ends_in(const char *name, const char *end) {
    size_t length = strlen(name), wanted = strlen(end);
    return length >= wanted && strcmp(name + length - wanted, end) == 0;
}

/* The name in the watched folder; "" for the folder itself; NULL: not watched. */
static const char *name_of(const char *path) {
    if (!folder_length || strncmp(path, folder, folder_length) != 0) return NULL;
    const char *rest = path + folder_length;
    if (*rest == 0) return rest;
    if (*rest != '/') return NULL;
    rest++;
    if (strchr(rest, '/') || strlen(rest) > NAME_MAX_BYTES) return NULL;
    if (ends_in(rest, "-shm") || ends_in(rest, ".lock") || ends_in(rest, ".sock")) return NULL;
    return rest;
}

/* Under the lock. Numbers first, then bytes. */
static void record(int kind, const uint64_t *numbers, int count, const void *bytes, size_t length) {
    if (log_fd < 0) return;
    uint8_t head[5 + 3 * 8];
    uint32_t rest = (uint32_t)(count * 8 + length);
    head[0] = (uint8_t)kind;
    memcpy(head + 1, &rest, 4);
    memcpy(head + 5, numbers, (size_t)count * 8);
    struct iovec parts[2] = {{head, 5 + (size_t)count * 8}, {(void *)bytes, length}};
    ssize_t written = real_writev(log_fd, parts, length ? 2 : 1);
    if (written != (ssize_t)(5 + rest)) {
        static const char text[] = "shim: the recording can't be written\n";
        (void)!real_write(2, text, sizeof text - 1);
        _exit(99);
    }
}

static uint64_t inode_of(int fd) {
    uint64_t held = fd >= 0 && fd < FDS ? watched[fd] : 0;
    return held;
}

static void opened(int fd, const char *name, int existed) {
    if (fd < 0 || fd >= FDS) return;
    if (*name == 0) {
        watched[fd] = FOLDER_FD;
        return;
    }
    struct stat info;
    if (fstat(fd, &info) != 0) return;
    uint64_t inode = info.st_ino;
    watched[fd] = inode + 1;
    counted[fd] = (char)ends_in(name, fail_file);
    if (!existed) record(CREATED, &inode, 1, name, strlen(name));
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    ready();
    const char *name = at == AT_FDCWD ? name_of(path) : NULL;
    if (!name) return real_openat(at, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat info;
    int existed = stat(path, &info) == 0;
    int fd = real_openat(at, path, flags, mode);
    int error = errno;
    if (fd >= 0) {
        opened(fd, name, existed);
        if (existed && (flags & O_TRUNC) && *name) {
            uint64_t numbers[2] = {watched[fd] - 1, 0};
            record(CUT, numbers, 2, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(last)                           \
    mode_t mode = 0;                         \
    if (flags & (O_CREAT | O_TMPFILE)) {     \
        va_list list;                        \
        va_start(list, last);                \
        mode = (mode_t)va_arg(list, int);    \
        va_end(list);                        \
    }

int open(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_any(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_any(at, path, flags | O_LARGEFILE, mode); }

int close(int fd) {
    ready();
    if (fd >= 0 && fd < FDS) watched[fd] = 0;
    return real_close(fd);
}

/* Under the lock. Whether this write is to fail, with errno set. */
static int write_fails(int fd, off_t end) {
    if (!counted[fd] || fail == NOTHING || fail == SYNC) return 0;
    if (fail == WRITE) {
        if (--fail_left != 0) return 0;
        errno = EIO;
    } else {
        struct stat info;
        if (fstat(fd, &info) != 0 || end <= info.st_size) return 0;
        if (fail_left >= end - info.st_size) {
            fail_left -= end - info.st_size;
            return 0;
        }
        errno = ENOSPC;
    }
    uint64_t inode = inode_of(fd) - 1;
    int error = errno;
    record(FAILED, &inode, 1, NULL, 0);
    errno = error;
    return 1;
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset, int moves) {
    pthread_mutex_lock(&lock);
    if (moves) offset = lseek(fd, 0, SEEK_CUR);
    ssize_t written = -1;
    if (!write_fails(fd, offset + (off_t)length)) {
        written = moves ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
        int error = errno;
        if (written > 0) {
            uint64_t numbers[2] = {inode_of(fd) - 1, (uint64_t)offset};
            record(WRITTEN, numbers, 2, bytes, (size_t)written);
        }
        errno = error;
    }
    pthread_mutex_unlock(&lock);
    return written;
}

static int is_file(int fd) {
    uint64_t inode = inode_of(fd);
    return inode != 0 && inode != FOLDER_FD;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ready();
    return is_file(fd) ? write_at(fd, bytes, length, 0, 1) : real_write(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    ready();
    return is_file(fd) ? write_at(fd, bytes, length, offset, 0) : real_pwrite(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    ready();
    if (!is_file(fd)) return real_writev(fd, parts, count);
    /* A short count is allowed: the caller goes on from there. */
    return count > 0 ? write_at(fd, parts[0].iov_base, parts[0].iov_len, 0, 1) : 0;
}

int ftruncate(int fd, off_t length) {
    ready();
    if (!is_file(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    int result = real_ftruncate(fd, length);
    int error = errno;
    if (result == 0) {
        uint64_t numbers[2] = {inode_of(fd) - 1, (uint64_t)length};
        record(CUT, numbers, 2, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

/* Only what was written before a sync began is covered by it, and only once it has ended. */
static int sync_any(int fd, int (*real)(int)) {
    uint64_t held = inode_of(fd);
    if (!held) return real(fd);
    uint64_t numbers[2] = {held == FOLDER_FD ? FOLDER_FD : held - 1, (uint64_t)syscall(SYS_gettid)};
    pthread_mutex_lock(&lock);
    if (fail == SYNC && held != FOLDER_FD && counted[fd] && --fail_left == 0) {
        record(FAILED, numbers, 1, NULL, 0);
        pthread_mutex_unlock(&lock);
        errno = EIO;
        return -1;
    }
    record(SYNC_BEGUN, numbers, 2, NULL, 0);
    pthread_mutex_unlock(&lock);
    int result = real(fd);
    int error = errno;
    if (result == 0) {
        pthread_mutex_lock(&lock);
        record(SYNCED, numbers, 2, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}

int fsync(int fd) { ready(); return sync_any(fd, real_fsync); }
int fdatasync(int fd) { ready(); return sync_any(fd, real_fdatasync); }

int unlink(const char *path) {
    ready();
    const char *name = name_of(path);
    if (!name || !*name) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int result = real_unlink(path);
    int error = errno;
    if (result == 0) record(REMOVED, NULL, 0, name, strlen(name));
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) {
    ready();
    const char *old = name_of(from), *new = name_of(to);
    if (!old || !new || !*old || !*new) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    int result = real_rename(from, to);
    int error = errno;
    if (result == 0) {
        char both[2 * NAME_MAX_BYTES + 2];
        int length = snprintf(both, sizeof both, "%s/%s", old, new);
        record(RENAMED, NULL, 0, both, (size_t)length);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    ready();
    int result = real_clock_gettime(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += clock_seconds + *clock_moves;
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    ready();
    int result = real_gettimeofday(time, zone);
    if (result == 0) time->tv_sec += clock_seconds + *clock_moves;
    return result;
}
