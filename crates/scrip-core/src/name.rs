//! The integrator's own ids: accounts, sellers, orders, lines, refunds, products.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What every one of them looks like.
pub const NAME_LIMIT: &str = "1 to 128 characters of U+0021 to U+007E, with neither . nor .. as a part between slashes";

/// The same for machines (ECMA-262).
pub const NAME_PATTERN: &str = r"^(?!(.*/)?\.{1,2}(/|$))[!-~]{1,128}$";

/// What people call a campaign or a key.
pub const LABEL_LIMIT: &str = "1 to 200 characters without control characters";

/// Whether a text is [`LABEL_LIMIT`].
pub fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control)
}

/// What a stacking group looks like: ours, not an id of the integrator's.
pub const GROUP_LIMIT: &str = "1 to 64 characters of A-Z a-z 0-9 . _ - :";

pub const GROUP_PATTERN: &str = "^[A-Za-z0-9._:-]{1,64}$";

/// What a key of metadata looks like.
pub const METADATA_KEY_LIMIT: &str = "1 to 40 characters of a-z 0-9 _";

pub const METADATA_KEY_PATTERN: &str = "^[a-z0-9_]{1,40}$";

/// A text that isn't [`NAME_LIMIT`], or for a stacking group [`GROUP_LIMIT`], for a key of metadata [`METADATA_KEY_LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not {NAME_LIMIT}")]
pub struct InvalidName;

/// Clients and proxies take `.` and `..` out of a path before anybody sees it: `/v1/accounts/../orders` is `/v1/orders`.
fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.split('/').any(|part| part == "." || part == "..")
}

fn is_group(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'))
}

fn is_metadata_key(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A name where it stands beside others (`discount:<account>/<order>`) or in a path: percent-encoded but for letters,
/// digits and `- . _ ~ :`, so that no name can be taken for two.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// A name's text as [`Encoded`] writes it.
pub const fn encoded(text: &str) -> Encoded<'_> {
    Encoded(text)
}

/// What [`Encoded`] wrote; `None` for a `%` that isn't followed by two hexadecimal digits of ASCII.
pub fn decoded(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('%') {
        name.push_str(plain);
        let byte = encoded.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = u8::from_str_radix(byte?, 16).ok().filter(u8::is_ascii)?;
        name.push(char::from(byte));
        rest = &encoded[2..];
    }
    name.push_str(rest);
    Some(name)
}

macro_rules! names {
    ($is:ident, $limit:ident, $pattern:ident: $($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        // Shared: a command's names go into keys, events, rows and answers.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            #[doc = concat!("Errors: [`InvalidName`] unless the text is [`", stringify!($limit), "`].")]
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                if $is(text) { Ok(Self(text.into())) } else { Err(InvalidName) }
            }

            /// A name as it was stored, which earlier builds may have taken under other limits: `.` and `..` were names.
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }

            /// The name beside others, or in a path.
            pub fn encoded(&self) -> Encoded<'_> {
                Encoded(&self.0)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(decoder: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Ok(Self(decoder.str()?.into()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
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
                Self::new(&text).map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &$limit))
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some($pattern))
                    .description(Some(sentence($limit)))
                    .build()
                    .into()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}
    )*};
}

names! { is_name, NAME_LIMIT, NAME_PATTERN:
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
}

names! { is_group, GROUP_LIMIT, GROUP_PATTERN:
    /// Coupons of different groups may be used together.
    StackingGroup;
}

names! { is_metadata_key, METADATA_KEY_LIMIT, METADATA_KEY_PATTERN:
    /// The name of a member of metadata.
    MetadataKey;
}

/// A limit as the description of what it limits.
#[cfg(feature = "schema")]
fn sentence(limit: &str) -> String {
    let mut text = limit.to_owned();
    text[..1].make_ascii_uppercase();
    text + "."
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
        for good in
            ["A-1001.x_y:z", "gid://shop/Product/12", "a+b@c", "SKU/7#2", "...", ".a/b.", "%2e", &"~".repeat(128)]
        {
            assert!(AccountId::new(good).is_ok(), "{good:?}");
        }
        for bad in ["", "a b", "ä", &"x".repeat(129), "a\n", ".", "..", "a/..", "../a", "a/./b", "a\u{7f}"] {
            assert_eq!(AccountId::new(bad), Err(InvalidName), "{bad:?}");
        }
    }

    #[test]
    fn names_put_together_are_read_back_and_never_meet() {
        for name in ["a", "a/b", "a%2Fb", "a:b", "%", "gid://shop/7?x=1#y"] {
            let name = AccountId::new(name).expect("valid");
            assert_eq!(decoded(&name.encoded().to_string()), Some(name.as_str().to_owned()));
        }
        let together = |account: &str, order: &str| {
            let (account, order) = (AccountId::new(account).expect("valid"), OrderId::new(order).expect("valid"));
            format!("{}/{}", account.encoded(), order.encoded())
        };
        assert_ne!(together("a/b", "c"), together("a", "b/c"));
        assert_ne!(together("a%2Fb", "c"), together("a/b", "c"));
        for bad in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(decoded(bad), None, "{bad:?}");
        }
    }
}
