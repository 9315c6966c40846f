//! What is limited, and how a limit is handed out to buckets without ever being exceeded.

use minicbor::{Decode, Encode};

use super::{Budget, Terms};
use crate::{
    code::CodeHash,
    id::CampaignId,
    name::{IndividualId, SourceName},
    slot::{Bucket, Slot},
};

/// Something of which there is only so much. Its limit stands in its home bucket; other buckets give out what they were
/// granted of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Pool {
    /// A campaign's coupons, without those set aside for sources.
    #[n(0)]
    Stock(#[n(0)] CampaignId),
    /// A campaign's coupons set aside for one source.
    #[n(1)]
    SourceStock(#[n(0)] CampaignId, #[n(1)] SourceName),
    /// A campaign's budget, in minor units.
    #[n(2)]
    Budget(#[n(0)] CampaignId),
    /// The uses of a shared code.
    #[n(3)]
    CodeUses(#[n(0)] CodeHash),
    /// How many of a campaign's coupons the linked accounts of an individual may have together.
    #[n(4)]
    Individual(#[n(0)] IndividualId, #[n(1)] CampaignId),
}

impl Pool {
    /// Where its home bucket is.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Stock(campaign) | Self::SourceStock(campaign, _) | Self::Budget(campaign) => campaign.uid().slot(),
            Self::CodeUses(hash) => hash.slot(),
            Self::Individual(individual, _) => individual.slot(),
        }
    }

    /// The campaign whose own pool it is.
    pub const fn campaign(&self) -> Option<CampaignId> {
        match self {
            Self::Stock(campaign) | Self::SourceStock(campaign, _) | Self::Budget(campaign) => Some(*campaign),
            Self::CodeUses(_) | Self::Individual(..) => None,
        }
    }

    /// The pool that a claim by `source` takes from.
    pub fn of_claim(campaign: CampaignId, terms: &Terms, source: Option<&SourceName>) -> Self {
        match source.filter(|source| terms.set_aside(Some(source)).is_some()) {
            Some(source) => Self::SourceStock(campaign, source.clone()),
            None => Self::Stock(campaign),
        }
    }

    /// The limit that a campaign's terms set. `None`: there is none.
    pub fn limit(&self, terms: &Terms) -> Option<u64> {
        match self {
            Self::Stock(_) => {
                let reserved: u64 = terms.claims.sources.iter().map(|entry| u64::from(entry.stock)).sum();
                terms.limits.stock.map(|stock| u64::from(stock).saturating_sub(reserved))
            }
            Self::SourceStock(_, source) => terms.set_aside(Some(source)).map(u64::from),
            Self::Budget(_) => terms.limits.budget.and_then(Budget::amount).map(|budget| budget.minor().unsigned_abs()),
            Self::Individual(..) => terms.limits.per_individual.map(u64::from),
            Self::CodeUses(_) => None,
        }
    }
}

/// What a bucket was granted of a pool and hasn't returned. Nothing moves without a number, so that what is repeated
/// after a crash moves once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Share {
    /// Granted and received, less what was returned.
    #[n(0)]
    pub received: u64,
    /// Of the last grant that was received.
    #[n(1)]
    pub grants: u32,
    /// Of the last return.
    #[n(2)]
    pub returns: u32,
    /// How much the last return was: it is told again until home has it.
    #[n(3)]
    pub last_return: u64,
}

/// What a pool's home has handed out of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Supply {
    #[n(0)]
    pub handed: Vec<Handed>,
}

/// What one bucket has of a pool, as home knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Handed {
    #[n(0)]
    pub bucket: Bucket,
    /// Granted, less what was taken back. What is granted and not yet received counts as issued.
    #[n(1)]
    pub amount: u64,
    /// Of the last grant.
    #[n(2)]
    pub grants: u32,
    /// How much the last grant was: it is told again until it was received.
    #[n(3)]
    pub last_grant: u64,
    /// Of the last return that was taken back.
    #[n(4)]
    pub returns: u32,
}

/// A numbered part of a pool on its way from one bucket to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel {
    pub number: u32,
    pub amount: u64,
}

impl Supply {
    /// What isn't handed out.
    pub fn left(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.handed.iter().map(|handed| handed.amount).sum())
    }

    pub fn of(&self, bucket: Bucket) -> Handed {
        let known = self.handed.iter().find(|handed| handed.bucket == bucket);
        known.copied().unwrap_or(Handed { bucket, ..Handed::default() })
    }

    fn of_mut(&mut self, bucket: Bucket) -> &mut Handed {
        let place = self.handed.iter().position(|handed| handed.bucket == bucket).unwrap_or_else(|| {
            self.handed.push(self.of(bucket));
            self.handed.len() - 1
        });
        &mut self.handed[place]
    }

    pub(crate) fn granted(&mut self, bucket: Bucket, parcel: Parcel) {
        let handed = self.of_mut(bucket);
        handed.amount += parcel.amount;
        handed.grants = parcel.number;
        handed.last_grant = parcel.amount;
    }

    pub(crate) fn taken_back(&mut self, bucket: Bucket, parcel: Parcel) {
        let handed = self.of_mut(bucket);
        handed.amount -= parcel.amount;
        handed.returns = parcel.number;
    }
}

impl Share {
    pub(crate) const fn receive(&mut self, parcel: Parcel) {
        self.received += parcel.amount;
        self.grants = parcel.number;
    }

    pub(crate) const fn give_back(&mut self, parcel: Parcel) {
        self.received -= parcel.amount;
        self.returns = parcel.number;
        self.last_return = parcel.amount;
    }
}
