use std::ops::Deref;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::Terms;
use crate::{
    exchange::{Pool, Quota},
    id::CampaignId,
    money::Amount,
    name::SourceName,
};

/// What one bucket has given out and held of a campaign. With one bucket it is the whole; a campaign's counters are the
/// sum over its allowances.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Allowance {
    #[n(0)]
    pub counters: Counters,
    /// Claims by source with stock set aside, in the order of the terms' list.
    #[n(1)]
    pub claimed_by_source: Vec<(SourceName, u32)>,
    /// What the bucket was granted. With one bucket nothing: the whole limit is its own.
    #[cbor(n(2), skip_if = "Vec::is_empty", default)]
    pub quotas: Vec<(Pool, Quota)>,
}

/// The figures of a campaign. `on_orders` and `used` are of now; `claimed`, `returned` and `reclaimed` count ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize)]
#[cbor(map)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Counters {
    #[n(0)]
    pub claimed: u32,
    #[n(1)]
    pub on_orders: u32,
    #[n(2)]
    pub used: u32,
    /// Coupons that came back by a refund.
    #[n(3)]
    pub returned: u32,
    #[n(4)]
    pub reclaimed: u32,
    /// Discounts on orders placed and not paid.
    #[n(5)]
    pub budget_held: Amount,
    /// Discounts on orders paid, less what refunds reversed.
    #[n(6)]
    pub budget_spent: Amount,
}

impl Counters {
    /// The figures of two buckets together. Only `returned` can come to more than it can say: it counts for ever.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            claimed: self.claimed + other.claimed,
            on_orders: self.on_orders + other.on_orders,
            used: self.used + other.used,
            returned: self.returned.saturating_add(other.returned),
            reclaimed: self.reclaimed + other.reclaimed,
            budget_held: self.budget_held + other.budget_held,
            budget_spent: self.budget_spent + other.budget_spent,
        }
    }
}

impl Allowance {
    /// How much of a pool is given out here.
    pub fn used(&self, pool: &Pool) -> u64 {
        match pool {
            Pool::Stock(_) => {
                let by_sources: u32 = self.claimed_by_source.iter().map(|(_, count)| count).sum();
                u64::from(self.counters.claimed - by_sources)
            }
            Pool::SourceStock(_, source) => u64::from(self.claimed_by(source)),
            Pool::Budget(_) => (self.counters.budget_held + self.counters.budget_spent).minor().unsigned_abs(),
            Pool::CodeUses(_) | Pool::Individual(..) => 0,
        }
    }

    /// What the bucket was granted of a pool.
    pub fn quota(&self, pool: &Pool) -> Quota {
        self.quotas.iter().find(|(known, _)| known == pool).map(|(_, quota)| *quota).unwrap_or_default()
    }

    pub(crate) fn quota_mut(&mut self, pool: &Pool) -> &mut Quota {
        let index = self.quotas.iter().position(|(known, _)| known == pool).unwrap_or_else(|| {
            self.quotas.push((pool.clone(), Quota::default()));
            self.quotas.len() - 1
        });
        &mut self.quotas[index].1
    }

    fn claimed_by(&self, source: &SourceName) -> u32 {
        self.claimed_by_source.iter().find(|entry| entry.0 == *source).map_or(0, |entry| entry.1)
    }

    pub(crate) fn claimed(&mut self, terms: &Terms, source: Option<&SourceName>) {
        self.counters.claimed += 1;
        if terms.set_aside(source).is_some()
            && let Some(source) = source
        {
            match self.claimed_by_source.iter_mut().find(|entry| entry.0 == *source) {
                Some(entry) => entry.1 += 1,
                None => self.claimed_by_source.push((source.clone(), 1)),
            }
        }
    }

    /// A claim that never was: its order was cancelled before payment.
    pub(crate) fn given_back(&mut self, source: Option<&SourceName>) {
        self.counters.claimed -= 1;
        if let Some(source) = source
            && let Some(entry) = self.claimed_by_source.iter_mut().find(|entry| entry.0 == *source)
        {
            entry.1 -= 1;
        }
    }
}

/// What a bucket may still give out of a campaign, as far as the working set tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Availability {
    pub(crate) campaign: CampaignId,
    pub(crate) allowance: Allowance,
    /// `None`: other buckets have none of it, or what they have isn't known and only what was granted here counts.
    pub(crate) elsewhere: Elsewhere,
}

/// What is known of a campaign's other buckets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Elsewhere {
    /// There is one bucket: the whole limit is here.
    Nowhere,
    /// Not looked at: what was granted here may be given out.
    Unknown,
    /// How much of each pool other buckets have given out.
    Used(Vec<(Pool, u64)>),
}

impl Deref for Availability {
    type Target = Allowance;

    fn deref(&self) -> &Allowance {
        &self.allowance
    }
}

impl Availability {
    /// What is left of a pool; `None` if the terms don't limit it.
    pub fn left(&self, terms: &Terms, pool: &Pool) -> Option<u64> {
        let limit = terms.limit_of(pool)?;
        let here = self.allowance.used(pool);
        Some(match &self.elsewhere {
            Elsewhere::Nowhere => limit.saturating_sub(here),
            Elsewhere::Unknown => self.allowance.quota(pool).received.min(limit).saturating_sub(here),
            Elsewhere::Used(used) => {
                let elsewhere: u64 = used.iter().filter(|(known, _)| known == pool).map(|(_, used)| used).sum();
                limit.saturating_sub(here + elsewhere)
            }
        })
    }

    /// Whether one more coupon may be given out by `source`. Stock set aside is the source's alone, and only that.
    pub fn has_stock(&self, terms: &Terms, source: Option<&SourceName>) -> bool {
        self.left(terms, &terms.pool_of_claim(self.campaign, source)).is_none_or(|left| left > 0)
    }

    /// What is left of the budget; `None` without one.
    pub fn budget_left(&self, terms: &Terms) -> Option<Amount> {
        let left = self.left(terms, &Pool::Budget(self.campaign))?;
        Some(Amount::new(i64::try_from(left).unwrap_or(i64::MAX)).unwrap_or(Amount::MAX))
    }
}
