//! What a coupon gives: one file per benefit.

mod amount_off;
mod free_shipping;
mod percent_off;
mod tiered_amount_off;

use minicbor::{Decode, Encode};
use scrip_combination::Shape;
use serde::{Deserialize, Serialize};

pub use self::{
    amount_off::AmountOff,
    free_shipping::FreeShipping,
    percent_off::PercentOff,
    tiered_amount_off::{Tier, TieredAmountOff},
};
use crate::{money::Amount, reason::Refusal};

/// How much a coupon takes off an eligible base.
pub(crate) trait BenefitRule: Clone + 'static {
    /// Checks what the JSON's shape can't. Errors: `invalid_field` with pointer and limit.
    fn check(&self) -> Result<(), Refusal>;

    /// What is taken off `base`, never more than it; grows with the base. Rounded at most once, half up.
    fn discount(&self, base: Amount) -> Amount;

    /// What the coupon is worth on its face for this base, before the base limits it: what exceeds the discount is lost
    /// and booked as such (S9).
    fn face_value(&self, base: Amount) -> Amount {
        self.discount(base)
    }

    /// [`BenefitRule::discount`] as the search for the best combination knows it. A benefit without a shape of its own is
    /// only tried there, not bounded: its searches are exact, and longer.
    fn shape(&self) -> Shape {
        let own = self.clone();
        Shape::opaque(move |base| own.discount(Amount::of(base)).minor())
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

            /// The same as the search for the best combination knows it.
            pub(crate) fn shape(&self) -> Shape {
                match self { $(Self::$name(benefit) => benefit.shape(),)* }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::BasisPoints;

    /// A benefit that doesn't say what the search may know of it.
    #[derive(Clone)]
    struct EveryThird;

    impl BenefitRule for EveryThird {
        fn check(&self) -> Result<(), Refusal> {
            Ok(())
        }

        fn discount(&self, base: Amount) -> Amount {
            Amount::of(base.minor() / 3)
        }
    }

    #[test]
    fn what_the_search_knows_of_a_benefit_is_what_it_takes_off() {
        let (of, percent) = (Amount::of, |points| BasisPoints::new(points).expect("in range"));
        let tiers = [(100, 30), (300, 250)].map(|(over, amount)| Tier { over: of(over), amount: of(amount) });
        let benefits = [
            Benefit::AmountOff(AmountOff { amount: of(250) }),
            Benefit::PercentOff(PercentOff { percent_bp: percent(1_250), cap: None }),
            Benefit::PercentOff(PercentOff { percent_bp: percent(3_333), cap: Some(of(99)) }),
            Benefit::TieredAmountOff(TieredAmountOff { tiers: tiers.to_vec() }),
            Benefit::FreeShipping(FreeShipping { cap: None }),
            Benefit::FreeShipping(FreeShipping { cap: Some(of(300)) }),
        ];
        for base in (0..=1_000).chain([Amount::MAX.minor() - 1, Amount::MAX.minor()]) {
            for benefit in &benefits {
                assert_eq!(benefit.shape().off(base), benefit.discount(of(base)).minor(), "{benefit:?} of {base}");
            }
            assert_eq!(EveryThird.shape().off(base), base / 3);
        }
    }
}
