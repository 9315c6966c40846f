//! Checks of the house: what the compiler can't see, as tests. Run them with `cargo test -p xtask`.

mod arrows;
mod circles;
pub mod faults;
mod house;
mod links;
mod manifests;
mod tidy;

pub use house::{House, SourceFile};

/// One rule of the house.
pub struct Check {
    pub name: &'static str,
    /// What must hold.
    pub rule: &'static str,
    /// What breaks it, each a sentence that says what to do; empty when all is well.
    pub run: fn(&House) -> Vec<String>,
}

macro_rules! checks {
    ($($name:ident = $rule:literal, $run:expr;)*) => {
        /// Every check, each also a test of this name.
        pub const CHECKS: &[Check] = &[$(Check { name: stringify!($name), rule: $rule, run: $run },)*];

        #[cfg(test)]
        mod of_this_repository {
            use super::*;

            $(#[test]
            fn $name() {
                let check = CHECKS.iter().find(|check| check.name == stringify!($name)).expect("it is in the list");
                let broken = (check.run)(House::this());
                assert!(broken.is_empty(), "{}\n\n{}\n", check.rule, broken.join("\n"));
            })*
        }
    };
}

checks! {
    core_is_pure = "scrip-core depends on no async runtime, driver, HTTP crate or source of randomness.", arrows::core_is_pure;
    http_ends_at_scrip_http = "Nothing below scrip-http depends on an HTTP crate.", arrows::http_ends_at_scrip_http;
    only_the_binary_names_a_backend = "Outside tests and harnesses only scrip depends on a backend.", arrows::only_the_binary_names_a_backend;
    arrows_point_down = "Crates depend on each other in one direction: http → engine → store → core.", arrows::arrows_point_down;
    modules_lead_nowhere_back = "Within a crate no module uses one that uses it.", circles::modules_lead_nowhere_back;
    crates_share_lints = "Every crate takes its lints from the workspace.", manifests::crates_share_lints;
    sql_stays_in_backends = "Statements of SQL stand only in backends.", tidy::sql_stays_in_backends;
    status_codes_stay_in_http = "Status codes of HTTP stand only in scrip-http.", tidy::status_codes_stay_in_http;
    core_has_no_floats = "scrip-core computes with integers.", tidy::core_has_no_floats;
    core_has_no_clock = "scrip-core takes time and new ids as arguments.", tidy::core_has_no_clock;
    names_say_what_is_inside = "No file or folder is called utils, helpers, common or manager.", tidy::names_say_what_is_inside;
    nothing_is_left_for_later = "No test is ignored, no macro stands for missing code or was left from debugging.", tidy::nothing_is_left_for_later;
    files_stay_readable = "A file has under 700 lines, or a reason.", tidy::files_stay_readable;
    no_machine_is_named = "No path of a developer's machine is committed.", tidy::no_machine_is_named;
    links_lead_somewhere = "Links of Markdown files to files of the repository resolve.", links::links_lead_somewhere;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn checks_have_different_names() {
        let names: HashSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
    }
}
