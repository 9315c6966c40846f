//! A setting is declared once: its name gives the flag, the environment variable and the key in the file; its comment the help,
//! the reference and what `scrip config` prints.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use clap::{Arg, ArgMatches, parser::ValueSource};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::failure::Failure;

/// Declares a group of settings: a struct of the values in force, what the command line takes for it, and how it is resolved.
///
/// `name: Type = default, in range;` — the range is optional. The type is read from text (flag, environment) by `FromStr` and
/// from the file by serde.
macro_rules! settings {
    ($(#[doc = $about:literal])+ $group:ident {
        $($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:expr $(, in $range:expr)?;)*
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $group { $($(#[doc = $doc])+ pub $name: $kind,)* }

        impl $group {
            /// What the command line and the environment take for this group.
            pub fn arguments(command: clap::Command) -> clap::Command {
                let default = Self::default();
                command$(.arg($crate::config::setting::argument(stringify!($name), &[$($doc),+], &default.$name)))*
            }

            /// The values in force.
            ///
            /// Errors: one that can't be read, or outside its range.
            pub fn resolve(sources: &mut $crate::config::Sources) -> Result<Self, $crate::failure::Failure> {
                sources.group(&[$($about),+]);
                let default = Self::default();
                Ok(Self { $($name: sources.take(stringify!($name), &[$($doc),+], default.$name, settings!(@range $($range)?))?,)* })
            }
        }

        impl Default for $group {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }
    };
    (@range) => { None };
    (@range $range:expr) => { Some($range) };
}
pub(super) use settings;

/// Everything that a setting's type can do.
pub trait Value:
    FromStr<Err: fmt::Display> + DeserializeOwned + Serialize + PartialOrd + Clone + fmt::Debug + Send + Sync + 'static
{
}
impl<
    T: FromStr<Err: fmt::Display> + DeserializeOwned + Serialize + PartialOrd + Clone + fmt::Debug + Send + Sync + 'static,
> Value for T
{
}

/// The flag and the environment variable of a setting. Texts are read when they are resolved, so that every source is refused alike.
pub fn argument<T: Value>(name: &'static str, doc: &[&str], default: &T) -> Arg {
    let shown = as_text(default);
    let is_switch = matches!(toml::Value::try_from(default), Ok(toml::Value::Boolean(_)));
    let default = if shown.is_empty() { "none".to_owned() } else { shown };
    let argument = Arg::new(name).long(name.replace('_', "-")).env(variable(name)).value_name("VALUE");
    // The flag alone says that it is so.
    let argument = if is_switch { argument.num_args(0..=1).default_missing_value("true") } else { argument };
    argument.help(format!("{} [default: {default}]", doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")))
}

fn variable(name: &str) -> String {
    format!("SCRIP_{}", name.to_uppercase())
}

/// As it is written after a flag: a list's parts with commas between.
fn as_text<T: Serialize>(value: &T) -> String {
    match toml::Value::try_from(value).expect("a setting's value is a scalar or a list of them") {
        toml::Value::String(text) => text,
        toml::Value::Array(parts) => parts.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Where a value in force comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Default,
    File,
    Environment,
    Flag,
}

/// A line of `scrip config`.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A group's heading.
    Group(String),
    Setting {
        name: &'static str,
        doc: Vec<&'static str>,
        value: String,
        from: From,
    },
}

/// Where values are looked for: flag before environment before file before default. Remembers what it found, for `scrip config`.
pub struct Sources {
    given: ArgMatches,
    file: toml::Table,
    shown: Vec<Shown>,
}

impl Sources {
    pub const fn new(given: ArgMatches, file: toml::Table) -> Self {
        Self { given, file, shown: Vec::new() }
    }

    pub fn group(&mut self, about: &[&str]) {
        self.shown.push(Shown::Group(about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")));
    }

    /// One setting's value.
    ///
    /// Errors: a text or a value in the file that its type can't read, or outside `range`; says which source it stands in.
    pub fn take<T: Value>(
        &mut self,
        name: &'static str,
        doc: &[&'static str],
        default: T,
        range: Option<RangeInclusive<T>>,
    ) -> Result<T, Failure> {
        let in_file = self.file.remove(name);
        let (value, from) = match (self.given.get_one::<String>(name), in_file) {
            (Some(text), _) => {
                let (from, source) = match self.given.value_source(name) {
                    Some(ValueSource::EnvVariable) => (From::Environment, variable(name)),
                    _ => (From::Flag, format!("--{}", name.replace('_', "-"))),
                };
                let value = text.parse().map_err(|error| Failure::new(format!("{source} {text:?}: {error}")))?;
                (checked(value, range, &source)?, from)
            }
            (None, Some(value)) => {
                let source = format!("the setting {name} in the file");
                let value = value
                    .try_into()
                    .map_err(|error: toml::de::Error| Failure::new(format!("{source}: {}", error.message())))?;
                (checked(value, range, &source)?, From::File)
            }
            (None, None) => (default, From::Default),
        };
        let shown = toml::Value::try_from(&value).expect("a setting's value is a scalar or a list of them").to_string();
        self.shown.push(Shown::Setting { name, doc: doc.iter().map(|line| line.trim()).collect(), value: shown, from });
        Ok(value)
    }

    fn names(&self) -> Vec<&'static str> {
        let settings = self.shown.iter().filter_map(|shown| match shown {
            Shown::Setting { name, .. } => Some(*name),
            Shown::Group(_) => None,
        });
        settings.collect()
    }

    /// After every group took its own.
    ///
    /// Errors: the file has a name that no setting has.
    pub fn done(self) -> Result<Vec<Shown>, Failure> {
        match self.file.keys().next() {
            None => Ok(self.shown),
            Some(unknown) => Err(Failure::new(format!(
                "the settings file has {unknown:?}, which no setting is called{}; `scrip config` prints all of them",
                nearest(unknown, &self.names()).map_or_else(String::new, |name| format!(" (is {name:?} meant?)"))
            ))),
        }
    }
}

/// The name that is most like one that isn't known; `None` if none is.
pub(super) fn nearest<'n>(unknown: &str, names: &[&'n str]) -> Option<&'n str> {
    /// From here on a name is likely meant: `trusted_proxy` has 0.96, words that have nothing to do with each other under 0.7.
    const ALIKE: f64 = 0.8;
    let alike = |name: &str| strsim::jaro_winkler(&unknown.to_lowercase(), &name.to_lowercase());
    let best = names.iter().copied().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= ALIKE).then_some(best)
}

fn checked<T: Value>(value: T, range: Option<RangeInclusive<T>>, source: &str) -> Result<T, Failure> {
    match range {
        Some(range) if !range.contains(&value) => Err(Failure::new(format!(
            "{source} is {}, but must be from {} to {}",
            as_text(&value),
            as_text(range.start()),
            as_text(range.end())
        ))),
        _ => Ok(value),
    }
}

/// Several values: with commas between as a text, an array in the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct List<T>(pub Vec<T>);

impl<T> List<T> {
    pub const NONE: Self = Self(Vec::new());
}

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(T::from_str)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
