//! The store's one connection that writes, and its transactions: those of the sequencer and of the followers.

use std::sync::MutexGuard;

use rusqlite::Connection;
use scrip_faults::Fault;
use scrip_store::{Head, StoreError};

use crate::{
    Shared,
    error::{during, during_commit, failed},
    gate::WritePass,
    lock, mark,
};

/// Has one cache of pages for all who write: what one has written the other needn't read.
#[derive(Debug)]
pub(crate) struct WriteConnection {
    pub connection: Connection,
    /// Where the journal ends, from the batch before: nobody else writes.
    pub head: Option<Head>,
    /// How many checkpoints there were when the file got the last mark by us: while there are no more, the log goes on.
    marked: Option<u64>,
    /// The device failed. What it has is only known when the file is opened again.
    pub failed: bool,
}

impl WriteConnection {
    pub const fn new(connection: Connection) -> Self {
        Self { connection, head: None, marked: None, failed: false }
    }

    fn check(&mut self, shared: &Shared) -> Result<(), StoreError> {
        if self.failed {
            return Err(failed("writing", "the device failed before; open the store again"));
        }
        let trouble = match shared.gate.failed() {
            Some(why) => failed("checkpointing", why),
            None => match shared.opened.check() {
                Ok(()) => return Ok(()),
                Err(why) => failed("writing", why),
            },
        };
        self.failed = true;
        Err(trouble)
    }
}

/// When a commit is on the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Durable {
    /// Before it returns.
    AtOnce,
    /// With the next one that is: the log has them in one order, so that what is lost with the power is lost from here on.
    WithTheNext,
}

/// Rolls back when dropped, then lets others in: in the order of the fields.
pub(crate) struct Writing<'s> {
    guard: MutexGuard<'s, Option<WriteConnection>>,
    durable: Durable,
    /// As the transaction began.
    checkpoints: u64,
    is_open: bool,
    pass: WritePass<'s>,
}

impl<'s> Writing<'s> {
    /// Begins a transaction, for whoever has the pass.
    ///
    /// Errors: [`StoreError::Failed`] once the device failed; [`StoreError::Conflict`] if the file is open for reading only.
    pub fn begin(shared: &'s Shared, pass: WritePass<'s>, durable: Durable) -> Result<Self, StoreError> {
        let mut guard = lock(&shared.writer);
        let Some(write) = &mut *guard else {
            return Err(StoreError::Conflict { what: format!("{} is open for reading only", shared.path.display()) });
        };
        write.check(shared)?;
        let begin = || {
            if durable == Durable::WithTheNext {
                write.connection.pragma_update(None, "synchronous", "normal")?;
            }
            write.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])
        };
        let begun = begin().map(drop).map_err(during("beginning to write"));
        // Asked only now: the transaction goes on with the log, or begins it anew, as it lies there since it began.
        let writing = Self { guard, durable, checkpoints: shared.gate.checkpoints(), is_open: begun.is_ok(), pass };
        begun.map(|()| writing)
    }

    pub fn write(&mut self) -> &mut WriteConnection {
        self.guard.as_mut().expect("it was there when the transaction began")
    }

    pub fn connection(&mut self) -> &Connection {
        &self.write().connection
    }

    /// Commits, and notes what holds from then on.
    ///
    /// Errors: [`StoreError::Failed`] if the device failed: then nothing is written until the file is opened again.
    pub fn commit(mut self, then: impl FnOnce(&mut WriteConnection)) -> Result<(), StoreError> {
        let checkpoints = self.checkpoints;
        let write = self.write();
        let is_marked = write.marked == Some(checkpoints) && checkpoints.is_multiple_of(2);
        let mark = || if is_marked { Ok(()) } else { mark::renew(&write.connection) };
        let committed = mark().map_err(during("marking the database")).and_then(|()| {
            let commit = || write.connection.prepare_cached("COMMIT")?.execute([]);
            commit().map(drop).map_err(during_commit)
        });
        match &committed {
            Ok(()) => {
                write.marked = Some(checkpoints);
                then(write);
                self.is_open = false;
                self.pass.committed();
            }
            Err(error) => self.note(error),
        }
        committed
    }

    /// After a failed device nothing is written any more.
    pub fn note(&mut self, error: &StoreError) {
        if matches!(error, StoreError::Failed { .. }) {
            self.write().failed = true;
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let Self { guard, durable, is_open, .. } = self;
        let Some(write) = &mut **guard else { return };
        // SQLite may have rolled back already, after a full device for example.
        if *is_open
            && !write.connection.is_autocommit()
            && let Err(error) = write.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction can't be taken back");
            write.failed = true;
        }
        if *durable == Durable::WithTheNext
            && !scrip_faults::is(Fault::SynchronousNormal)
            && let Err(error) = write.connection.pragma_update(None, "synchronous", "full")
        {
            tracing::error!(%error, "commits can't be made durable any more");
            write.failed = true;
        }
    }
}
