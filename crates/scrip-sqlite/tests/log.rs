//! A log is joined to the file that it belongs to, and to no other.

mod harness;

use std::{fs, path::Path, time::Duration};

use harness::{Disk, check_prefix, commit, writer};
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{StoreError, Writer};

const LOG: &str = "scrip.db-wal";

/// The log begins anew as soon as all of it was copied.
fn restless() -> Options {
    Options { checkpoint_every: Duration::from_millis(1), log_bytes_max: 64 << 10, ..Options::default() }
}

/// The files as they are: what a killed process leaves.
fn as_killed(disk: &Disk) -> Disk {
    let after = Disk::new();
    for name in ["scrip.db", LOG] {
        fs::copy(disk.folder.path().join(name), after.folder.path().join(name)).expect("copied");
    }
    after
}

fn log(disk: &Disk) -> Vec<u8> {
    fs::read(disk.folder.path().join(LOG)).expect("there is a log")
}

/// Commits until the log began anew.
fn begin_anew(disk: &Disk, writer: &mut dyn Writer) {
    let before = log(disk);
    let anew = (0..100_000).any(|_| {
        commit(writer);
        log(disk)[..32] != before[..32]
    });
    assert!(anew, "the log only grows");
}

fn assert_refused(disk: &Disk) {
    let files = || (fs::read(&disk.path).expect("there"), log(disk));
    let before = files();
    for refused in [
        SqliteStore::open(&disk.path, Options::default()).expect_err("another's log"),
        SqliteStore::migrate(&disk.path).expect_err("another's log"),
        SqliteStore::open_read_only(&disk.path).expect_err("another's log"),
    ] {
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
        for name in ["scrip.db-wal isn't the log of", "scrip.db-shm", "Nothing was changed"] {
            assert!(refused.to_string().contains(name), "{refused}");
        }
    }
    assert!(files() == before, "neither was touched");
}

/// Puts a file where the log is, and asserts that it is refused and that the right one still has everything.
fn assert_alone_with_its_own(killed: &Disk, other: &Path, commits: u64) {
    let own = fs::read(&killed.path).expect("there");
    fs::copy(other, &killed.path).expect("put there");
    assert_refused(killed);
    fs::write(&killed.path, own).expect("put back");
    assert_eq!(check_prefix(&killed.open()), commits);
}

#[test]
fn a_backup_is_not_joined_to_the_log_of_the_file_it_was_made_of() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    commit(&mut *writer);
    let backup = disk.folder.path().join("backup.db");
    store.backup(&backup).expect("copies");
    let commits = commit(&mut *writer);
    assert_alone_with_its_own(&as_killed(&disk), &backup, commits);

    // The first log of a new file, before anything of it was copied.
    let new = Disk::new();
    let store = new.open();
    let commits = commit(&mut *harness::writer(&store));
    assert_alone_with_its_own(&as_killed(&new), &backup, commits);
}

#[test]
fn an_older_copy_is_not_joined_to_a_newer_log() {
    let disk = Disk::new();
    let store = SqliteStore::open(&disk.path, restless()).expect("opens");
    let mut writer = writer(&store);
    commit(&mut *writer);
    let older = disk.folder.path().join("older.db");
    fs::copy(&disk.path, &older).expect("copied");
    for _ in 0..3 {
        begin_anew(&disk, &mut *writer);
    }
    drop((writer, store));
    let store = disk.open();
    let commits = commit(&mut *harness::writer(&store));
    assert_alone_with_its_own(&as_killed(&disk), &older, commits);
}

#[test]
fn a_log_is_known_however_much_of_it_was_copied_and_whoever_began_it() {
    let disk = Disk::new();
    for round in 0..20 {
        let store = SqliteStore::open(&disk.path, restless()).expect("opens");
        let mut writer = writer(&store);
        for _ in 0..round {
            commit(&mut *writer);
        }
        let commits = commit(&mut *writer);
        // Nothing is copied any more once this has been waited for, so the files don't change while they are copied.
        drop(store);
        let options = Options { checkpoint_every: Duration::from_secs(1000), ..Options::default() };
        drop(writer);
        let store = SqliteStore::open(&disk.path, options).expect("opens");
        assert_eq!(check_prefix(&store), commits);
        let commits = commit(&mut *harness::writer(&store));
        let killed = as_killed(&disk);
        // Killed again while it starts, and once more after a part was copied.
        let checkpoint = rusqlite::Connection::open(&disk.path).expect("opens");
        checkpoint.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).expect("copied");
        let copied = as_killed(&disk);
        for killed in [killed, copied] {
            let whole = as_killed(&killed);
            assert_eq!(check_prefix(&SqliteStore::open_read_only(&whole.path).expect("its own")), commits);
            assert_eq!(check_prefix(&killed.open()), commits);
        }
    }
}

#[test]
fn a_log_in_which_nothing_was_committed_is_nobodys() {
    let disk = Disk::new();
    let store = disk.open();
    commit(&mut *writer(&store));
    let killed = as_killed(&disk);
    let whole = log(&killed);
    let log = killed.folder.path().join(LOG);
    for left in [0, 31, 32, 100] {
        fs::write(&log, &whole[..left]).expect("cut");
        SqliteStore::open_read_only(&killed.path).expect("the log has nothing");
    }
    // A frame of it that isn't whole ends it.
    let mut broken = whole.clone();
    broken[32 + 24 + 70] ^= 1;
    fs::write(&log, broken).expect("written");
    killed.open();
}

#[test]
fn a_store_whose_file_was_taken_away_deletes_no_log_that_lies_there_now() {
    let (disk, other) = (Disk::new(), Disk::new());
    let store = disk.open();
    commit(&mut *writer(&store));
    let there = other.open();
    commit(&mut *writer(&there));
    let killed = as_killed(&other);
    for name in ["scrip.db", LOG] {
        fs::rename(killed.folder.path().join(name), disk.folder.path().join(name)).expect("moved over");
    }
    let before = log(&disk);
    drop(store);
    assert!(log(&disk) == before, "it isn't that store's");
}
