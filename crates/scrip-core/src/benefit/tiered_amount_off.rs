use minicbor::{Decode, Encode};
use scrip_combination::Shape;
use serde::{Deserialize, Serialize};

use super::BenefitRule;
use crate::{money::Amount, reason::Refusal};

/// More off a larger amount: the last tier whose `over` is exceeded.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TieredAmountOff {
    /// 1 to 20, both figures rising.
    #[n(0)]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 20))]
    pub tiers: Vec<Tier>,
}

/// `amount` off when the eligible amount exceeds `over`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tier {
    #[n(0)]
    pub over: Amount,
    #[n(1)]
    pub amount: Amount,
}

impl TieredAmountOff {
    fn tier(&self, base: Amount) -> Amount {
        self.tiers.iter().rev().find(|tier| base > tier.over).map_or(Amount::ZERO, |tier| tier.amount)
    }

    /// The lowest amount that must be exceeded for any tier.
    pub fn lowest(&self) -> Amount {
        self.tiers.first().map_or(Amount::ZERO, |tier| tier.over)
    }
}

impl BenefitRule for TieredAmountOff {
    fn check(&self) -> Result<(), Refusal> {
        if self.tiers.is_empty() || self.tiers.len() > 20 {
            return Err(Refusal::invalid("/benefit/tiers", "1 to 20 tiers"));
        }
        for (index, tier) in self.tiers.iter().enumerate() {
            let earlier = index.checked_sub(1).map(|earlier| self.tiers[earlier]);
            if earlier.is_some_and(|earlier| tier.over <= earlier.over) {
                return Err(Refusal::invalid(format!("/benefit/tiers/{index}/over"), "more than the tier before"));
            }
            // A rising discount keeps the law that a larger base never gives less.
            if tier.amount <= earlier.map_or(Amount::ZERO, |earlier| earlier.amount) {
                return Err(Refusal::invalid(
                    format!("/benefit/tiers/{index}/amount"),
                    "at least 1, and more than the tier before",
                ));
            }
        }
        Ok(())
    }

    fn discount(&self, base: Amount) -> Amount {
        self.tier(base).min(base)
    }

    fn face_value(&self, base: Amount) -> Amount {
        self.tier(base)
    }

    fn shape(&self) -> Shape {
        let tier = |tier: &Tier| scrip_combination::Tier { over: tier.over.minor(), amount: tier.amount.minor() };
        Shape::Tiers(self.tiers.iter().map(tier).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tier_exceeded_counts() {
        let tiers = [(0, 100), (5_000, 500), (10_000, 1_500)];
        let benefit = TieredAmountOff {
            tiers: tiers.map(|(over, amount)| Tier { over: Amount::of(over), amount: Amount::of(amount) }).to_vec(),
        };
        for (base, discount) in [(0, 0), (1, 1), (5_000, 100), (5_001, 500), (10_000, 500), (10_001, 1_500)] {
            assert_eq!(benefit.discount(Amount::of(base)), Amount::of(discount), "base {base}");
        }
    }
}
