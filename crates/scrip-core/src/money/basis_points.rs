use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Amount;

/// Hundredths of a percent, 1 to 10,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct BasisPoints(u16);

impl BasisPoints {
    pub const WHOLE: Self = Self(10_000);

    /// `None` outside 1 to 10,000.
    pub const fn new(points: u16) -> Option<Self> {
        if points == 0 || points > 10_000 { None } else { Some(Self(points)) }
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    /// This share of `amount`, rounded half up once (rules, Order of application 3).
    pub fn of(self, amount: Amount) -> Amount {
        amount.scaled_half_up(i64::from(self.0), 10_000)
    }
}

impl<'de> Deserialize<'de> for BasisPoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = BasisPoints;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer from 1 to 10000 in basis points")
            }
            fn visit_u64<E: de::Error>(self, points: u64) -> Result<BasisPoints, E> {
                u16::try_from(points)
                    .ok()
                    .and_then(BasisPoints::new)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(points), &self))
            }
        }
        deserializer.deserialize_u16(Visitor)
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for BasisPoints {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(1))
            .maximum(Some(10_000))
            .description(Some("Hundredths of a percent."))
            .build()
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for BasisPoints {}
