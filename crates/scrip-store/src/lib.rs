//! The storage port: documents, journal and tables for people, without SQL, driver types or rules of the domain.
//!
//! A backend implements [`Store`] and passes the [`conformance`] suite; [`memory`] is the oracle.

pub mod conformance;
pub mod frame;
pub mod members;
pub mod memory;
pub mod people;
pub mod secret;
pub mod sums;

use std::time::Duration;

use scrip_core::{
    slot::{Bucket, Buckets},
    state::{Key, Kind},
    time::Timestamp,
};

use crate::{
    frame::{Frame, Hash},
    members::Members,
    people::{Row, TableName},
    secret::WrappedSecret,
    sums::{Added, Sum, SumTable},
};

/// An aggregate as stored, with the journal position of the batch that wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    pub version: u64,
    pub body: Vec<u8>,
}

/// Where a bucket's journal ends. Of an empty one: position 0, a hash of zeroes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// Of the last event; the first event ever has position 1.
    pub position: u64,
    pub hash: Hash,
    /// Of the last batch: time in a bucket never goes back.
    pub at: Timestamp,
    /// Whether the last frame has a seal: then every one after it must.
    pub sealed: bool,
}

impl Head {
    /// Where the journal ends with this frame, whose hash is given.
    pub const fn after(frame: &Frame, hash: Hash) -> Self {
        Self { position: frame.last_position(), hash, at: frame.at, sealed: frame.seal.is_some() }
    }

    /// Checks that the frame continues this journal: the next position, the hash before, no earlier time.
    ///
    /// Errors: [`StoreError::Conflict`] if it continues another state of the journal; [`StoreError::Damaged`] if the frame
    /// is of another bucket, has no event, or no seal although the one before has.
    pub fn check_next(&self, bucket: Bucket, frame: &Frame) -> Result<(), StoreError> {
        if frame.bucket != bucket || frame.count == 0 {
            let (found, count) = (frame.bucket.get(), frame.count);
            let what = format!("a frame of bucket {found} with {count} events can't go to bucket {}", bucket.get());
            return Err(StoreError::Damaged { what });
        }
        if self.sealed && frame.seal.is_none() {
            let what = format!("a frame without a seal can't follow the sealed one at {}", self.position);
            return Err(StoreError::Damaged { what });
        }
        if frame.first != self.position + 1 || frame.previous != self.hash || frame.at < self.at {
            let what =
                format!("the frame from position {} doesn't continue the journal at {}", frame.first, self.position);
            return Err(StoreError::Conflict { what });
        }
        Ok(())
    }
}

/// A document to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Save {
    pub key: Key,
    /// The version that was read; `None`: there was none. Another version in the store is [`StoreError::Conflict`].
    pub read: Option<u64>,
    /// `None` deletes the document.
    pub body: Option<Vec<u8>>,
}

impl Save {
    /// What a backend answers when the version in the store isn't the one that was read.
    pub fn conflict(&self) -> StoreError {
        let Self { key, read, .. } = self;
        StoreError::Conflict { what: format!("{key:?} isn't as it was read (version {read:?})") }
    }

    /// What a backend answers when the key isn't of the frame's bucket.
    pub fn in_another_bucket(&self) -> StoreError {
        StoreError::Damaged { what: format!("{:?} lives in another bucket than the batch", self.key) }
    }
}

/// All that one commit writes. Saved documents get the version [`Frame::last_position`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    pub frame: Frame,
    pub saves: Vec<Save>,
}

/// What a follower of the journal writes at once, and how far it comes by that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Followed {
    pub bucket: Bucket,
    /// The position of the last event that it followed before.
    pub from: u64,
    /// And now. Not beyond the journal's head.
    pub to: u64,
    /// Upserted in their order.
    pub rows: Vec<Row>,
    /// Added to tables of sums, in this order.
    pub added: Vec<Added>,
}

impl Followed {
    /// What a backend answers when the follower isn't at `from`, but at `found`.
    pub fn conflict(&self, found: u64) -> StoreError {
        let Self { bucket, from, .. } = self;
        StoreError::Conflict { what: format!("bucket {} was followed to {found}, not to {from}", bucket.get()) }
    }
}

/// Documents and rows that were worked out anew from the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rederived {
    /// Of the rules by which they were derived; kept with them.
    pub revision: u32,
    pub documents: Vec<RederivedDocument>,
    /// Rows that aren't there any more, by their keys.
    pub gone: Vec<people::Row>,
    pub rows: Vec<people::Row>,
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

    /// By which revision of the rules documents and rows were derived from the journal; 0 of a new store, and of one from
    /// before this was kept.
    fn revision(&self) -> Result<u32, StoreError>;

    /// Writes what was worked out anew, and its revision, all or nothing: while nobody writes. Tables of sums are emptied, for their
    /// followers to begin anew. A backend with files copies them first, if there is anything to write but the revision.
    ///
    /// Errors: [`StoreError::Conflict`] if a bucket has a writer.
    fn rederive(&self, changes: &Rederived) -> Result<(), StoreError>;

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

