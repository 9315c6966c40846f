//! The database's files: whose they are, that none lies there without the others, and that nobody takes them away from
//! under an open store.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use scrip_store::StoreError;

use crate::error::unavailable;

/// Of every file that has a database's content: its owner's alone, whatever the folder and the umask say.
pub(crate) const MODE: u32 = 0o600;

/// The files of a database: itself, its log, the log's index, and what SQLite needs to undo a change that a crash cut off.
/// They belong together: what was committed last may stand in the log alone.
pub fn files_of(path: &Path) -> [PathBuf; 4] {
    let with = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [path.to_owned(), with("-wal"), with("-shm"), with("-journal")]
}

/// `scrip.db` becomes `scrip.db.<suffix>`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Errors: [`StoreError::Damaged`] if there is a log without the database that it belongs to. SQLite would delete it, and with
/// it what was committed last.
pub(crate) fn check_together(path: &Path) -> Result<(), StoreError> {
    let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len()).ok();
    let [database, log, _, undo] = files_of(path);
    let left = match length(&database) {
        Some(1..) => return Ok(()),
        // As a crash during the first start leaves it: what is to be undone is that start.
        Some(0) => [Some(&log), None],
        None => [Some(&log), Some(&undo)],
    };
    match left.into_iter().flatten().find(|left| length(left).is_some_and(|length| length > 0)) {
        None => Ok(()),
        Some(left) => Err(StoreError::Damaged {
            what: format!(
                "{} lies there without its {}: it may have what was answered last. Put both together again, or move both \
                 away together",
                left.display(),
                database.display()
            ),
        }),
    }
}

/// Makes an empty file where there is none: SQLite would make it for everybody, and gives its log the same mode.
pub(crate) fn make(path: &Path) -> Result<(), StoreError> {
    const OPERATION: &str = "making the database's file";
    match File::options().create_new(true).write(true).mode(MODE).open(path) {
        // Its name is there for good before a log could be there without it.
        Ok(file) => file.sync_all().and_then(|()| sync_folder(path)).map_err(|error| unavailable(OPERATION, error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unavailable(OPERATION, error)),
    }
}

/// Takes from others what an earlier Scrip, or a copy, let them read.
pub(crate) fn make_private(path: &Path) {
    for file in files_of(path).into_iter().chain([beside(path, "lock")]) {
        let Ok(metadata) = fs::metadata(&file) else { continue };
        if metadata.permissions().mode() & 0o077 != 0
            && let Err(error) = fs::set_permissions(&file, fs::Permissions::from_mode(MODE))
        {
            tracing::warn!(file = %file.display(), %error, "others may read this file, and it can't be kept from them");
        }
    }
}

pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// The files as a store opened them. Written to under another name, or none, they would not be found at the next start.
#[derive(Debug)]
pub(crate) struct Opened(Vec<(PathBuf, (u64, u64))>);

impl Opened {
    /// Of those that are there: the database and its log.
    pub(crate) fn now(path: &Path) -> Self {
        let [database, log, ..] = files_of(path);
        Self([database, log].into_iter().filter_map(|file| identity(&file).map(|found| (file, found))).collect())
    }

    /// Says in words which file isn't there any more.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (file, opened) in &self.0 {
            if identity(file) != Some(*opened) {
                let file = file.display();
                return Err(format!(
                    "{file} isn't the file that was opened: it was moved, removed or replaced while this process wrote to \
                     it. Put back what was moved, with the files that belong to it"
                ));
            }
        }
        Ok(())
    }
}

fn identity(file: &Path) -> Option<(u64, u64)> {
    fs::metadata(file).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
