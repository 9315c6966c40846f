//! What `scrip config` prints, and the reference page.

use std::fmt::Write;

use super::setting::{From, Shown};

/// A settings file that says what is in force: defaults commented out, all else with where it comes from.
pub fn show(all: &[Shown]) -> String {
    let mut text = String::from(
        "# Settings of `scrip serve` in force here. A flag goes before the environment (SCRIP_…), that before the file.\n\
         # Put what you want to change into the data folder as scrip.toml, or name a file with --config.\n",
    );
    for shown in all {
        match shown {
            Shown::Group(about) => write!(text, "\n# {about}\n"),
            Shown::Setting { name, doc, value, from } => {
                let doc: String = doc.iter().map(|line| format!("# {line}\n")).collect();
                let line = match from {
                    From::Default => format!("# {name} = {value}"),
                    From::File => format!("{name} = {value} # from the file"),
                    From::Environment => format!("{name} = {value} # from SCRIP_{}", name.to_uppercase()),
                    From::Flag => format!("{name} = {value} # from --{}", name.replace('_', "-")),
                };
                write!(text, "\n{doc}{line}\n")
            }
        }
        .expect("writing to memory doesn't fail");
    }
    text
}

#[cfg(test)]
/// The reference page, of settings at their defaults: a place of its own for each, so that a link and a search can lead there.
pub fn page(all: &[Shown]) -> String {
    let mut text = String::from(
        "# Settings\n\nMade from `crates/scrip/src/config` by its test. A flag goes before the environment, that before the file \
         (`scrip.toml` in the data folder, or `--config`), that before the default. `scrip config` prints what is in force.\n",
    );
    for shown in all {
        match shown {
            Shown::Group(about) => {
                let (title, rest) = about.split_once(". ").unwrap_or((about.trim_end_matches('.'), ""));
                write!(text, "\n## {title}\n")
                    .and_then(|()| if rest.is_empty() { Ok(()) } else { write!(text, "\n{rest}\n") })
            }
            Shown::Setting { name, doc, value, .. } => write!(
                text,
                "\n### `{name}`\n\nDefault `{value}` · flag `--{}` · environment `SCRIP_{}`\n\n{}\n",
                name.replace('_', "-"),
                name.to_uppercase(),
                doc.join(" ")
            ),
        }
        .expect("writing to memory doesn't fail");
    }
    text
}
