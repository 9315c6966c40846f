//! Table `coupon`: coupons in wallets, and what was last done with each.

use std::borrow::Cow;

use scrip_core::{
    campaign::Channel,
    id::{CampaignId, CouponId},
    name::{AccountId, IndividualId, OrderId, SourceName},
    time::Timestamp,
};

use super::{
    table::{Table, columns},
    value::{Column, Value},
    word::words,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponRow {
    pub id: CouponId,
    pub account: AccountId,
    pub individual: IndividualId,
    pub campaign: CampaignId,
    pub claimed_at: Timestamp,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub channel: Channel,
    pub source: Option<SourceName>,
    pub state: State,
    pub order: OfOrder,
    /// Inactive on an unpaid order: valid again from here.
    pub held_until: Option<Timestamp>,
}

words! {
    State {
        /// Also when it has expired: then `expires_at` has passed.
        Valid = "valid",
        Inactive = "inactive",
        Used = "used",
        Reclaimed = "reclaimed",
        Pending = "pending",
    }
}

/// Which order has a coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfOrder {
    None,
    /// That an inactive or used one is on.
    Known(OrderId),
    /// It was used in another system, before. Stored as an empty text.
    Elsewhere,
}

impl Column for OfOrder {
    fn value(&self) -> Value<'_> {
        match self {
            Self::None => Value::Null,
            Self::Known(order) => order.value(),
            Self::Elsewhere => Value::Text(Cow::Borrowed("")),
        }
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(Self::None),
            Value::Text(text) if text.is_empty() => Some(Self::Elsewhere),
            text => OrderId::read(text).map(Self::Known),
        }
    }
}

impl Table for CouponRow {
    const NAME: &'static str = "coupon";
    const CALLED: &'static str = "coupon";
    type Key = (CouponId,);

    columns! {
        id: "id",
        account: "account",
        individual: "individual",
        campaign: "campaign",
        claimed_at: "claimed_at_us",
        starts_at: "starts_at_us",
        expires_at: "expires_at_us",
        channel: "channel",
        source: "source",
        state: "state",
        order: "order_id",
        held_until: "held_until_us",
    }

    fn key(&self) -> Self::Key {
        (self.id,)
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        contradictions(self.state, &self.order, self.held_until.is_some())
    }
}

/// Of what was last done with it.
pub(super) fn contradictions(state: State, order: &OfOrder, is_held: bool) -> Vec<(bool, &'static str)> {
    let may_be = match order {
        OfOrder::None => !matches!(state, State::Inactive | State::Used),
        OfOrder::Known(_) => matches!(state, State::Inactive | State::Used),
        OfOrder::Elsewhere => state == State::Used,
    };
    vec![
        (!may_be, "a coupon has an order when inactive or used, and only then"),
        (is_held && state != State::Inactive, "a coupon is held while inactive"),
    ]
}
