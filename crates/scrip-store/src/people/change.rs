//! What an event says anew of rows that are there.

use scrip_core::{
    id::{CampaignId, CouponId},
    metadata::Members,
    money::Amount,
    name::{AccountId, OrderId, RefundName},
    time::Timestamp,
};

use super::{
    coupon::{self, OfOrder},
    redemption,
};

/// A change of rows, of those that are there: of none it changes nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The draft was deleted.
    CampaignGone(CampaignId),
    /// What was last done with the coupon, as in its row.
    CouponState {
        coupon: CouponId,
        state: coupon::State,
        order: OfOrder,
        held_until: Option<Timestamp>,
    },
    /// The coupon was voided: it never was.
    CouponGone(CouponId),
    /// The order has another cart: its lines and transactions are gone; those that it has now follow.
    OrderEmptied {
        account: AccountId,
        order: OrderId,
    },
    /// Of a coupon that isn't on the order any more: what it came to and what became of it, where that changed.
    Redemption {
        account: AccountId,
        order: OrderId,
        coupon: CouponId,
        discount: Option<Amount>,
        state: Option<redemption::State>,
    },
    RefundMetadata {
        account: AccountId,
        order: OrderId,
        refund: RefundName,
        metadata: Members,
    },
}

impl Change {
    /// Whose account the rows belong to, where it says so.
    pub const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::OrderEmptied { account, .. }
            | Self::Redemption { account, .. }
            | Self::RefundMetadata { account, .. } => Some(account),
            Self::CampaignGone(_) | Self::CouponState { .. } | Self::CouponGone(_) => None,
        }
    }

    /// Which campaign it is.
    pub const fn campaign(&self) -> Option<CampaignId> {
        match self {
            Self::CampaignGone(campaign) => Some(*campaign),
            Self::CouponState { .. }
            | Self::CouponGone(_)
            | Self::OrderEmptied { .. }
            | Self::Redemption { .. }
            | Self::RefundMetadata { .. } => None,
        }
    }

    /// As of a row.
    pub(super) fn contradictions(&self) -> Vec<(bool, &'static str)> {
        match self {
            Self::CouponState { state, order, held_until, .. } => {
                coupon::contradictions(*state, order, held_until.is_some())
            }
            Self::CampaignGone(_)
            | Self::CouponGone(_)
            | Self::OrderEmptied { .. }
            | Self::Redemption { .. }
            | Self::RefundMetadata { .. } => Vec::new(),
        }
    }
}
