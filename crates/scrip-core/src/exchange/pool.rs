//! What is limited. How a limit is distributed to buckets is in `quota.rs`, which limits a campaign's terms set in
//! `campaign/pools.rs`.

use minicbor::{Decode, Encode};

use crate::{
    id::{CampaignId, CodeHash},
    name::{IndividualId, SourceName},
    slot::Slot,
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
}
