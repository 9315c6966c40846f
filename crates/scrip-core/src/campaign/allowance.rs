use minicbor::{Decode, Encode};
use serde::Serialize;

use super::{Budget, Terms};
use crate::{money::Amount, name::SourceName};

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

impl Allowance {
    /// Whether one more coupon may be given out by `source`. Stock set aside is the source's alone, and only that.
    pub fn has_stock(&self, terms: &Terms, source: Option<&SourceName>) -> bool {
        if let (Some(set_aside), Some(source)) = (terms.set_aside(source), source) {
            return self.claimed_by(source) < set_aside;
        }
        let Some(stock) = terms.limits.stock else { return true };
        let reserved: u64 = terms.claims.sources.iter().map(|entry| u64::from(entry.stock)).sum();
        let by_sources: u64 = self.claimed_by_source.iter().map(|(_, count)| u64::from(*count)).sum();
        u64::from(self.counters.claimed) - by_sources < u64::from(stock) - reserved
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

    /// What is left of the budget; `None` without one.
    pub fn budget_left(&self, terms: &Terms) -> Option<Amount> {
        let budget = terms.limits.budget.and_then(Budget::amount)?;
        Some(budget.saturating_sub(self.counters.budget_held + self.counters.budget_spent))
    }
}
