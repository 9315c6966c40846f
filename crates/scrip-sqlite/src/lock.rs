//! One server per file: a lock on a file beside it, let go by the operating system however the process ends.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use scrip_store::StoreError;

use crate::{
    error::unavailable,
    files::{self, beside},
};

/// Says that nobody else writes to a database, or puts one in its place. Held as long as it lives.
#[derive(Debug)]
pub struct DatabaseLock {
    path: PathBuf,
    #[expect(dead_code, reason = "held for its lock")]
    file: File,
}

impl DatabaseLock {
    /// Of the database at this path, which need not exist; its folder must.
    ///
    /// Errors: [`StoreError::Conflict`] if somebody has it, this process included.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        const OPERATION: &str = "locking the database";
        let options =
            File::options().create(true).truncate(false).write(true).mode(files::MODE).open(beside(path, "lock"));
        let file = options.map_err(|error| unavailable(OPERATION, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), file }),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::Conflict { what: format!("another server has {} open", path.display()) })
            }
            Err(TryLockError::Error(error)) => Err(unavailable(OPERATION, error)),
        }
    }

    /// Errors: [`StoreError::Damaged`] if a log lies there without the database.
    pub fn check_together(&self) -> Result<(), StoreError> {
        files::check_together(&self.path)
    }

    /// Makes the database's file, empty, where there is none: whoever looks knows then that one is being made here.
    ///
    /// Errors: [`StoreError::Unavailable`] if it can't be made.
    pub fn reserve(&self) -> Result<(), StoreError> {
        files::make(&self.path)
    }

    /// Whether somebody has it.
    pub(crate) fn is_taken(path: &Path) -> bool {
        let file = File::open(beside(path, "lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock's own file away while nobody else can have it: for a folder that is to be as it was.
    pub fn take_file_away(self) {
        // Left there it does no harm.
        let _ = std::fs::remove_file(beside(&self.path, "lock"));
    }

    /// Of which database.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
