//! Slots and buckets: where an account, campaign or code lives.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// A number below 65,536, from the first 16 bits of the SHA-256 of what lives there. Fixed for ever; buckets are powers of
/// two of them, so a bucket can be split without moving anything to another slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Slot(u16);

impl Slot {
    pub fn of(name: &[u8]) -> Self {
        let digest = Sha256::digest(name);
        Self(u16::from_be_bytes([digest[0], digest[1]]))
    }

    pub const fn from_u16(slot: u16) -> Self {
        Self(slot)
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    /// The slot of a bucket that has the low bits of `bits`.
    pub const fn within(bucket: Bucket, buckets: Buckets, bits: u16) -> Self {
        if buckets.0 == 0 {
            return Self(bits);
        }
        let shift = 16 - buckets.0;
        let low = if shift == 0 { 0 } else { bits & (u16::MAX >> buckets.0) };
        Self(bucket.0 << shift | low)
    }

    pub const fn bucket(self, buckets: Buckets) -> Bucket {
        if buckets.0 == 0 { Bucket(0) } else { Bucket(self.0 >> (16 - buckets.0)) }
    }
}

/// How many buckets a store has, as a power of two: `Buckets::ONE` is 2^0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buckets(u8);

impl Buckets {
    pub const ONE: Self = Self(0);

    /// `None` unless `count` is a power of two from 1 to 65,536.
    pub fn new(count: u32) -> Option<Self> {
        (count.is_power_of_two() && count <= 65_536).then(|| Self(count.trailing_zeros().try_into().unwrap_or(0)))
    }

    pub const fn count(self) -> u32 {
        1 << self.0
    }

    /// Whether everything is in one bucket, so that nothing has to be handed from one to another.
    pub const fn is_one(self) -> bool {
        self.0 == 0
    }

    pub fn all(self) -> impl Iterator<Item = Bucket> {
        (0..1_u32 << self.0).map(|number| Bucket(number as u16))
    }
}

/// One sequence of database transactions, with its own journal. Everything that one account owns lives in one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Bucket(u16);

impl Bucket {
    pub const FIRST: Self = Self(0);

    pub const fn from_u16(number: u16) -> Self {
        Self(number)
    }

    pub const fn get(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_never_change() {
        // Golden: every stored id carries its slot, so this may never give another answer.
        assert_eq!(Slot::of(b"ana").get(), 0x24D4);
        assert_eq!(Slot::of(b"").get(), 0xE3B0);
    }

    #[test]
    fn doubling_the_buckets_splits_each_in_two() {
        for slot in [0, 1, 0x7FFF, 0x8000, 0xFFFF].map(Slot::from_u16) {
            let eight = slot.bucket(Buckets::new(8).expect("a power of two"));
            let sixteen = slot.bucket(Buckets::new(16).expect("a power of two"));
            assert_eq!(sixteen.get() / 2, eight.get());
            assert_eq!(slot.bucket(Buckets::ONE), Bucket::FIRST);
        }
        assert!(Buckets::new(12).is_none());
    }
}
