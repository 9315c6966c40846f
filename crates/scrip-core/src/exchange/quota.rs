//! A bucket's quota of a pool, and the grant book in which the pool's home writes down who has how much.
//!
//! The pattern is an escrow: what home has granted to a bucket is the bucket's to give out without asking, and home counts it as
//! given out. Nothing moves without a number, so that a step that is repeated after a crash moves its transfer once:
//!
//! | step | in | quota | grant book |
//! |---|---|---|---|
//! | `GrantQuota` | home | | `amount` + n, `grants` + 1, `last_grant` = n |
//! | `ReceiveQuota` | bucket | `received` + n, `grants` + 1 | |
//! | `ReturnQuota` | bucket | `received` − n, `returns` + 1, `last_return` = n | |
//! | `TakeBackQuota` | home | | `amount` − n, `returns` + 1 |
//!
//! While the two sides' numbers differ, exactly one transfer is underway in that direction, and whoever sent it tells it again.

use minicbor::{Decode, Encode};

use crate::slot::Bucket;

/// What a bucket was granted of a pool and hasn't returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Quota {
    /// Granted and received, less what was returned.
    #[n(0)]
    pub received: u64,
    /// Number of the last grant that was received.
    #[n(1)]
    pub grants: u32,
    /// Number of the last return.
    #[n(2)]
    pub returns: u32,
    /// How much the last return was: it is told again until home has it.
    #[n(3)]
    pub last_return: u64,
}

/// What a pool's home has granted of it, bucket by bucket.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct GrantBook {
    #[n(0)]
    pub granted: Vec<Granted>,
}

/// What one bucket has of a pool, as home knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Granted {
    #[n(0)]
    pub bucket: Bucket,
    /// Granted, less what was taken back. What is granted and not yet received counts as given out.
    #[n(1)]
    pub amount: u64,
    /// Number of the last grant.
    #[n(2)]
    pub grants: u32,
    /// How much the last grant was: it is told again until it was received.
    #[n(3)]
    pub last_grant: u64,
    /// Number of the last return that was taken back.
    #[n(4)]
    pub returns: u32,
}

/// A numbered part of a pool on its way from one bucket to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    pub number: u32,
    pub amount: u64,
}

impl GrantBook {
    /// What no bucket was granted.
    pub fn left(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.granted.iter().map(|granted| granted.amount).sum())
    }

    /// What `bucket` has; nothing if it was never granted any.
    pub fn of(&self, bucket: Bucket) -> Granted {
        let known = self.granted.iter().find(|granted| granted.bucket == bucket);
        known.copied().unwrap_or(Granted { bucket, ..Granted::default() })
    }

    fn of_mut(&mut self, bucket: Bucket) -> &mut Granted {
        let index = self.granted.iter().position(|granted| granted.bucket == bucket).unwrap_or_else(|| {
            self.granted.push(self.of(bucket));
            self.granted.len() - 1
        });
        &mut self.granted[index]
    }

    pub(crate) fn grant(&mut self, bucket: Bucket, transfer: Transfer) {
        let granted = self.of_mut(bucket);
        granted.amount += transfer.amount;
        granted.grants = transfer.number;
        granted.last_grant = transfer.amount;
    }

    pub(crate) fn take_back(&mut self, bucket: Bucket, transfer: Transfer) {
        let granted = self.of_mut(bucket);
        granted.amount -= transfer.amount;
        granted.returns = transfer.number;
    }
}

impl Quota {
    pub(crate) const fn receive(&mut self, transfer: Transfer) {
        self.received += transfer.amount;
        self.grants = transfer.number;
    }

    pub(crate) const fn give_back(&mut self, transfer: Transfer) {
        self.received -= transfer.amount;
        self.returns = transfer.number;
        self.last_return = transfer.amount;
    }
}
