use minicbor::{Decode, Encode};
use scrip_combination::Shape;
use serde::{Deserialize, Serialize};

use super::BenefitRule;
use crate::{money::Amount, reason::Refusal};

/// A fixed amount off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AmountOff {
    /// At least 1.
    #[n(0)]
    pub amount: Amount,
}

impl BenefitRule for AmountOff {
    fn check(&self) -> Result<(), Refusal> {
        if self.amount.is_zero() {
            return Err(Refusal::invalid("/benefit/amount", "an integer from 1 to 1000000000000000 in minor units"));
        }
        Ok(())
    }

    fn discount(&self, base: Amount) -> Amount {
        self.amount.min(base)
    }

    fn face_value(&self, _: Amount) -> Amount {
        self.amount
    }

    fn shape(&self) -> Shape {
        Shape::Amount(self.amount.minor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_surplus_face_value_is_lost() {
        let benefit = AmountOff { amount: Amount::of(500) };
        assert_eq!(benefit.discount(Amount::of(300)), Amount::of(300));
        assert_eq!(benefit.face_value(Amount::of(300)), Amount::of(500));
        assert_eq!(benefit.discount(Amount::of(501)), Amount::of(500));
    }
}
