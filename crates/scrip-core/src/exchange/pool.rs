//! What is limited. How a limit is distributed to buckets is in `quota.rs`.

use minicbor::{Decode, Encode};

use crate::{
    campaign::{Budget, Terms},
    code::CodeHash,
    id::CampaignId,
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
