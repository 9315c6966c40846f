//! The storage port, without SQL, driver types or rules of the domain. It has four parts, a file each:
//!
//! | part | what for | read by | written by |
//! |---|---|---|---|
//! | [`documents`] | commands, and answers about what is now | [`ReadDocuments`] | [`Transaction`] |
//! | [`journal`] | what happened, in order | [`ReadJournal`] | [`Transaction`] |
//! | [`tables`] | lists and reports, for people | [`ReadTables`] | [`Projection`] |
//! | [`audit`] | verification and repair | [`Audit`] | [`Repair`] |
//!
//! A backend implements [`Store`] and passes the [`conformance`] suite; [`memory`] is the oracle. What stands in the tables for people
//! is described in [`people`]: a backend derives its statements from that.

pub mod audit;
pub mod conformance;
pub mod documents;
pub mod frame;
pub mod journal;
pub mod members;
pub mod memory;
pub mod people;
pub mod secret;
pub mod sums;
pub mod tables;

use scrip_core::slot::{Bucket, Buckets};

pub use crate::{
    audit::{Audit, Repair, RepairedDocument},
    documents::{Document, ReadDocuments, Save},
    journal::{Batch, Head, ReadJournal, Transaction, Writer},
    tables::{Followed, MadeBy, Projection, ReadTables, Rebuild, TableSet},
};
use crate::{members::Members, secret::WrappedSecret};

/// A store of one or more buckets.
pub trait Store: Send + Sync + 'static {
    fn buckets(&self) -> Buckets;

    /// The handle of the bucket's one sequencer. Calls block; a sequencer has a thread of its own.
    ///
    /// Errors: [`StoreError::Conflict`] if this process already has one for the bucket.
    fn writer(&self, bucket: Bucket) -> Result<Box<dyn Writer>, StoreError>;

    /// The handle by which a follower writes rows. Calls block; several of one name, also in several processes, keep each other from
    /// doing anything twice.
    ///
    /// Errors: [`StoreError::Conflict`] if the store is open for reading only.
    fn projection(&self, follower: &'static str) -> Result<Box<dyn Projection>, StoreError>;

    /// A consistent view of what was committed before. Calls block.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError>;

    /// By which revision of the rules documents were derived from the journal; 0 of a new store, and of one from before this was kept.
    /// Of tables [`ReadTables::made_by`] says it.
    fn revision(&self) -> Result<u32, StoreError>;

    /// Begins to put documents right, while nobody writes.
    ///
    /// Errors: [`StoreError::Conflict`] if a bucket has a writer, or the store is open for reading only.
    fn repair(&self) -> Result<Box<dyn Repair + '_>, StoreError>;

    /// Puts `new` in place of all wrapped secrets, whole or not at all; durable when it returns. Also while a writer is at
    /// work: frames and documents have nothing to do with it.
    ///
    /// Errors: [`StoreError::Conflict`] if those in the store aren't `read`, or `new` has one twice; then nothing was written.
    fn replace_secrets(&self, read: &[WrappedSecret], new: &[WrappedSecret]) -> Result<(), StoreError>;

    /// The processes that serve from this store. `None`: it is served from by one alone, which nobody has to wait for.
    fn members(&self) -> Option<&dyn Members> {
        None
    }
}

/// A consistent view of what was committed: of all four parts, and of the secrets.
pub trait Snapshot: ReadDocuments + ReadJournal + ReadTables + Audit {
    /// Every wrapped secret, by purpose and number.
    fn secrets(&mut self) -> Result<Vec<WrappedSecret>, StoreError>;
}

/// Why a store couldn't do its work. Nothing was done, unless it says that it doesn't know.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Can't be reached or is busy; asking again later may work.
    #[error("the store is unavailable: {operation}")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody else wrote what this batch read, or has what only one may have.
    #[error("conflict: {what}")]
    Conflict { what: String },
    /// The data contradicts itself or can't be read.
    #[error("the store is damaged: {what}")]
    Damaged { what: String },
    /// The device is full, failed a write or failed a sync: no further write may be tried.
    #[error("the store's device failed: {operation}")]
    Failed {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
