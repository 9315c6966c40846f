//! Ids that Scrip makes: a prefix and 26 characters of Crockford's base 32 over a UUIDv8. A code's is its keyed hash instead.

use std::{fmt, str::FromStr};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{slot::Slot, time::Timestamp};

/// Bytes of the longest prefix.
const PREFIX_MAX: usize = 4;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Where the core gets new ids from: the engine's is time and the operating system's generator, a test's a counter.
pub trait IdSource {
    /// 58 bits that no other id of this millisecond has, in the low bits.
    fn random(&mut self) -> u64;
}

/// 48 bits of milliseconds, 16 of slot, 58 random, in the layout of UUIDv8 (RFC 9562).
///
/// So ids grow with time (index pages stay warm) and name the bucket that has what they identify.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Uid(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl Uid {
    pub fn new(at: Timestamp, slot: Slot, source: &mut dyn IdSource) -> Self {
        let millis = (at.millis() as u64) & ((1 << 48) - 1);
        let slot = u64::from(slot.get());
        let random = source.random() & ((1 << 58) - 1);
        let high = millis << 16 | 0x8 << 12 | slot >> 4;
        let low = 0b10 << 62 | (slot & 0xF) << 58 | random;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        Self(bytes)
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub fn slot(&self) -> Slot {
        let high = u16::from_be_bytes([self.0[6], self.0[7]]) & 0x0FFF;
        let low = u16::from(self.0[8] >> 2) & 0xF;
        Slot::from_u16(high << 4 | low)
    }

    /// Symbols of the alphabet.
    fn text(self) -> [u8; 26] {
        let mut value = u128::from_be_bytes(self.0);
        let mut text = [0_u8; 26];
        for symbol in text.iter_mut().rev() {
            *symbol = ALPHABET[(value & 31) as usize];
            value >>= 5;
        }
        text
    }

    /// The text of an id, put together where no memory is asked for: answers have several.
    fn with_prefix<T>(self, prefix: &str, work: impl FnOnce(&str) -> T) -> T {
        let mut text = [b'_'; PREFIX_MAX + 1 + 26];
        let length = prefix.len() + 1 + 26;
        text[..prefix.len()].copy_from_slice(prefix.as_bytes());
        text[prefix.len() + 1..length].copy_from_slice(&self.text());
        work(str::from_utf8(&text[..length]).expect("ASCII"))
    }

    fn from_text(text: &str) -> Option<Self> {
        // 26 symbols hold 130 bits: the first may only be 0 to 7.
        if text.len() != 26 || text.as_bytes()[0] > b'7' {
            return None;
        }
        let mut value = 0_u128;
        for byte in text.bytes() {
            value = value << 5 | ALPHABET.iter().position(|&symbol| symbol == byte)? as u128;
        }
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).expect("ASCII"))
    }
}

/// A text that isn't the id that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an id: a prefix, an underscore and 26 characters of 0-9 a-z without i l o u")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(Uid);

        impl $name {
            pub const PREFIX: &str = $prefix;

            pub fn new(at: Timestamp, slot: Slot, source: &mut dyn IdSource) -> Self {
                Self(Uid::new(at, slot, source))
            }

            pub const fn from_uid(uid: Uid) -> Self {
                Self(uid)
            }

            pub const fn uid(&self) -> &Uid {
                &self.0
            }
        }

        const _: () = assert!($prefix.len() <= PREFIX_MAX);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.with_prefix($prefix, |text| f.write_str(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let (prefix, rest) = text.split_once('_').ok_or(InvalidId)?;
                if prefix != $prefix {
                    return Err(InvalidId);
                }
                Uid::from_text(rest).map(Self).ok_or(InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.with_prefix($prefix, |text| serializer.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| de::Error::invalid_value(
                    de::Unexpected::Str(&text),
                    &concat!("an id such as ", $prefix, "_06f3k2v9x8q7d5t4r3m2n1p0ab"),
                ))
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .build()
                    .into()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    CampaignId = "cmp";
    CouponId = "cpn";
    /// A refund that Scrip itself made (a cancellation after payment); others keep the integrator's id.
    RefundId = "rfd";
    JobId = "job";
    EventId = "evt";
    KeyId = "key";
    /// A code, without telling it: its keyed hash.
    CodeId = "code";
}

/// HMAC-SHA256 of the normalised code, made outside the core: the pepper isn't in the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CodeHash(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl CodeHash {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub const fn slot(&self) -> Slot {
        Slot::from_u16(u16::from_be_bytes([self.0[0], self.0[1]]))
    }
}

impl From<CodeHash> for CodeId {
    fn from(hash: CodeHash) -> Self {
        Self::from_uid(Uid::from_bytes(hash.0))
    }
}

impl From<CodeId> for CodeHash {
    fn from(id: CodeId) -> Self {
        Self(*id.uid().bytes())
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);
    impl IdSource for Fixed {
        fn random(&mut self) -> u64 {
            self.0
        }
    }

    #[test]
    fn ids_never_change_their_layout() {
        // Golden: stored for ever.
        let id = CouponId::new(Timestamp::from_micros(1_700_000_000_000_000), Slot::from_u16(0xABCD), &mut Fixed(42));
        assert_eq!(id.to_string(), "cpn_01hf7yat00hayb80000000001a");
        assert_eq!(id.to_string().parse::<CouponId>(), Ok(id));
        assert_eq!(CodeId::from_uid(*id.uid()).to_string(), "code_01hf7yat00hayb80000000001a");
        assert_eq!(serde_json::to_string(&id).expect("writes"), format!("\"{id}\""));
        assert_eq!(id.uid().slot(), Slot::from_u16(0xABCD));
        assert_eq!(id.uid().bytes(), &[0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x00, 0x8A, 0xBC, 0xB4, 0, 0, 0, 0, 0, 0, 42]);
    }

    #[test]
    fn a_foreign_prefix_or_alphabet_is_refused() {
        let id = CouponId::new(Timestamp::from_micros(0), Slot::from_u16(1), &mut Fixed(7)).to_string();
        assert!(id.replace("cpn", "cmp").parse::<CouponId>().is_err());
        assert!(id.to_uppercase().parse::<CouponId>().is_err());
        assert!("cpn_".parse::<CouponId>().is_err());
        assert!("cpn_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<CouponId>().is_err());
    }
}
