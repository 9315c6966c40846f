//! A campaign as somebody may see it for whom it exists.

use std::sync::Arc;

use scrip_core::{
    api_key::Role,
    campaign::{Campaign, Counters},
    metadata::Members,
    money::Amount,
};

use crate::callers::Caller;

/// What a caller may see of a campaign, with its exact counters.
#[derive(Clone, Debug)]
pub struct SeenCampaign {
    pub campaign: Arc<Campaign>,
    pub claimed: u32,
    pub on_orders: u32,
    pub used: u32,
    pub returned: u32,
    pub reclaimed: u32,
    /// `None` for whom it is no business of: it is the issuer's and the operator's.
    pub budget: Option<BudgetUse>,
    /// What was attached to it: to an operator all, to others what they wrote.
    pub metadata: Members,
}

/// What a campaign's discounts come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BudgetUse {
    /// On orders that are placed and not paid.
    pub held: Amount,
    pub spent: Amount,
}

impl SeenCampaign {
    pub(crate) fn of(campaign: Arc<Campaign>, counters: Counters, caller: &Caller) -> Self {
        let budget = BudgetUse { held: counters.budget_held, spent: counters.budget_spent };
        Self {
            metadata: campaign.metadata.shown_to(caller.writer().as_ref()),
            claimed: counters.claimed,
            on_orders: counters.on_orders,
            used: counters.used,
            returned: counters.returned,
            reclaimed: counters.reclaimed,
            budget: matches!(caller.role, Role::Operator | Role::Seller).then_some(budget),
            campaign,
        }
    }
}
