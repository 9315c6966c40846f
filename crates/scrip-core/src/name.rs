//! The integrator's own ids: accounts, sellers, orders, lines, refunds, products.

use std::{borrow::Borrow, fmt, str::FromStr};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

/// What every one of them looks like.
pub const NAME_LIMIT: &str = "1 to 64 characters of A-Z a-z 0-9 . _ - :";

/// A text that isn't [`NAME_LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not {NAME_LIMIT}")]
pub struct InvalidName;

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Errors: [`InvalidName`] unless the text is [`NAME_LIMIT`].
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                if is_name(text) { Ok(Self(text.into())) } else { Err(InvalidName) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &NAME_LIMIT))
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some("^[A-Za-z0-9._:-]{1,64}$"))
                    .build()
                    .into()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}
    )*};
}

names! {
    /// A shopper's account. A pseudonym: never an e-mail address or a name.
    AccountId;
    /// The person behind one or more accounts; by default the account itself.
    IndividualId;
    SellerId;
    OrderId;
    LineId;
    /// A refund's id within its order.
    RefundName;
    ProductId;
    CategoryId;
    /// Which page, which partner a coupon was given out by.
    SourceName;
    /// Coupons of different groups may be used together.
    StackingGroup;
}

impl From<&AccountId> for IndividualId {
    fn from(account: &AccountId) -> Self {
        Self(account.0.clone())
    }
}

impl IndividualId {
    /// Where its home is: with the account that it is named after.
    pub fn slot(&self) -> crate::slot::Slot {
        crate::slot::Slot::of(self.0.as_bytes())
    }
}

impl AccountId {
    pub fn slot(&self) -> crate::slot::Slot {
        crate::slot::Slot::of(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_what_the_contract_allows() {
        assert!(AccountId::new("A-1001.x_y:z").is_ok());
        for bad in ["", "a b", "ä", &"x".repeat(65), "a/b", "a\n"] {
            assert_eq!(AccountId::new(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
