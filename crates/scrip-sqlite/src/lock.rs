//! One server per file: a lock on a file beside it, let go by the operating system however the process ends.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use scrip_store::StoreError;

use crate::error::unavailable;

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

impl Lock {
    /// Errors: [`StoreError::Conflict`] if somebody has it, this process included.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        const OPERATION: &str = "locking the database";
        let options = File::options().create(true).truncate(false).write(true).open(beside(path, "lock"));
        let file = options.map_err(|error| unavailable(OPERATION, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::Conflict { what: format!("another server has {} open", path.display()) })
            }
            Err(TryLockError::Error(error)) => Err(unavailable(OPERATION, error)),
        }
    }
}

/// `scrip.db` becomes `scrip.db.<suffix>`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
