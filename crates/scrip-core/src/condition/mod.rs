//! When a coupon applies: one file per eligibility condition.
//!
//! Every condition is judged, not only up to the first "no": a quote gives all the reasons.

mod budget;
mod campaign_active;
mod currency;
mod eligible_line;
mod minimum_spend;
mod schedule;
mod seller_in_cart;

use crate::{
    candidate::{Candidate, Eligible},
    cart::Cart,
    money::Amount,
    reason::Reason,
    time::Timestamp,
};

/// What a condition may look at: the coupon, the cart, and the amounts on entering the coupon's lane.
pub struct Judged<'a> {
    pub candidate: &'a Candidate<'a>,
    pub cart: &'a Cart,
    pub eligible: &'a Eligible,
    /// The eligible lines' amount in the base that the coupon's minimum names.
    pub amount: Amount,
    /// The eligible lines' amount on entering the lane, which tiers are judged on.
    pub entering: Amount,
    /// What the coupon would take off.
    pub discount: Amount,
    pub now: Timestamp,
}

/// One thing that must hold. A "no" always says which code and by how much.
trait Condition {
    /// Whether it still counts when an order is judged again on what is left of it (amounts alone: not clock, pause,
    /// budget).
    const ON_WHAT_IS_LEFT: bool = true;

    fn judge(judged: &Judged<'_>) -> Option<Reason>;
}

/// Which conditions are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occasion {
    /// A quote or a new order.
    Now,
    /// One seller of an unpaid order was cancelled: amounts alone are judged again.
    WhatIsLeft,
}

macro_rules! conditions {
    ($($module:ident::$name:ident,)*) => {
        /// All reasons why the coupon doesn't apply, in their order of precedence.
        pub fn reasons(judged: &Judged<'_>, occasion: Occasion) -> Vec<Reason> {
            let mut reasons = Vec::new();
            $(if occasion == Occasion::Now || $module::$name::ON_WHAT_IS_LEFT {
                reasons.extend($module::$name::judge(judged));
            })*
            reasons
        }
    };
}

conditions! {
    schedule::WithinSchedule,
    campaign_active::CampaignActive,
    currency::SameCurrency,
    seller_in_cart::SellerInCart,
    eligible_line::EligibleLine,
    minimum_spend::MinimumSpendMet,
    budget::WithinBudget,
}
