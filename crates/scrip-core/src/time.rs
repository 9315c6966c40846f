//! Instants, and the end of the n-th calendar day in a time zone.

mod zone;

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use zone::{InvalidRules, RulesVersion, ZoneName, Zones};

/// From any instant of 9998 to the same of 9999: neither has a 29 February.
const LAST_YEAR_MICROS: i64 = 365 * 86_400_000_000;

/// An instant in UTC, in microseconds since 1970. Always an argument of the core, never read from a clock in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last second that RFC 3339 can write; stands where "never" is needed.
    pub const MAX: Self = Self(253_402_300_799_000_000);

    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Days since 1970-01-01 UTC.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }

    pub const fn plus_minutes(self, minutes: u32) -> Self {
        Self(self.0 + minutes as i64 * 60_000_000)
    }

    pub const fn plus_hours(self, hours: u32) -> Self {
        self.plus_minutes(hours * 60)
    }

    /// Errors: a text that RFC 3339 doesn't allow, or a year outside 1970 to 9999.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let at = Self::read(text).or_else(|| {
            let a_year_before = format!("9998{}", text.strip_prefix("9999")?);
            Some(Self(Self::read(&a_year_before)?.0 + LAST_YEAR_MICROS))
        });
        at.filter(|at| (Self::default()..=Self::MAX).contains(at)).ok_or(InvalidTimestamp)
    }

    /// What jiff can read: it ends some hours before its last year does, so that every instant can be shown at any offset.
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(|instant: jiff::Timestamp| Self(instant.as_microsecond()))
    }

    /// The last hours of 9999 as the last that jiff has.
    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// A text that isn't an RFC 3339 instant between 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an RFC 3339 time between 1970 and 9999, such as 2026-11-01T00:00:00Z")]
pub struct InvalidTimestamp;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => {
                let a_year_before = Self(self.0 - LAST_YEAR_MICROS).to_jiff().to_string();
                write!(f, "9999{}", &a_year_before["9998".len()..])
            }
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| {
            de::Error::invalid_value(
                de::Unexpected::Str(&text),
                &"an RFC 3339 time between 1970 and 9999, such as 2026-11-01T00:00:00Z",
            )
        })
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC."))
            .build()
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_in_utc() {
        let at = Timestamp::parse("2026-11-01T01:00:00+01:00").expect("a valid time");
        assert_eq!(at.to_string(), "2026-11-01T00:00:00Z");
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:00.000001Z", Some(1)),
            ("1969-12-31T23:59:59.999999Z", None),
            ("9999-12-30T22:00:00Z", Some(253_402_207_200_000_000)),
            ("9999-12-31T00:59:59+01:00", Some(253_402_214_399_000_000)),
            ("9999-12-31T23:59:59Z", Some(Timestamp::MAX.micros())),
            ("9999-12-31T23:59:59.000001Z", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("9999-12-32T00:00:00Z", None),
            ("2026-11-01", None),
        ] {
            let read = Timestamp::parse(text).ok();
            assert_eq!(read.map(Timestamp::micros), micros, "{text}");
            assert!(read.is_none_or(|at| Timestamp::parse(&at.to_string()) == Ok(at)), "{text}");
        }
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn days_are_those_of_utc() {
        let day = |text| Timestamp::parse(text).expect("a valid time").day();
        assert_eq!((day("1970-01-01T23:59:59Z"), day("1970-01-02T00:00:00Z")), (0, 1));
    }
}
