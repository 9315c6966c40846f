//! Where campaigns, orders and coupons are in their lives, as everybody sees them. Reasons say it, so these words stand below what has
//! them: each is worked out by `status` of its campaign, order or coupon, from what was last done with it and the clock.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// `draft → scheduled → live ⇄ paused → ended`. `closed` stands where `live` would once the claim window or a fixed
/// validity is over; moving the window opens it again. `in_review` is kept for approval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CampaignStatus {
    Draft,
    InReview,
    Scheduled,
    Live,
    Paused,
    Closed,
    Ended,
}

impl CampaignStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Closed => "closed",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for CampaignStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who paused a campaign: only whoever did, or somebody above, resumes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum PausedBy {
    #[n(0)]
    Seller,
    /// A limit that the terms set: an operator looks at it first.
    #[n(1)]
    System,
    #[n(2)]
    Operator,
}

impl fmt::Display for PausedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seller => "seller",
            Self::System => "system",
            Self::Operator => "operator",
        })
    }
}

/// `placed → paid → closed`, or `cancelled`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum OrderStatus {
    Placed,
    Paid,
    Closed,
    Cancelled,
}

impl OrderStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a coupon is in its life: tabs of My Coupons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CouponStatus {
    Valid,
    Inactive,
    Used,
    Expired,
    Reclaimed,
    Pending,
}

impl CouponStatus {
    pub const ALL: [Self; 6] = [Self::Valid, Self::Inactive, Self::Used, Self::Expired, Self::Reclaimed, Self::Pending];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Inactive => "inactive",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Reclaimed => "reclaimed",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for CouponStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
