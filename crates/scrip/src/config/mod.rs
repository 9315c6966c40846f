//! Settings: flag before environment before file before default. A group is a file here, declared once, and a line in
//! [`groups!`]; flag, variable, file, `scrip config` and docs/reference/settings.md follow.

mod connections;
mod environment;
mod guessing;
mod limits;
mod listen;
mod log_filter;
mod sellers;
mod serving;
mod setting;
mod shown;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Args, FromArgMatches};

pub use self::{
    connections::Connections, environment::unknown as unknown_variables, guessing::Guessing, limits::Limits,
    listen::Listen, sellers::Sellers, serving::Serving, setting::Sources, shown::show,
};
use crate::{data_folder::not_let_in, failure::Failure};

macro_rules! groups {
    ($($field:ident: $group:ident,)*) => {
        /// The settings in force.
        #[derive(Clone, Debug, Default)]
        pub struct Settings { $(pub $field: $group,)* }

        impl Settings {
            fn arguments(command: clap::Command) -> clap::Command {
                $(let command = $group::arguments(command);)*
                command
            }

            fn resolve(sources: &mut Sources) -> Result<Self, Failure> {
                Ok(Self { $($field: $group::resolve(sources)?,)* })
            }
        }
    };
}

groups! {
    serving: Serving,
    connections: Connections,
    limits: Limits,
    guessing: Guessing,
    sellers: Sellers,
}

/// The settings as flags and environment give them.
#[derive(Clone, Debug)]
pub struct Given(ArgMatches);

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: clap::Command) -> clap::Command {
        Settings::arguments(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Settings::arguments(command)
    }
}

/// Where settings come from, for `scrip serve` and `scrip config`.
#[derive(clap::Args, Clone, Debug)]
pub struct SettingsArguments {
    /// The data folder: database, secret file, socket.
    #[arg(long, env = "SCRIP_DATA", default_value = "scrip-data")]
    pub data: PathBuf,
    /// A settings file. [default: scrip.toml in the data folder, if there]
    #[arg(long, env = "SCRIP_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub given: Given,
}

impl SettingsArguments {
    /// The settings in force, and what `scrip config` says of each.
    ///
    /// Errors: a settings file that can't be read, a value that can't be, or a name that no setting has.
    pub fn resolve(&self) -> Result<(Settings, Vec<setting::Shown>), Failure> {
        let file = read(self.config.as_deref(), &self.data)?;
        let mut sources = Sources::new(self.given.0.clone(), file);
        let settings = Settings::resolve(&mut sources)?;
        Ok((settings, sources.done()?))
    }
}

/// The named file, or `scrip.toml` in the data folder if it is there.
fn read(named: Option<&Path>, data: &Path) -> Result<toml::Table, Failure> {
    let path = named.map_or_else(|| data.join("scrip.toml"), Path::to_owned);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(toml::Table::new()),
        Err(error) if error.kind() == ErrorKind::NotADirectory && named.is_none() => {
            return Err(Failure::new(format!("{} isn't a folder: is --data (or SCRIP_DATA) right?", data.display())));
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied && named.is_none() => {
            return Err(not_let_in(&path, &error));
        }
        Err(error) => return Err(Failure::of(format!("reading the settings file {}", path.display()), &error)),
    };
    text.parse().map_err(|error| Failure::of(format!("the settings file {}", path.display()), &error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(arguments: &[&str]) -> Result<ArgMatches, clap::Error> {
        let command = Settings::arguments(clap::Command::new("scrip").no_binary_name(true));
        command.try_get_matches_from(arguments)
    }

    fn resolved(arguments: &[&str], file: &str) -> Result<(Settings, String), Failure> {
        let table = file.parse().map_err(|error| Failure::of("the file", &error))?;
        let mut sources = Sources::new(given(arguments).expect("known flags"), table);
        let settings = Settings::resolve(&mut sources)?;
        Ok((settings, show(&sources.done()?)))
    }

    #[test]
    fn what_config_prints_is_a_settings_file_of_what_is_in_force() {
        let file = "log = \"debug\"\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.1\"]\n";
        let (_, printed) = resolved(&["--request-seconds", "7"], file).expect("all valid");
        let (again, printed_again) = resolved(&[], &printed).expect("it can be read again");
        assert_eq!(again.connections.request_seconds, 7);
        assert_eq!(again.serving.log.as_str(), "debug");
        assert_eq!(again.serving.trusted_proxies.0.len(), 2);
        assert!(printed.contains("\nrequest_seconds = 7 # from --request-seconds\n"), "{printed}");
        assert!(printed.contains("\n# connections_max = 4096\n"), "{printed}");
        assert!(printed_again.contains("\nrequest_seconds = 7 # from the file\n"), "{printed_again}");
    }

    #[test]
    fn every_default_can_be_given_in_the_file() {
        let (_, printed) = resolved(&[], "").expect("nothing given");
        let uncommented: String = printed
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let (_, again) = resolved(&[], &uncommented).expect("every default is valid");
        assert_eq!(again.matches("# from the file").count(), uncommented.lines().count());
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let (settings, _) = resolved(&["--log", "warn"], "log = \"debug\"").expect("valid");
        assert_eq!(settings.serving.log.as_str(), "warn");
    }

    #[test]
    fn what_cant_be_is_refused_with_its_name_and_limit() {
        for (arguments, file, said) in [
            (&[][..], "lissen = \"127.0.0.1:1\"", "\"lissen\", which no setting is called (is \"listen\" meant?)"),
            (&[], "request_seconds = 0", "must be from 1 to 3600"),
            (&[], "request_seconds = \"soon\"", "the setting request_seconds in the file"),
            (&["--request-seconds", "3601"], "", "--request-seconds is 3601, but must be from 1 to 3600"),
            (&["--trusted-proxies", "10.0.0.0/8,nowhere"], "", "--trusted-proxies"),
            (&[], "log = ", "the file"),
        ] {
            let refused = resolved(arguments, file).expect_err("refused").to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn the_reference_is_what_the_settings_declare() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/settings.md");
        let mut sources = Sources::new(given(&[]).expect("no flag"), toml::Table::new());
        Settings::resolve(&mut sources).expect("nothing given");
        let page = shown::page(&sources.done().expect("nothing given"));
        if std::env::var_os("SCRIP_BLESS").is_some_and(|value| value == "1") {
            std::fs::write(path, &page).expect("the checkout can be written");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, page, "write it with: SCRIP_BLESS=1 cargo test -p scrip settings");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_words(
            cut in any::<proptest::sample::Index>(),
            length in 0..40_usize,
            put in ".{0,12}|[=\\[\\]\"'\n]{0,6}|[0-9:.]{0,30}",
        ) {
            let (_, printed) = resolved(&[], "").expect("nothing given");
            let whole: Vec<char> = printed.replace("\n# ", "\n").chars().collect();
            let from = cut.index(whole.len());
            let until = whole.len().min(from + length);
            let text: String = whole[..from].iter().copied().chain(put.chars()).chain(whole[until..].iter().copied()).collect();
            for text in [text, put] {
                if let Err(failure) = resolved(&[], &text) {
                    prop_assert!(!failure.to_string().is_empty());
                }
            }
        }
    }
}
