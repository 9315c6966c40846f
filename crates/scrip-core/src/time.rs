//! Instants, windows, and the end of the n-th calendar day in a time zone.

use std::fmt;

use jiff::{SignedDuration, ToSpan, civil::Time, tz::TimeZone};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in UTC, in microseconds since 1970. Always an argument of the core, never read from a clock in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last instant that RFC 3339 can write; stands where "never" is needed.
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
        let instant: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        let at = Self(instant.as_microsecond());
        if at.0 < 0 || at > Self::MAX { Err(InvalidTimestamp) } else { Ok(at) }
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).expect("within the years that were parsed")
    }
}

/// A text that isn't an RFC 3339 instant between 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an RFC 3339 time between 1970 and 9999, such as 2026-11-01T00:00:00Z")]
pub struct InvalidTimestamp;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
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

/// An IANA time zone by name.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, example = "Asia/Shanghai"))]
pub struct ZoneName(String);

impl ZoneName {
    /// `None` if the time zone database doesn't have it.
    pub fn new(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(|_| Self(name.to_owned()))
    }

    /// The instant after the last one of the `days`-th calendar day after the day of `at`: the next midnight here, or the
    /// first instant after it where a clock change skips midnight.
    ///
    /// Source: S8. Claimed 1 March 15:00 in Shanghai, 7 days: 2026-03-09T00:00+08:00.
    pub fn end_of_day_after(&self, at: Timestamp, days: u16) -> Timestamp {
        let zone = TimeZone::get(&self.0).unwrap_or(TimeZone::UTC);
        let day = at.to_jiff().to_zoned(zone.clone()).date();
        let midnight = day.checked_add((i64::from(days) + 1).days()).map(|date| date.to_datetime(Time::midnight()));
        let Ok(midnight) = midnight else { return Timestamp::MAX };
        // Of a skipped midnight jiff's `later` names the instant as far past the gap as midnight was into it; the first
        // instant after the gap is the transition itself.
        let ambiguous = zone.to_ambiguous_timestamp(midnight);
        let instant = match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { before, .. } => {
                let within = before.to_timestamp(midnight).unwrap_or(jiff::Timestamp::MAX);
                zone.preceding(within + SignedDuration::from_nanos(1))
                    .next()
                    .map_or(within, |transition| transition.timestamp())
            }
            _ => ambiguous.earlier().unwrap_or(jiff::Timestamp::MAX),
        };
        Timestamp(instant.as_microsecond()).min(Timestamp::MAX)
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(&name), &"an IANA time zone, such as Asia/Shanghai")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a valid time")
    }

    #[test]
    fn s8_seven_days_in_shanghai_end_with_the_seventh_day_after_the_claim() {
        let zone = ZoneName::new("Asia/Shanghai").expect("known");
        assert_eq!(zone.end_of_day_after(at("2026-03-01T15:00:00+08:00"), 7), at("2026-03-09T00:00:00+08:00"));
    }

    #[test]
    fn s8_a_midnight_that_a_clock_change_skips_is_the_first_instant_after_it() {
        // Beirut went from 00:00 to 01:00 on 27 March 2022.
        let zone = ZoneName::new("Asia/Beirut").expect("known");
        assert_eq!(zone.end_of_day_after(at("2022-03-25T12:00:00+02:00"), 1), at("2022-03-26T22:00:00Z"));
        assert_eq!(zone.end_of_day_after(at("2022-03-25T12:00:00+02:00"), 0), at("2022-03-25T22:00:00Z"));
    }

    #[test]
    fn times_are_written_as_rfc_3339_in_utc() {
        assert_eq!(at("2026-11-01T01:00:00+01:00").to_string(), "2026-11-01T00:00:00Z");
        assert!(Timestamp::parse("1969-12-31T23:59:59Z").is_err());
        assert!(ZoneName::new("Mars/Olympus").is_none());
    }
}
