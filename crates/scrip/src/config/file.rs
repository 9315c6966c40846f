use std::{io::ErrorKind, net::SocketAddr, path::Path};

use scrip_http::TrustedProxy;
use serde::Deserialize;

use crate::failure::Failure;

/// The commented file with every default: `scrip config` prints it.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// What a settings file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    pub listen: Option<SocketAddr>,
    pub log: Option<String>,
    pub log_json: Option<bool>,
    pub show_pending: Option<bool>,
    pub trusted_proxies: Option<Vec<TrustedProxy>>,
    pub request_seconds: Option<u32>,
    pub connections_max: Option<u32>,
}

impl FileSettings {
    /// The named file, or `scrip.toml` in the data folder if it is there.
    ///
    /// Errors: a named file that isn't there, or one that can't be understood, with line and column.
    pub fn read(named: Option<&Path>, data: &Path) -> Result<Self, Failure> {
        let path = named.map_or_else(|| data.join("scrip.toml"), Path::to_owned);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(Self::default()),
            Err(error) => return Err(Failure::of(format!("reading the settings file {}", path.display()), &error)),
        };
        Self::parse(&text).map_err(|error| Failure::of(format!("the settings file {}", path.display()), &error))
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_its_place(cut in any::<proptest::sample::Index>(), length in 0..40_usize, put in ".{0,12}|[=\\[\\]\"'\n]{0,6}|[0-9:.]{0,30}") {
            let whole: Vec<char> = DEFAULT_FILE.replace("\n# ", "\n").chars().collect();
            let from = cut.index(whole.len());
            let until = whole.len().min(from + length);
            let text: String = whole[..from].iter().copied().chain(put.chars()).chain(whole[until..].iter().copied()).collect();
            for text in [text, put] {
                if let Err(error) = FileSettings::parse(&text) {
                    prop_assert!(!error.message().is_empty());
                }
            }
        }
    }

    #[test]
    fn the_default_file_can_be_read_with_and_without_its_comments() {
        FileSettings::parse(DEFAULT_FILE).expect("as shipped");
        let uncommented: String = DEFAULT_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or("").to_owned() + "\n")
            .collect();
        let all = FileSettings::parse(&uncommented).expect("every default is valid");
        assert!(all.listen.is_some() && all.log.is_some() && all.log_json.is_some() && all.show_pending.is_some());
        assert!(all.trusted_proxies.is_some() && all.request_seconds.is_some() && all.connections_max.is_some());
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        assert!(FileSettings::parse("lissen = \"127.0.0.1:1\"").is_err());
    }
}
