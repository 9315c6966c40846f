//! Table `redemption`: a coupon on an order.

use scrip_core::{
    campaign::Channel,
    id::{CampaignId, CouponId},
    money::Amount,
    name::{AccountId, OrderId, SourceName},
};

use super::{
    table::{Table, columns},
    word::words,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedemptionRow {
    pub account: AccountId,
    pub order: OrderId,
    pub coupon: CouponId,
    pub campaign: CampaignId,
    pub channel: Channel,
    pub source: Option<SourceName>,
    pub discount: Amount,
    /// What refunds reversed of it.
    pub reversed: Amount,
    pub state: State,
}

words! {
    State {
        Held = "held",
        Used = "used",
        Returned = "returned",
        /// The order was cancelled before payment, or goes on without it: it doesn't count.
        Released = "released",
    }
}

impl Table for RedemptionRow {
    const NAME: &'static str = "redemption";
    const CALLED: &'static str = "redemption";
    type Key = (AccountId, OrderId, CouponId);

    columns! {
        account: "account",
        order: "order_id",
        coupon: "coupon",
        campaign: "campaign",
        channel: "channel",
        source: "source",
        discount: "discount",
        reversed: "reversed",
        state: "state",
    }

    fn key(&self) -> Self::Key {
        (self.account.clone(), self.order.clone(), self.coupon)
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn order(&self) -> Option<(&AccountId, &OrderId)> {
        Some((&self.account, &self.order))
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        vec![(self.reversed > self.discount, "refunds reverse at most the discount")]
    }
}
