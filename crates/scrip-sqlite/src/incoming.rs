use std::{
    fs,
    io::{self, Read as _},
    mem,
    path::{Path, PathBuf},
};

use scrip_store::StoreError;

use crate::{
    SqliteStore, backup,
    connection::{self, Access},
    error::unavailable,
    files::{self, beside, check_together, files_of},
    lock::DatabaseLock,
    mark,
    options::Options,
    schema,
};

/// A copy of a backup beside the place where it may become the database. Removed when dropped, unless it was accepted.
///
/// What is looked at and what becomes the database are one file: the backup itself isn't read a second time.
#[derive(Debug)]
pub struct Incoming<'l> {
    partial: PathBuf,
    lock: &'l DatabaseLock,
}

impl<'l> Incoming<'l> {
    /// Copies the database at `from`, with what stands in a log beside it, and brings the copy to the newest schema.
    ///
    /// Errors: [`StoreError::Damaged`] if it isn't a whole database of Scrip's or a newer Scrip wrote it;
    /// [`StoreError::Unavailable`] if it can't be read, or the copy not be written.
    pub fn copy(from: &Path, lock: &'l DatabaseLock) -> Result<Self, StoreError> {
        check_together(from)?;
        mark::check_beside_others(from)?;
        check_not_cut(from)?;
        let options = Options::default();
        let source = connection::open(from, Access::Read, &options)?;
        let runner = schema::runner();
        let is_older = schema::is_older(&source, &runner)?;
        let incoming = Self { partial: beside(lock.path(), "restoring"), lock };
        incoming.remove();
        backup::copy(&source, &incoming.partial)?;
        if is_older {
            let mut copy = connection::open(&incoming.partial, Access::Write, &options)?;
            schema::migrate_copy(&mut copy, &runner)?;
            connection::end_log(&copy);
        }
        Ok(incoming)
    }

    /// Changes the copy before it is looked at: what an earlier build derived is worked out anew. It isn't copied once more
    /// for that: whoever wants it as it was has the backup.
    ///
    /// Errors: those of `work`; the copy can't be opened.
    pub fn change<T>(&self, work: impl FnOnce(&SqliteStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let options = Options { copies_before_repair: false, ..Options::default() };
        let store = SqliteStore::open(&self.partial, options)?;
        work(&store)
    }

    /// To be looked at before it is accepted.
    ///
    /// Errors: as [`SqliteStore::open_read_only`].
    pub fn store(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_read_only(&self.partial)
    }

    /// Gives the copy the database's name. Only when it is on the device.
    ///
    /// Errors: [`StoreError::Conflict`] if files of a database lie there; [`StoreError::Unavailable`] if it can't be renamed.
    /// Then nothing there has changed.
    pub fn accept(self) -> Result<(), StoreError> {
        const OPERATION: &str = "giving the restored file its name";
        let target = self.lock.path();
        if let Some(there) = files_of(target).into_iter().find(|file| file.exists()) {
            return Err(StoreError::Conflict { what: format!("{} exists", there.display()) });
        }
        self.remove_beside();
        fs::File::open(&self.partial)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.partial, target))
            .and_then(|()| files::sync_folder(target))
            .map_err(|error| unavailable(OPERATION, error))?;
        mem::forget(self);
        Ok(())
    }

    /// What reading and changing it left beside it, a lock and copies too: nothing of it is the copy's content, as the log is
    /// empty once nobody has the copy open.
    fn remove_beside(&self) {
        let Some((folder, name)) = self.partial.parent().zip(self.partial.file_name()) else { return };
        let Ok(entries) = fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) else {
            return;
        };
        for entry in entries.flatten().filter(|entry| entry.file_name() != name) {
            if entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// What can't be removed stays, under a name that nobody opens; the next restore begins with it.
    fn remove(&self) {
        self.remove_beside();
        let _ = fs::remove_file(&self.partial);
    }
}

/// SQLite takes what is missing of the last page for zeros, which it may have been.
///
/// Errors: [`StoreError::Damaged`] if a file without a log ends within a page.
fn check_not_cut(from: &Path) -> Result<(), StoreError> {
    let [_, log, ..] = files_of(from);
    if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        return Ok(());
    }
    let header = || {
        let (mut file, mut header) = (fs::File::open(from)?, [0; 18]);
        file.read_exact(&mut header)?;
        Ok::<_, io::Error>((u16::from_be_bytes([header[16], header[17]]), file.metadata()?.len()))
    };
    // 1 stands for 65536. What has no header is no database, which SQLite says.
    match header() {
        Ok((page, length)) if page > 1 && length % u64::from(page) > 0 => {
            Err(StoreError::Damaged { what: format!("{} is cut off: it ends within a page", from.display()) })
        }
        _ => Ok(()),
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}
