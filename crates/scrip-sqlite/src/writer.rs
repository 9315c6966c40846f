use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use scrip_core::{key::Key, slot::Bucket};
use scrip_store::{Batch, Document, Head, StoreError, Transaction, Writer};

use crate::{
    Shared, documents,
    error::{during, during_commit, failed},
    gate::WritePass,
    journal, lock, mark, people,
};

/// Has the store's one connection that writes, and gives it back when dropped.
pub(crate) struct SqliteWriter {
    connection: Option<Connection>,
    memory: Memory,
    shared: Arc<Shared>,
}

/// What is known from the transaction before: nobody else writes.
#[derive(Default)]
struct Memory {
    head: Option<Head>,
    /// How many checkpoints there were when the file got the last mark by us: while there are no more, the log goes on.
    marked: Option<u64>,
    /// The device failed. What it has is only known when the file is opened again.
    failed: bool,
}

impl SqliteWriter {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self { connection: Some(connection), memory: Memory::default(), shared }
    }
}

impl Writer for SqliteWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        if self.memory.failed {
            return Err(failed("writing", "the device failed before; open the store again"));
        }
        if let Some(why) = self.shared.gate.failed() {
            self.memory.failed = true;
            return Err(failed("checkpointing", why));
        }
        if let Err(why) = self.shared.opened.check() {
            self.memory.failed = true;
            return Err(failed("writing", why));
        }
        let connection = self.connection.as_mut().expect("taken out only when dropped");
        let pass = self.shared.gate.write();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(during("beginning to write"))?;
        // Asked only now: the transaction goes on with the log, or begins it anew, as it lies there since it began.
        let checkpoints = self.shared.gate.checkpoints();
        Ok(Box::new(SqliteTransaction { transaction, memory: &mut self.memory, checkpoints, pass }))
    }
}

impl Drop for SqliteWriter {
    fn drop(&mut self) {
        // After a failure the connection is closed with this instead: nobody may write with it again.
        if !self.memory.failed {
            *lock(&self.shared.writer) = self.connection.take();
        }
    }
}

/// Rolls back when dropped, then lets a checkpoint in: in the order of the fields.
struct SqliteTransaction<'w> {
    transaction: rusqlite::Transaction<'w>,
    memory: &'w mut Memory,
    /// As the transaction began.
    checkpoints: u64,
    pass: WritePass<'w>,
}

impl SqliteTransaction<'_> {
    fn write(&mut self, batch: &Batch) -> Result<Head, StoreError> {
        self.head()?.check_next(Bucket::FIRST, &batch.frame)?;
        let head = journal::append(&self.transaction, &batch.frame)?;
        documents::save(&self.transaction, Bucket::FIRST, head.position, &batch.saves)?;
        people::write(&self.transaction, &batch.rows)?;
        if self.memory.marked != Some(self.checkpoints) || self.checkpoints % 2 == 1 {
            mark::renew(&self.transaction).map_err(during("marking the database"))?;
        }
        Ok(head)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        match self.memory.head {
            Some(head) => Ok(head),
            None => {
                let head = journal::verified_head(&self.transaction, Bucket::FIRST)?;
                self.memory.head = Some(head);
                Ok(head)
            }
        }
    }

    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        documents::load(&self.transaction, keys)
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), StoreError> {
        let written = self.write(batch);
        let Self { transaction, memory, checkpoints, pass } = *self;
        let committed = written.and_then(|head| transaction.commit().map_err(during_commit).map(|()| head));
        match committed {
            Ok(head) => {
                memory.head = Some(head);
                memory.marked = Some(checkpoints);
                pass.committed();
                Ok(())
            }
            Err(error) => {
                memory.failed = matches!(error, StoreError::Failed { .. });
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{event::Event, time::Timestamp};
    use scrip_store::{Save, Store, frame::Frame};

    use super::*;
    use crate::{Options, SqliteStore};

    fn commit(writer: &mut dyn Writer, body: usize) -> Result<(), StoreError> {
        let mut transaction = writer.begin()?;
        let head = transaction.head()?;
        let (first, event) = (head.position + 1, Event::DueSwept { second: 0, chunk: 0 });
        let frame = Frame::new(Bucket::FIRST, first, Timestamp::default(), [0; 16], head.hash, &[&event]);
        let save = Save { key: Key::Due(Bucket::FIRST, first, 0), read: None, body: Some(vec![1; body]) };
        transaction.commit(&Batch { frame, saves: vec![save], rows: vec![] })
    }

    #[test]
    fn after_a_full_device_nothing_is_written_until_the_file_is_opened_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        let store = SqliteStore::open(&path, Options::default()).expect("opens");
        let full = "PRAGMA max_page_count = 64";
        lock(&store.shared.writer).as_ref().expect("idle").query_row(full, [], |_| Ok(())).expect("sets a limit");
        let mut writer = store.writer(Bucket::FIRST).expect("idle");
        commit(&mut *writer, 1).expect("there is room");
        let error = commit(&mut *writer, 1 << 20).expect_err("no room for 1 MiB");
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        let error = commit(&mut *writer, 1).expect_err("there was room, but it failed before");
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        drop(writer);
        assert!(store.writer(Bucket::FIRST).is_err(), "nor by another writer");
        assert_eq!(store.snapshot().expect("reads").head(Bucket::FIRST).expect("reads").position, 1, "reading goes on");
        drop(store);

        let store = SqliteStore::open(&path, Options::default()).expect("opens");
        let mut writer = store.writer(Bucket::FIRST).expect("idle");
        commit(&mut *writer, 1 << 20).expect("there is room again");
        assert_eq!(writer.begin().expect("begins").head().expect("reads").position, 2);
    }
}
