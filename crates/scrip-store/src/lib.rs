//! The storage port: documents, journal and tables for people, without SQL, driver types or rules of the domain.
//!
//! A backend implements [`Store`] and passes the [`conformance`] suite; [`memory`] is the oracle.

pub mod conformance;
pub mod frame;
pub mod memory;
pub mod people;

use scrip_core::{
    key::{Key, Kind},
    slot::{Bucket, Buckets},
    time::Timestamp,
};

use crate::{
    frame::{Frame, Hash},
    people::Row,
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
}

impl Head {
    /// Checks that the frame continues this journal: the next position, the hash before, no earlier time.
    ///
    /// Errors: [`StoreError::Conflict`] if it continues another state of the journal; [`StoreError::Damaged`] if the frame
    /// is of another bucket or has no event.
    pub fn check_next(&self, bucket: Bucket, frame: &Frame) -> Result<(), StoreError> {
        if frame.bucket != bucket || frame.count == 0 {
            let (found, count) = (frame.bucket.get(), frame.count);
            let what = format!("a frame of bucket {found} with {count} events can't go to bucket {}", bucket.get());
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
    pub rows: Vec<Row>,
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

    /// A consistent view of what was committed before. Calls block.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError>;
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

    /// Appends the frame, saves the documents, upserts the rows; durable when it returns.
    ///
    /// Errors: [`StoreError::Conflict`] if a saved document's version isn't the one read, or the frame doesn't continue
    /// the journal; then nothing was written.
    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), StoreError>;
}

/// Reads what was committed.
pub trait Snapshot {
    fn head(&mut self, bucket: Bucket) -> Result<Head, StoreError>;

    /// Shape: one answer per key, in order.
    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError>;

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

    /// Which account holds a coupon.
    fn coupon_owner(
        &mut self,
        coupon: scrip_core::id::CouponId,
    ) -> Result<Option<scrip_core::name::AccountId>, StoreError>;

    /// Orders across accounts, newest first, at most `limit`.
    fn orders(&mut self, filter: &people::OrderFilter, limit: usize) -> Result<Vec<people::OrderPlace>, StoreError>;

    /// Ledger entries of a bucket by position, oldest first, those after `after`, at most `limit`.
    fn ledger_entries(
        &mut self,
        bucket: Bucket,
        after: u64,
        limit: usize,
    ) -> Result<Vec<people::LedgerEntryRow>, StoreError>;

    /// A campaign's codes in the order in which they were added, those after `after`, at most `limit`.
    fn codes(
        &mut self,
        campaign: scrip_core::id::CampaignId,
        after: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<people::CodeRow>, StoreError>;

    /// Claims, redemptions and cost by channel and source, of one campaign or of all.
    fn distribution(
        &mut self,
        campaign: Option<scrip_core::id::CampaignId>,
    ) -> Result<Vec<people::DistributionRow>, StoreError>;

    /// Every row of the tables for people in a fixed order, for comparing a replay with them.
    fn all_rows(&mut self) -> Result<Vec<Row>, StoreError>;

    /// Every document of a bucket, in order of kind and key bytes, for the same.
    fn all_documents(&mut self, bucket: Bucket) -> Result<Vec<(Kind, Vec<u8>, Document)>, StoreError>;

    /// What contradicts itself in how the backend keeps things, where nothing above shows it: columns that repeat what a
    /// frame says, rows of no bucket, the structure of its files. In words; empty when all is well.
    fn contradictions(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
