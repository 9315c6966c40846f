use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tracing_subscriber::EnvFilter;

/// What is logged: a level for all, and levels for modules.
#[derive(Clone, PartialEq, Eq, PartialOrd, Debug)]
pub struct LogFilter(String);

/// A text that names no level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not error, warn, info, debug, trace or off, nor these for modules as in info,scrip_http=debug")]
pub struct InvalidLogFilter;

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

impl LogFilter {
    pub fn info() -> Self {
        Self("info".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = InvalidLogFilter;

    /// A word alone must be a level: the library takes any other for the name of a module, and logs nothing else.
    fn from_str(text: &str) -> Result<Self, InvalidLogFilter> {
        let good = |part: &str| {
            let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
            LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
        };
        let all_good = text.split(',').all(|part| good(part.trim())) && EnvFilter::try_new(text).is_ok();
        if all_good { Ok(Self(text.to_owned())) } else { Err(InvalidLogFilter) }
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for LogFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_taken_and_nothing_else() {
        for good in ["info", "WARN", "off", "info,scrip_http=debug", "scrip_engine::sequencer=trace, warn"] {
            assert!(good.parse::<LogFilter>().is_ok(), "{good}");
        }
        for bad in ["", "loud", "info,loud", "scrip_http", "scrip_http=loud", "info,", "2"] {
            assert_eq!(bad.parse::<LogFilter>(), Err(InvalidLogFilter), "{bad}");
        }
    }
}
