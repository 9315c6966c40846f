//! Whether the device and the log have room for what can wait.

use std::{fs, path::Path};

use scrip_store::StoreError;

use crate::{error::unavailable, files::files_of, options::Options};

/// So many times as long as a log becomes while it can begin anew.
const LONG: u64 = 2;

/// Why what can wait has to.
#[derive(Debug, thiserror::Error)]
enum NoRoom {
    #[error("the device of {path} has {} MiB left, and keeps {} for those who sell", free >> 20, kept >> 20)]
    Device { path: String, free: u64, kept: u64 },
    #[error("the database's log has {} MiB: whoever reads the file for long keeps it from beginning anew", .0 >> 20)]
    Log(u64),
}

/// What is written beside those who sell takes nothing that they need: a full device ends the server.
///
/// Errors: [`StoreError::Unavailable`] while the device has less left than the log may take, or the log is longer than it should be.
pub(crate) fn check(path: &Path, options: &Options) -> Result<(), StoreError> {
    const OPERATION: &str = "looking for room for what can wait";
    let kept = options.log_bytes_max;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let device = rustix::fs::statvfs(folder).map_err(|error| unavailable(OPERATION, error))?;
    let free = device.f_bavail.saturating_mul(device.f_frsize);
    if free < kept {
        return Err(unavailable(OPERATION, NoRoom::Device { path: path.display().to_string(), free, kept }));
    }
    let [_, log, ..] = files_of(path);
    match fs::metadata(log) {
        Ok(log) if log.len() > kept.saturating_mul(LONG) => Err(unavailable(OPERATION, NoRoom::Log(log.len()))),
        _ => Ok(()),
    }
}
