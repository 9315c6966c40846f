use minicbor::{Decode, Encode};
use scrip_combination::Shape;
use serde::{Deserialize, Serialize};

use super::BenefitRule;
use crate::{money::Amount, reason::Refusal};

/// Shipping off, up to a cap. Its base is the shipping of the sellers with at least one eligible line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FreeShipping {
    /// The most it takes off, at least 1.
    #[n(0)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
}

impl BenefitRule for FreeShipping {
    fn check(&self) -> Result<(), Refusal> {
        if self.cap.is_some_and(Amount::is_zero) {
            return Err(Refusal::invalid("/benefit/cap", "an integer from 1 to 1000000000000000 in minor units"));
        }
        Ok(())
    }

    fn discount(&self, base: Amount) -> Amount {
        base.min(self.cap.unwrap_or(Amount::MAX))
    }

    fn shape(&self) -> Shape {
        Shape::Amount(self.cap.unwrap_or(Amount::MAX).minor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_all_shipping_up_to_the_cap() {
        assert_eq!(FreeShipping { cap: None }.discount(Amount::of(700)), Amount::of(700));
        assert_eq!(FreeShipping { cap: Some(Amount::of(500)) }.discount(Amount::of(700)), Amount::of(500));
    }
}
