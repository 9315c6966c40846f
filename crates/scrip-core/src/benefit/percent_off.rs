use minicbor::{Decode, Encode};
use scrip_combination::Shape;
use serde::{Deserialize, Serialize};

use super::BenefitRule;
use crate::{
    money::{Amount, BasisPoints},
    reason::Refusal,
};

/// A percentage off, up to a cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PercentOff {
    #[n(0)]
    pub percent_bp: BasisPoints,
    /// The most it takes off, at least 1.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
}

impl BenefitRule for PercentOff {
    fn check(&self) -> Result<(), Refusal> {
        if self.cap.is_some_and(Amount::is_zero) {
            return Err(Refusal::invalid("/benefit/cap", "an integer from 1 to 1000000000000000 in minor units"));
        }
        Ok(())
    }

    fn discount(&self, base: Amount) -> Amount {
        // One rounding, then the cap, then never more than the base (rules, Order of application 3).
        self.percent_bp.of(base).min(self.cap.unwrap_or(Amount::MAX)).min(base)
    }

    fn shape(&self) -> Shape {
        Shape::Percent { basis_points: self.percent_bp.get(), cap: self.cap.unwrap_or(Amount::MAX).minor() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(points: u16, cap: Option<i64>) -> PercentOff {
        PercentOff { percent_bp: BasisPoints::new(points).expect("in range"), cap: cap.map(Amount::of) }
    }

    #[test]
    fn rounds_once_half_up_then_caps() {
        assert_eq!(percent(1_250, None).discount(Amount::of(1_004)), Amount::of(126)); // 125.5
        assert_eq!(percent(1_250, None).discount(Amount::of(1_003)), Amount::of(125)); // 125.375
        assert_eq!(percent(5_000, Some(200)).discount(Amount::of(1_000)), Amount::of(200));
        assert_eq!(percent(10_000, None).discount(Amount::MAX), Amount::MAX);
        assert_eq!(percent(1, None).discount(Amount::of(10)), Amount::ZERO);
    }
}
