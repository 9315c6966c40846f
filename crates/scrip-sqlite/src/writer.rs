use std::sync::{Arc, atomic::Ordering};

use scrip_core::{slot::Bucket, state::Key};
use scrip_store::{Batch, Document, Head, StoreError, Transaction, Writer};

use crate::{
    Shared, documents, journal,
    writing::{Durable, Writing},
};

/// The sequencer's handle: there is one at a time.
pub(crate) struct SqliteWriter(Arc<Shared>);

impl SqliteWriter {
    /// Errors: [`StoreError::Conflict`] if there is one already.
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, StoreError> {
        if shared.has_writer.swap(true, Ordering::SeqCst) {
            return Err(StoreError::Conflict { what: "bucket 0 has a writer already".to_owned() });
        }
        Ok(Self(shared))
    }
}

impl Writer for SqliteWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let pass = self.0.gate.write();
        Ok(Box::new(SqliteTransaction(Writing::begin(&self.0, pass, Durable::AtOnce)?)))
    }
}

impl Drop for SqliteWriter {
    fn drop(&mut self) {
        self.0.has_writer.store(false, Ordering::SeqCst);
    }
}

struct SqliteTransaction<'w>(Writing<'w>);

impl SqliteTransaction<'_> {
    fn write(&mut self, batch: &Batch) -> Result<Head, StoreError> {
        self.head()?.check_next(Bucket::FIRST, &batch.frame)?;
        let head = journal::append(self.0.connection(), &batch.frame)?;
        documents::save(self.0.connection(), Bucket::FIRST, head.position, &batch.saves)?;
        Ok(head)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        let write = self.0.write();
        match write.head {
            Some(head) => Ok(head),
            None => {
                let head = journal::verified_head(&write.connection, Bucket::FIRST)?;
                write.head = Some(head);
                Ok(head)
            }
        }
    }

    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        documents::load(self.0.connection(), keys)
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), StoreError> {
        match self.write(batch) {
            Ok(head) => self.0.commit(|write| write.head = Some(head)),
            Err(error) => {
                self.0.note(&error);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{event::Event, time::Timestamp};
    use scrip_store::{Followed, Save, Store, TableSet, frame::Frame};

    use super::*;
    use crate::{Options, SqliteStore, lock};

    fn commit(writer: &mut dyn Writer, body: usize) -> Result<(), StoreError> {
        let mut transaction = writer.begin()?;
        let head = transaction.head()?;
        let (first, event) = (head.position + 1, Event::DueSwept { second: 0, chunk: 0 });
        let frame = Frame::new(Bucket::FIRST, first, Timestamp::default(), [0; 16], head.hash, &[&event]);
        let save = Save { key: Key::Due(Bucket::FIRST, first, 0), read: None, body: Some(vec![1; body]) };
        transaction.commit(&Batch { frame, saves: vec![save] })
    }

    #[test]
    fn after_a_full_device_nothing_is_written_until_the_file_is_opened_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        let store = SqliteStore::open(&path, Options::default()).expect("opens");
        let full = "PRAGMA max_page_count = 64";
        let limited = lock(&store.shared.writer).as_ref().map(|write| write.connection.query_row(full, [], |_| Ok(())));
        limited.expect("open for writing").expect("sets a limit");
        let mut writer = store.writer(Bucket::FIRST).expect("idle");
        commit(&mut *writer, 1).expect("there is room");
        let error = commit(&mut *writer, 1 << 20).expect_err("no room for 1 MiB");
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        let error = commit(&mut *writer, 1).expect_err("there was room, but it failed before");
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        drop(writer);
        let mut another = store.writer(Bucket::FIRST).expect("idle");
        assert!(matches!(another.begin().err(), Some(StoreError::Failed { .. })), "nor by another writer");
        let followed = Followed { bucket: Bucket::FIRST, from: 0, to: 1, rows: Vec::new(), added: Vec::new() };
        let error =
            store.projection("rows").expect("opens").write(TableSet::Shown, &followed).expect_err("nor by a follower");
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        drop(another);
        assert_eq!(store.snapshot().expect("reads").head(Bucket::FIRST).expect("reads").position, 1, "reading goes on");
        drop(store);

        let store = SqliteStore::open(&path, Options::default()).expect("opens");
        let mut writer = store.writer(Bucket::FIRST).expect("idle");
        commit(&mut *writer, 1 << 20).expect("there is room again");
        assert_eq!(writer.begin().expect("begins").head().expect("reads").position, 2);
    }
}
