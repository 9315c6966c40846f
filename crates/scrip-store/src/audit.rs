//! Audit: all that a store has, for comparing it with a replay of the journal, and documents that are put right by that.

use scrip_core::{slot::Bucket, state::Kind};

use crate::{
    StoreError,
    documents::Document,
    people::{Row, TableName},
};

/// A document as it follows from the journal; `None`: there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepairedDocument {
    pub bucket: Bucket,
    pub kind: Kind,
    pub key: Vec<u8>,
    pub document: Option<Document>,
}

/// Puts documents right that an earlier build derived otherwise, all of them or, dropped before [`Repair::commit`], none. Nobody reads
/// any of it before, and needs no memory for what was written.
pub trait Repair {
    /// Errors: it can't be written.
    fn write(&mut self, repaired: &RepairedDocument) -> Result<(), StoreError>;

    /// Keeps what was written, if anything was after a copy of the files that a backend has, with the revision of the rules by which documents follow from their journal.
    ///
    /// Errors: nothing was written then, unless the device failed.
    fn commit(self: Box<Self>, revision: u32) -> Result<(), StoreError>;
}

/// Reads everything, in an order that is always the same.
pub trait Audit {
    /// Rows of a table whose key begins with an account, of accounts with `from <= account < to` in byte order, by their keys. An empty
    /// `to` is no end. For comparing a replay with them, some accounts at a time.
    fn rows_of_accounts(&mut self, table: TableName, from: &str, to: &str) -> Result<Vec<Row>, StoreError>;

    /// Rows of a table in the order of their keys, those after the row `after` of it, at most `limit`.
    fn rows(&mut self, table: TableName, after: Option<&Row>, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Every row of the tables for people in a fixed order. Needs memory for all of them.
    fn all_rows(&mut self) -> Result<Vec<Row>, StoreError>;

    /// Every document of a bucket, in order of kind and key bytes. Needs memory for all of them.
    fn all_documents(&mut self, bucket: Bucket) -> Result<Vec<(Kind, Vec<u8>, Document)>, StoreError>;

    /// What contradicts itself in how the backend keeps things, where nothing above shows it: columns that repeat what a
    /// frame says, rows of no bucket, the structure of its files. In words; empty when all is well. What rows of these followers' tables
    /// say is left out.
    fn contradictions(&mut self, without: &[&str]) -> Result<Vec<String>, StoreError> {
        let _ = without;
        Ok(Vec::new())
    }
}
