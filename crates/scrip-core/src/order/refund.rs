use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::{
    discount::Funder,
    id::{CampaignId, CouponId},
    metadata::Metadata,
    money::Amount,
    name::{RefundName, SellerId},
    status::CouponStatus,
    time::Timestamp,
};

/// Money back, as recorded.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Refund {
    #[n(0)]
    pub id: RefundName,
    #[n(1)]
    pub at: Timestamp,
    /// All the cash given back: goods + shipping.
    #[n(2)]
    pub amount: Amount,
    #[n(3)]
    pub goods: Amount,
    #[n(4)]
    pub lines: Vec<RefundedLine>,
    #[n(5)]
    pub amounts: Vec<RefundedAmount>,
    #[n(6)]
    pub shipping: Vec<RefundedShipping>,
    #[n(7)]
    pub coupons: Vec<RefundCoupon>,
    /// What each funder got back.
    #[n(8)]
    pub funding: Vec<(Funder, Amount)>,
    /// What went back to each campaign's budget.
    #[n(9)]
    pub campaigns: Vec<(CampaignId, Amount)>,
    #[n(10)]
    pub order_refunded: RefundedOrder,
    /// Made by a cancellation after payment, of these sellers' transactions.
    #[n(11)]
    pub cancelled: Vec<SellerId>,
    /// Of the request, to tell a repetition from another refund under the same id.
    #[cbor(n(12), with = "minicbor::bytes")]
    pub fingerprint: [u8; 16],
    /// The page that it stands on, if not in the order itself. An order of an earlier build may have any number in itself.
    #[cbor(n(50), skip_if = "Option::is_none", default)]
    pub page: Option<u32>,
    /// What integrators attached to it.
    #[cbor(n(80), skip_if = "Metadata::is_empty", default)]
    pub metadata: Metadata,
}

/// Units given back.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct RefundedLine {
    /// Index in the cart's list.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub quantity: u32,
    #[n(2)]
    pub amount: Amount,
}

/// Cash given back without units.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct RefundedAmount {
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub amount: Amount,
    #[n(2)]
    pub reason: Option<String>,
}

/// Shipping given back.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct RefundedShipping {
    #[n(0)]
    pub seller: SellerId,
    #[n(1)]
    pub amount: Amount,
}

/// What became of a coupon of the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct RefundCoupon {
    #[n(0)]
    pub coupon: CouponId,
    #[n(1)]
    pub outcome: CouponOutcome,
    #[n(2)]
    pub status: StatusAfter,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CouponOutcome {
    /// Stays with the order, as inactive or used.
    #[n(0)]
    Kept,
    /// Back in the wallet, usable.
    #[n(1)]
    Returned,
    /// Back in the wallet, but its validity has passed (S8).
    #[n(2)]
    Expired,
}

/// A coupon's status after the refund.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum StatusAfter {
    #[n(0)]
    Valid,
    #[n(1)]
    Inactive,
    #[n(2)]
    Used,
    #[n(3)]
    Expired,
}

impl From<StatusAfter> for CouponStatus {
    fn from(status: StatusAfter) -> Self {
        match status {
            StatusAfter::Valid => Self::Valid,
            StatusAfter::Inactive => Self::Inactive,
            StatusAfter::Used => Self::Used,
            StatusAfter::Expired => Self::Expired,
        }
    }
}

/// How much of an order has been refunded. Full: every unit of every line; shipping, amounts and cash play no part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum RefundedOrder {
    #[n(0)]
    None,
    #[n(1)]
    Partial,
    #[n(2)]
    Full,
}

impl RefundedOrder {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}
