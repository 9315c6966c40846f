//! Which processes serve from one store, and how far each has followed it.
//!
//! A store that several processes may serve from keeps a list of its *members*: a process that isn't in it answers nobody. The store
//! has no clock here, and none is asked for. A member counts for how long it may answer by its own monotonic clock, from before it asked
//! to be renewed; whoever waits for it counts by its own for how long a renewal has stood, from after it saw it, and somewhat longer.
//! So it doesn't matter whose clock shows what, nor which machine the store runs on next, only that all run about equally fast.

use scrip_core::slot::Bucket;

use crate::StoreError;

/// A process as a member: random, drawn anew each time that it joins, so that one that is gone never comes back under its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberId([u8; 16]);

impl MemberId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

/// A process that may serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub id: MemberId,
    /// How often it was renewed: 0 when it joined, then one more each time.
    pub renewal: u64,
    /// In order of buckets the position up to which all that it has in memory follows the journal, as it was when it asked to be
    /// renewed.
    pub followed: Vec<(Bucket, u64)>,
}

impl Member {
    /// Up to which position it follows a bucket.
    pub fn followed_in(&self, bucket: Bucket) -> u64 {
        self.followed.iter().find(|(of, _)| *of == bucket).map_or(0, |(_, position)| *position)
    }
}

/// The list of members, shared by all processes. Calls block. Whoever sees what was committed before a call sees what the call
/// did, and a call sees what was committed before it.
///
/// Errors of all: [`StoreError::Unavailable`], and it may have been done all the same.
pub trait Members: Send + Sync {
    /// A process becomes a member.
    ///
    /// Errors: [`StoreError::Conflict`] if it is one already.
    fn join(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<(), StoreError>;

    /// A member says that it is there, and how far it has followed. Answers whether it still was one: otherwise nothing changed, and
    /// it has to join under another id.
    fn renew(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<bool, StoreError>;

    /// A member goes, and nobody needs to wait for it.
    fn leave(&self, id: MemberId) -> Result<(), StoreError>;

    /// Strikes one off that was seen with this renewal for too long. Answers whether that was still its last: otherwise nothing
    /// changed.
    fn strike(&self, id: MemberId, renewal: u64) -> Result<bool, StoreError>;

    /// All of them, by id.
    fn all(&self) -> Result<Vec<Member>, StoreError>;
}
