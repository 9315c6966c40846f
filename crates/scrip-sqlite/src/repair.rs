//! Table `derived`, and documents that are put right.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};
use scrip_store::{Repair, RepairedDocument, StoreError};

use crate::{
    Shared, backup,
    column::signed,
    error::during,
    writing::{Durable, Writing},
};

const OPERATION: &str = "putting documents right";

pub(crate) fn revision(connection: &Connection) -> Result<u32, StoreError> {
    connection
        .query_row("SELECT revision FROM derived WHERE one = 1", [], |row| row.get(0))
        .map_err(during("reading the revision of documents"))
}

/// One transaction; SQLite writes to the log what has no room in its cache.
pub(crate) struct SqliteRepair<'s> {
    shared: &'s Shared,
    writing: Writing<'s>,
    /// Whether anything was written.
    is_written: bool,
}

impl<'s> SqliteRepair<'s> {
    /// Errors: [`StoreError::Conflict`] if there is a sequencer, or the file is open for reading only.
    pub fn begin(shared: &'s Shared) -> Result<Self, StoreError> {
        if shared.has_writer.load(Ordering::SeqCst) {
            return Err(StoreError::Conflict { what: "bucket 0 has a writer".to_owned() });
        }
        let writing = Writing::begin(shared, shared.gate.write(), Durable::AtOnce)?;
        Ok(Self { shared, writing, is_written: false })
    }

    /// To `scrip.db.revision-0`, or the first such name with a number that is free. By a connection that reads: it sees the file as it was
    /// before this transaction.
    fn copy(&self) -> Result<(), StoreError> {
        let path = &self.shared.path;
        let copy = self
            .shared
            .pool
            .with(|reader| backup::copy_beside(reader, path, &format!("revision-{}", revision(reader)?)))?;
        tracing::info!(copy = %copy.display(), "copied the database as it was before documents are put right");
        Ok(())
    }
}

impl Repair for SqliteRepair<'_> {
    fn write(&mut self, repaired: &RepairedDocument) -> Result<(), StoreError> {
        self.is_written = true;
        let written = write(self.writing.connection(), repaired).map_err(during(OPERATION));
        if let Err(error) = &written {
            self.writing.note(error);
        }
        written
    }

    fn commit(mut self: Box<Self>, revision: u32) -> Result<(), StoreError> {
        // Only now: whoever ends the process before leaves no copy, however often it begins again.
        if self.is_written && self.shared.options.copies_before_repair {
            self.copy()?;
        }
        let update = "UPDATE derived SET revision = ?1 WHERE one = 1";
        self.writing.connection().execute(update, [revision]).map_err(during(OPERATION))?;
        self.writing.commit(|_| {})
    }
}

fn write(connection: &Connection, repaired: &RepairedDocument) -> rusqlite::Result<()> {
    let RepairedDocument { bucket, kind, key, document } = repaired;
    match document {
        Some(document) => {
            let sql = "INSERT INTO document (bucket, kind, key, version, body) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body";
            let params = params![bucket.get(), kind.number(), key, signed(document.version), document.body];
            connection.prepare_cached(sql)?.execute(params).map(drop)
        }
        None => {
            let sql = "DELETE FROM document WHERE bucket = ?1 AND kind = ?2 AND key = ?3";
            connection.prepare_cached(sql)?.execute(params![bucket.get(), kind.number(), key]).map(drop)
        }
    }
}
