use minicbor::{Decode, Encode};

use crate::{
    campaign::Channel,
    id::{CampaignId, CodeHash, CouponId},
    name::{OrderId, SourceName},
    status::CouponStatus,
    time::Timestamp,
};

/// The one copy that an account holds. Refers to its terms, never copies them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Coupon {
    #[n(0)]
    pub id: CouponId,
    #[n(1)]
    pub campaign: CampaignId,
    #[n(2)]
    pub terms_version: u32,
    #[n(3)]
    pub claimed_at: Timestamp,
    /// Never changes (S8).
    #[n(4)]
    pub starts_at: Timestamp,
    /// Never changes (S8).
    #[n(5)]
    pub expires_at: Timestamp,
    #[n(6)]
    pub channel: Channel,
    #[n(7)]
    pub source: Option<SourceName>,
    #[n(8)]
    pub origin: Origin,
    #[n(9)]
    pub state: CouponState,
    /// A hash of the key that its line of an import had: taken once.
    #[cbor(n(70), with = "minicbor::bytes")]
    pub import_key: Option<[u8; 16]>,
    /// Imported with another start or end than the terms give, and that was meant.
    #[cbor(n(71), skip_if = "crate::stored::is_false", default)]
    pub as_is: bool,
    /// The code that gave it. `None` besides: it came before that was written down, first of shared codes, then of all.
    #[n(100)]
    pub code: Option<CodeHash>,
}

/// How the coupon came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Origin {
    #[n(0)]
    Claimed,
    #[n(1)]
    ActivatedCode,
    /// By using a code at Place Order: it never comes back after payment, and is gone when the order is cancelled.
    #[n(2)]
    DirectCode,
    #[n(3)]
    Imported,
}

/// What was last done with the coupon. What a reader sees besides depends on the clock: [`CouponStatus`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum CouponState {
    #[n(0)]
    Valid,
    /// On an order whose transactions are not closed (S14). Unpaid, it is held until then.
    #[n(1)]
    #[cbor(map)]
    Inactive {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        held_until: Option<Timestamp>,
    },
    #[n(2)]
    #[cbor(map)]
    Used {
        #[n(0)]
        order: OrderId,
    },
    #[n(3)]
    Reclaimed,
    /// From old data, never usable (S17).
    #[n(4)]
    Pending,
    /// From old data: on an order of the system before, whose id isn't known.
    #[n(5)]
    UsedBefore,
}

impl Coupon {
    pub fn status(&self, now: Timestamp) -> CouponStatus {
        match &self.state {
            CouponState::Inactive { held_until, .. } if held_until.is_none_or(|until| now < until) => {
                CouponStatus::Inactive
            }
            CouponState::Valid | CouponState::Inactive { .. } if now < self.expires_at => CouponStatus::Valid,
            CouponState::Valid | CouponState::Inactive { .. } => CouponStatus::Expired,
            CouponState::Used { .. } | CouponState::UsedBefore => CouponStatus::Used,
            CouponState::Reclaimed => CouponStatus::Reclaimed,
            CouponState::Pending => CouponStatus::Pending,
        }
    }

    /// The order that holds it or used it.
    pub fn order(&self, now: Timestamp) -> Option<&OrderId> {
        match &self.state {
            CouponState::Inactive { order, held_until } if held_until.is_none_or(|until| now < until) => Some(order),
            CouponState::Used { order } => Some(order),
            _ => None,
        }
    }

    /// The order whose hold ran out, if nobody has written that down yet.
    pub fn lapsed_order(&self, now: Timestamp) -> Option<&OrderId> {
        match &self.state {
            CouponState::Inactive { order, held_until: Some(until) } if now >= *until => Some(order),
            _ => None,
        }
    }
}
