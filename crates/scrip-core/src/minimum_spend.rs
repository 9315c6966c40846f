//! The minimum purchase that a coupon asks for.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::money::Amount;

/// What the eligible amount must be (S6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MinimumSpend {
    #[n(0)]
    pub amount: Amount,
    #[n(1)]
    #[serde(default)]
    pub comparison: Comparison,
    #[n(2)]
    #[serde(default)]
    pub base: MinimumSpendBase,
}

/// Whether the amount must be more than the minimum, or may be just the minimum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Comparison {
    #[default]
    #[n(0)]
    Exceeds,
    #[n(1)]
    Reaches,
}

/// Which amount of the eligible lines is compared with the minimum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum MinimumSpendBase {
    #[default]
    #[n(0)]
    AfterEarlierLanes,
    #[n(1)]
    BeforeDiscounts,
}

impl fmt::Display for MinimumSpendBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AfterEarlierLanes => "after_earlier_lanes",
            Self::BeforeDiscounts => "before_discounts",
        })
    }
}

impl Comparison {
    /// The least amount that is enough.
    pub(crate) fn least(self, amount: Amount) -> Amount {
        match self {
            Self::Exceeds => amount + Amount::of(1),
            Self::Reaches => amount,
        }
    }
}
