//! Audit: all that a store has, for comparing it with a replay of the journal, and what is put right by that.

use scrip_core::{slot::Bucket, state::Kind};

use crate::{
    StoreError,
    documents::Document,
    people::{Row, TableName},
};

/// Documents and rows that were worked out anew from the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rederived {
    /// Of the rules by which they were derived; kept with them.
    pub revision: u32,
    pub documents: Vec<RederivedDocument>,
    /// Rows that aren't there any more, by their keys.
    pub gone: Vec<Row>,
    pub rows: Vec<Row>,
    /// How far the rows are of the journals: who follows them, and to which position of each bucket.
    pub follower: &'static str,
    pub followed: Vec<(Bucket, u64)>,
}

/// A document as it follows from the journal; `None`: there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RederivedDocument {
    pub bucket: Bucket,
    pub kind: Kind,
    pub key: Vec<u8>,
    pub document: Option<Document>,
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
    /// frame says, rows of no bucket, the structure of its files. In words; empty when all is well.
    fn contradictions(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
