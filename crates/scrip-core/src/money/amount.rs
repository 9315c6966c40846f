use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub, SubAssign},
};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

/// An amount of money in the minor unit of the currency of the object that holds it (₩1 and $0.01 are both `1`).
///
/// Range: 0 to [`Amount::MAX`]. Whoever builds sums checks them once, at the edge ([`Amount::checked_add`],
/// [`crate::cart::Cart::new`]); what is derived from a checked sum stays within it, so the operators only assert.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Amount(i64);

/// A sum that left the range of [`Amount`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the amount is outside 0 to {}", Amount::MAX)]
pub struct AmountOutOfRange;

impl Amount {
    pub const ZERO: Self = Self(0);
    /// 10^15: exact in a JavaScript number, and 500 lines of it still fit an `i64`.
    pub const MAX: Self = Self(1_000_000_000_000_000);

    /// Errors: [`AmountOutOfRange`] below 0 or above [`Amount::MAX`].
    pub const fn new(minor: i64) -> Result<Self, AmountOutOfRange> {
        if minor < 0 || minor > Self::MAX.0 { Err(AmountOutOfRange) } else { Ok(Self(minor)) }
    }

    /// For figures that follow from amounts already checked.
    ///
    /// # Panics
    /// If `minor` is negative: that would be a fault in a split, never input.
    pub const fn of(minor: i64) -> Self {
        assert!(minor >= 0, "an amount derived from checked amounts is never negative");
        Self(minor)
    }

    pub const fn minor(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Errors: [`AmountOutOfRange`] if the sum is above [`Amount::MAX`].
    pub const fn checked_add(self, other: Self) -> Result<Self, AmountOutOfRange> {
        match self.0.checked_add(other.0) {
            Some(sum) => Self::new(sum),
            None => Err(AmountOutOfRange),
        }
    }

    /// Errors: [`AmountOutOfRange`] if the product is above [`Amount::MAX`].
    pub const fn checked_mul(self, times: u32) -> Result<Self, AmountOutOfRange> {
        match self.0.checked_mul(times as i64) {
            Some(product) => Self::new(product),
            None => Err(AmountOutOfRange),
        }
    }

    /// `self - other`, or zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        if other.0 >= self.0 { Self::ZERO } else { Self(self.0 - other.0) }
    }

    /// `self × numerator ÷ denominator`, rounded half up. `denominator` must be above 0.
    pub fn scaled_half_up(self, numerator: i64, denominator: i64) -> Self {
        // Nearly every amount fits here, and a division of 128 bits takes several times as long.
        if let Some(product) = self.0.checked_mul(2 * numerator).and_then(|double| double.checked_add(denominator)) {
            return Self::of(product / (2 * denominator));
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let scaled = (2 * product + denominator) / (2 * denominator);
        Self::of(i64::try_from(scaled).expect("a part of an amount fits where the amount fits"))
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::of(self.0 - other.0)
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an integer from 0 to {} in minor units", Amount::MAX)
            }
            fn visit_i64<E: de::Error>(self, minor: i64) -> Result<Amount, E> {
                Amount::new(minor).map_err(|_| E::invalid_value(de::Unexpected::Signed(minor), &self))
            }
            fn visit_u64<E: de::Error>(self, minor: u64) -> Result<Amount, E> {
                i64::try_from(minor)
                    .ok()
                    .and_then(|minor| Amount::new(minor).ok())
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(minor), &self))
            }
        }
        deserializer.deserialize_i64(Visitor)
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Amount {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(0))
            .maximum(Some(Self::MAX.0))
            .description(Some("Amount in the minor unit of the object's currency."))
            .build()
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Amount {}
