//! What a coupon gives: one file per benefit.

mod amount_off;
mod free_shipping;
mod percent_off;
mod tiered_amount_off;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub use self::{
    amount_off::AmountOff,
    free_shipping::FreeShipping,
    percent_off::PercentOff,
    tiered_amount_off::{Tier, TieredAmountOff},
};
use crate::{money::Amount, reason::Refusal};

/// How much a coupon takes off an eligible base.
pub(crate) trait BenefitRule {
    /// Checks what the JSON's shape can't. Errors: `invalid_field` with pointer and limit.
    fn check(&self) -> Result<(), Refusal>;

    /// What is taken off `base`, never more than it; grows with the base. Rounded at most once, half up.
    fn discount(&self, base: Amount) -> Amount;

    /// What the coupon is worth on its face for this base, before the base limits it: what exceeds the discount is lost
    /// and booked as such (S9).
    fn face_value(&self, base: Amount) -> Amount {
        self.discount(base)
    }
}

macro_rules! benefits {
    ($($number:literal $module:ident::$name:ident,)*) => {
        /// What a coupon gives.
        // The list generates the JSON tag, the schema and the dispatch.
        #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        pub enum Benefit {
            $(#[n($number)] $name(#[n(0)] $module::$name),)*
        }

        impl Benefit {
            pub(crate) fn check(&self) -> Result<(), Refusal> {
                match self { $(Self::$name(benefit) => benefit.check(),)* }
            }

            /// What is taken off `base`, never more than it.
            pub fn discount(&self, base: Amount) -> Amount {
                match self { $(Self::$name(benefit) => benefit.discount(base),)* }
            }

            /// What the coupon is worth on its face for this base (S9).
            pub fn face_value(&self, base: Amount) -> Amount {
                match self { $(Self::$name(benefit) => benefit.face_value(base),)* }
            }
        }
    };
}

benefits! {
    0 amount_off::AmountOff,
    1 percent_off::PercentOff,
    2 tiered_amount_off::TieredAmountOff,
    3 free_shipping::FreeShipping,
}

impl Benefit {
    /// Whether it discounts shipping, in a lane of its own, instead of lines.
    pub const fn is_shipping(&self) -> bool {
        matches!(self, Self::FreeShipping(_))
    }
}