/// Begins one database transaction after another on a bucket.
pub trait Writer: Send {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError>;
}

/// One database transaction on a locked bucket. Dropping it rolls back.
pub trait Transaction {
    fn head(&mut self) -> Result<Head, StoreError>;

    /// Shape: one answer per key, in order.
    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError>;

    /// Appends the frame, saves the documents; durable when it returns.
    ///
    /// Errors: [`StoreError::Conflict`] if a saved document's version isn't the one read, or the frame doesn't continue
    /// the journal; then nothing was written.
    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), StoreError>;
}

/// Writes what one follower makes of the journal, beside the sequencers: they go first.
pub trait Projection: Send {
    /// Upserts the rows, adds to the sums and notes how far the follower came, all or nothing. It needn't be on the device when this returns: what is
    /// lost with the power is lost whole, and followed again. What belongs to an order may come before it. Answers for how long
    /// sequencers were kept from writing.
    ///
    /// Errors: [`StoreError::Conflict`] if the follower isn't at [`Followed::from`]; [`StoreError::Damaged`] if a row contradicts
    /// itself, or belongs to an order that has none, or a sum would come to less than 0; then nothing was written.
    fn write(&mut self, followed: &Followed) -> Result<Duration, StoreError>;
}

/// Reads what was committed.
pub trait Snapshot {
    /// Every wrapped secret, by purpose and number.
    fn secrets(&mut self) -> Result<Vec<WrappedSecret>, StoreError>;

    fn head(&mut self, bucket: Bucket) -> Result<Head, StoreError>;

    /// Shape: one answer per key, in order.
    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError>;

    /// The versions alone: where a backend can, for less than the documents. Shape: one answer per key, in order.
    fn versions(&mut self, keys: &[Key]) -> Result<Vec<Option<u64>>, StoreError> {
        Ok(self.load(keys)?.into_iter().map(|document| Some(document?.version)).collect())
    }

    /// Documents of a kind with `from <= key bytes < to`, in byte order, at most `limit`. `to` empty: no end.
    fn scan(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Document)>, StoreError>;

    /// Encoded frames in order, beginning with the one that has `position` (or the first after it), at most `limit`.
    /// They are as stored: [`Frame::decode`] verifies them.
    fn frames(&mut self, bucket: Bucket, position: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The position of the last event of a bucket that the follower's rows are made of; 0: of none yet.
    fn followed(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError>;

    /// Which account holds a coupon.
    fn coupon_owner(
        &mut self,
        coupon: scrip_core::id::CouponId,
    ) -> Result<Option<scrip_core::name::AccountId>, StoreError>;

    /// Orders across accounts, newest first, at most `limit`.
    fn orders(&mut self, filter: &people::OrderFilter, limit: usize) -> Result<Vec<people::OrderCursor>, StoreError>;

    /// A page of a table's list, as [`people::Table::LISTS`] has it.
    fn page(&mut self, table: TableName, page: &people::Page<'_>) -> Result<Vec<Row>, StoreError>;

    /// Ledger entries of a bucket by position, oldest first, those after `after`, at most `limit`.
    fn ledger_entries(
        &mut self,
        bucket: Bucket,
        after: u64,
        limit: usize,
    ) -> Result<Vec<people::LedgerEntryRow>, StoreError> {
        let page = people::LedgerEntryRow::page_of_bucket(bucket, after, limit);
        let rows = self.page(TableName::LedgerEntry, &page)?.into_iter();
        Ok(rows.filter_map(|row| if let Row::LedgerEntry(row) = row { Some(row) } else { None }).collect())
    }

    /// A campaign's codes in the order in which they were added, those after `after`, at most `limit`.
    fn codes(
        &mut self,
        campaign: scrip_core::id::CampaignId,
        after: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<people::CodeRow>, StoreError> {
        let page = people::CodeRow::page_of_campaign(campaign, after, limit);
        let rows = self.page(TableName::Code, &page)?.into_iter();
        Ok(rows.filter_map(|row| if let Row::Code(row) = row { Some(row) } else { None }).collect())
    }

    /// The rows of a table of sums by their keys; `first`: those whose key begins with it.
    fn sums(&mut self, table: &SumTable, first: Option<&str>) -> Result<Vec<Sum>, StoreError>;

    /// Claims, redemptions and cost by channel and source, of one campaign or of all: added up from rows, all of which it reads.
    fn distribution(
        &mut self,
        campaign: Option<scrip_core::id::CampaignId>,
    ) -> Result<Vec<people::DistributionRow>, StoreError>;

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
