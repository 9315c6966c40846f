//! Documents: aggregates as they are now, which commands and answers are made of.

use scrip_core::{
    slot::Bucket,
    state::{Key, Kind},
};

use crate::StoreError;

/// An aggregate as stored, with the journal position of the batch that wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    pub version: u64,
    pub body: Vec<u8>,
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

/// Reads documents.
pub trait ReadDocuments {
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
}
