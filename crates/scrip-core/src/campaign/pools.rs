//! What a campaign's terms limit, pool by pool.

use super::{Budget, Terms};
use crate::{exchange::Pool, id::CampaignId, name::SourceName};

impl Terms {
    /// The pool that a claim by `source` takes from. `campaign` is the one whose terms they are.
    pub fn pool_of_claim(&self, campaign: CampaignId, source: Option<&SourceName>) -> Pool {
        match source.filter(|source| self.set_aside(Some(source)).is_some()) {
            Some(source) => Pool::SourceStock(campaign, source.clone()),
            None => Pool::Stock(campaign),
        }
    }

    /// The limit that the terms set for a pool. `None`: there is none.
    pub fn limit_of(&self, pool: &Pool) -> Option<u64> {
        match pool {
            Pool::Stock(_) => {
                let reserved: u64 = self.claims.sources.iter().map(|entry| u64::from(entry.stock)).sum();
                self.limits.stock.map(|stock| u64::from(stock).saturating_sub(reserved))
            }
            Pool::SourceStock(_, source) => self.set_aside(Some(source)).map(u64::from),
            Pool::Budget(_) => self.limits.budget.and_then(Budget::amount).map(|budget| budget.minor().unsigned_abs()),
            Pool::Individual(..) => self.limits.per_individual.map(u64::from),
            Pool::CodeUses(_) => None,
        }
    }
}
