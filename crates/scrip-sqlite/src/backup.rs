use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use scrip_store::StoreError;

use crate::{
    error::{during_copy, unavailable},
    lock::beside,
};

/// Copies all that is committed to a new file, from one read transaction.
///
/// `VACUUM INTO` makes no promise of durability, so the copy is synced before it gets its name.
pub(crate) fn copy(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    const OPERATION: &str = "writing the copy";
    // Reserves the name: nothing that is there is ever overwritten, also if two copies run at once.
    File::create_new(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Conflict { what: format!("{} exists already", to.display()) },
        _ => unavailable(OPERATION, error),
    })?;
    let unfinished = Unfinished { name: to.to_owned(), partial: beside(to, "partial") };
    unfinished.remove_partial();
    let text = unfinished.partial.to_str().ok_or_else(|| unavailable(OPERATION, "its path isn't UTF-8"))?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(during_copy)?;
    File::open(&unfinished.partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&unfinished.partial, to))
        .and_then(|()| sync_folder(to))
        .map_err(|error| unavailable(OPERATION, error))?;
    std::mem::forget(unfinished);
    Ok(())
}

/// Removes what an error left.
struct Unfinished {
    name: PathBuf,
    partial: PathBuf,
}

impl Unfinished {
    fn remove_partial(&self) {
        // What can't be removed stays; the error that led here says more.
        let _ = fs::remove_file(&self.partial);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.remove_partial();
        let _ = fs::remove_file(&self.name);
    }
}

fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
