use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use scrip_store::StoreError;

use crate::{
    error::{during_copy, unavailable},
    files::{self, beside, sync_folder},
    mark,
};

/// Copies all that is committed to a new file, from one read transaction.
///
/// `VACUUM INTO` makes no promise of durability, so the copy is synced before it gets its name.
pub(crate) fn copy(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    const OPERATION: &str = "writing the copy";
    // Reserves the name: nothing that is there is ever overwritten, also if two copies run at once.
    new_file(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Conflict { what: format!("{} exists already", to.display()) },
        _ => unavailable(OPERATION, error),
    })?;
    let unfinished = Unfinished { name: to.to_owned(), partial: beside(to, "partial") };
    unfinished.remove_partial();
    // SQLite writes into an empty file, and would make one that others may read.
    new_file(&unfinished.partial).map_err(|error| unavailable(OPERATION, error))?;
    let text = unfinished.partial.to_str().ok_or_else(|| unavailable(OPERATION, "its path isn't UTF-8"))?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(during_copy)?;
    File::options()
        .write(true)
        .open(&unfinished.partial)
        .and_then(|file| {
            mark::make_apart(connection, &file)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished.partial, to))
        .and_then(|()| sync_folder(to))
        .map_err(|error| unavailable(OPERATION, error))?;
    std::mem::forget(unfinished);
    Ok(())
}

/// Copies to a file beside the database, which is open to write, `scrip.db.<what>`, or the first such name with a number that is free.
pub(crate) fn copy_beside(connection: &Connection, path: &Path, what: &str) -> Result<PathBuf, StoreError> {
    let mut to = beside(path, what);
    let mut number = 1;
    while !is_free(&to)? {
        number += 1;
        to = beside(path, &format!("{what}-{number}"));
    }
    copy(connection, &to)?;
    Ok(to)
}

/// Whether nothing has the name. What a copy left that was cut off, when its process was killed, is removed: the database is this
/// process's, so that nobody else copies it there now.
fn is_free(to: &Path) -> Result<bool, StoreError> {
    let removed = match fs::symlink_metadata(to) {
        Ok(left) if left.is_file() && left.len() == 0 => fs::remove_file(to),
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => Err(error),
    };
    removed.map(|()| true).map_err(|error| unavailable("looking for a name for the copy", error))
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

fn new_file(path: &Path) -> io::Result<File> {
    File::options().create_new(true).write(true).mode(files::MODE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, SqliteStore};

    #[test]
    fn a_copy_that_was_cut_off_leaves_its_name_to_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        let store = SqliteStore::open(&path, Options::default()).expect("opens");
        let name = beside(&path, "schema-9");
        // As kill -9 leaves it.
        fs::write(&name, "").expect("writes");
        fs::write(beside(&name, "partial"), "half of it").expect("writes");
        let copied = || store.shared.pool.with(|reader| copy_beside(reader, &path, "schema-9")).expect("copies");
        assert_eq!(copied(), name);
        assert!(fs::metadata(&name).expect("it is there").len() > 0 && !beside(&name, "partial").exists());
        assert_eq!(copied(), beside(&path, "schema-9-2"), "what is whole stays");
    }
}
