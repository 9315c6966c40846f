//! The fields of keys: how they stand in a key's bytes, and which of them say where an aggregate lives.

use crate::{
    exchange::Pool,
    id::{CampaignId, CodeHash, JobId, KeyId},
    idempotency::Holder,
    name::{AccountId, IndividualId, OrderId, RefundName},
    slot::{Bucket, Buckets},
};

/// Something of which a key's bytes are made.
pub(crate) trait Part {
    /// Adds its bytes to those of the key.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Whether it is a name: of any length, and without a zero byte, which ends it where another part follows.
    fn is_name(&self) -> bool {
        false
    }
}

/// One part after the other, with a zero byte between a name and what follows it.
pub(crate) fn joined(parts: &[&dyn Part]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    let mut ends_in_name = false;
    for part in parts {
        if ends_in_name {
            bytes.push(0);
        }
        part.write(&mut bytes);
        ends_in_name = part.is_name();
    }
    bytes
}

macro_rules! names {
    ($($name:ty),*) => {$(
        impl Part for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(self.as_str().as_bytes());
            }

            fn is_name(&self) -> bool {
                true
            }
        }
    )*};
}

names!(AccountId, OrderId, RefundName, IndividualId);

macro_rules! of_fixed_length {
    ($($part:ident: $type:ty => $bytes:expr;)*) => {$(
        impl Part for $type {
            fn write(&self, bytes: &mut Vec<u8>) {
                let $part = self;
                bytes.extend_from_slice($bytes);
            }
        }
    )*};
}

of_fixed_length! {
    number: u8 => &number.to_be_bytes();
    number: u32 => &number.to_be_bytes();
    number: u64 => &number.to_be_bytes();
    id: CampaignId => id.uid().bytes();
    id: JobId => id.uid().bytes();
    id: KeyId => id.uid().bytes();
    hash: CodeHash => hash.bytes();
}

/// The number of a wallet's page: in a byte where one can say it, as it was before there could be more, else in five, after
/// all of those.
pub(crate) struct PageNumber(pub u32);

impl Part for PageNumber {
    fn write(&self, bytes: &mut Vec<u8>) {
        match u8::try_from(self.0) {
            Ok(page) => bytes.push(page),
            Err(_) if scrip_faults::is(scrip_faults::Fault::PagesBeyondAByte) => panic!("a wallet has few pages"),
            Err(_) => {
                bytes.push(u8::MAX);
                bytes.extend_from_slice(&self.0.to_be_bytes());
            }
        }
    }
}

/// A letter for what is limited, an id, and for some a name. Nothing may follow it.
impl Part for Pool {
    fn write(&self, bytes: &mut Vec<u8>) {
        let (letter, id, name) = match self {
            Self::Stock(campaign) => (b's', campaign.uid().bytes(), ""),
            Self::SourceStock(campaign, source) => (b'o', campaign.uid().bytes(), source.as_str()),
            Self::Budget(campaign) => (b'b', campaign.uid().bytes(), ""),
            Self::CodeUses(hash) => (b'c', hash.bytes(), ""),
            Self::Individual(individual, campaign) => (b'i', campaign.uid().bytes(), individual.as_str()),
        };
        bytes.push(letter);
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(name.as_bytes());
    }
}

/// A letter for whose keys they are, and which of those. Nothing may follow it.
impl Part for Holder {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Account(account) => {
                bytes.push(b'a');
                account.write(bytes);
            }
            Self::Campaign(campaign) => {
                bytes.push(b'c');
                campaign.write(bytes);
            }
            Self::Campaigns(slot) => {
                bytes.push(b'C');
                bytes.extend_from_slice(&slot.get().to_be_bytes());
            }
            Self::Keys => bytes.push(b'K'),
        }
    }
}

/// Something that says which bucket an aggregate lives in.
pub(crate) trait Lives {
    fn bucket(&self, buckets: Buckets) -> Bucket;
}

impl Lives for Bucket {
    fn bucket(&self, _: Buckets) -> Bucket {
        *self
    }
}

macro_rules! in_slots {
    ($($name:ident: $type:ty => $slot:expr;)*) => {$(
        impl Lives for $type {
            fn bucket(&self, buckets: Buckets) -> Bucket {
                let $name = self;
                $slot.bucket(buckets)
            }
        }
    )*};
}

in_slots! {
    account: AccountId => account.slot();
    campaign: CampaignId => campaign.uid().slot();
    hash: CodeHash => hash.slot();
    holder: Holder => holder.slot();
    job: JobId => job.uid().slot();
    key: KeyId => key.uid().slot();
    pool: Pool => pool.slot();
}
