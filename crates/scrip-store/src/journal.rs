//! The journal: what happened, one frame a commit, written together with the documents that follow from it.

use scrip_core::{slot::Bucket, state::Key, time::Timestamp};

use crate::{
    StoreError,
    documents::{Document, Save},
    frame::{Frame, Hash},
};

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

/// All that one commit writes. Saved documents get the version [`Frame::last_position`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    pub frame: Frame,
    pub saves: Vec<Save>,
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

/// Reads the journal.
pub trait ReadJournal {
    fn head(&mut self, bucket: Bucket) -> Result<Head, StoreError>;

    /// Encoded frames in order, beginning with the one that has `position` (or the first after it), at most `limit`.
    /// They are as stored: [`Frame::decode`] verifies them.
    fn frames(&mut self, bucket: Bucket, position: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError>;
}
