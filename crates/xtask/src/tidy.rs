//! What may stand in which file. The words that are looked for are written in two parts, so that they aren't found here.

use crate::{House, SourceFile};

/// A file has fewer lines, or stands in [`LONG_FILES`].
const LINES_MAX: usize = 700;
/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] =
    &[("crates/scrip-core/tests/decider/golden.rs", "one sample of everything that is stored, in order of its number")];
/// Where status codes are known, each with the reason.
const STATUS_CODES: &[(&str, &str)] =
    &[("crates/scrip-http/", "answers"), ("crates/scrip/src/bench/", "a client: it reads answers as anybody does")];
/// Files that people write and read.
const WRITTEN_BY_HAND: &[&str] = &[".rs", ".md", ".sql", ".toml", ".css", ".html", ".js", "/run", "justfile"];

pub fn sql_stays_in_backends(house: &House) -> Vec<String> {
    house.files.iter().flat_map(sql).collect()
}

pub fn status_codes_stay_in_http(house: &House) -> Vec<String> {
    house.ending(".rs").flat_map(status_codes).collect()
}

pub fn core_has_no_floats(house: &House) -> Vec<String> {
    house.ending(".rs").flat_map(floats).collect()
}

pub fn core_has_no_clock(house: &House) -> Vec<String> {
    house.ending(".rs").flat_map(clocks).collect()
}

pub fn names_say_what_is_inside(house: &House) -> Vec<String> {
    house.files.iter().filter_map(vague_name).collect()
}

pub fn nothing_is_left_for_later(house: &House) -> Vec<String> {
    house.ending(".rs").flat_map(left_for_later).collect()
}

pub fn no_machine_is_named(house: &House) -> Vec<String> {
    house.files.iter().flat_map(machine_paths).collect()
}

pub fn files_stay_readable(house: &House) -> Vec<String> {
    let long = house.files.iter().filter_map(|file| too_long(file, LONG_FILES));
    let stale = LONG_FILES.iter().filter(|(path, _)| {
        house.files.iter().find(|file| file.path == *path).is_none_or(|file| file.text.lines().count() < LINES_MAX)
    });
    long.chain(stale.map(|(path, _)| format!("{path} is short by now: take it out of LONG_FILES."))).collect()
}

/// Tests may open a database to damage it; what they find wrong is a backend's to say.
fn sql(file: &SourceFile) -> Vec<String> {
    let is_elsewhere = file.path.starts_with("crates/scrip-sqlite/") || file.is_test();
    if is_elsewhere || !(file.path.ends_with(".rs") || file.path.ends_with(".sql")) {
        return Vec::new();
    }
    let words = [
        concat!("SEL", "ECT "),
        concat!("INS", "ERT INTO"),
        concat!("INS", "ERT OR "),
        concat!("DEL", "ETE FROM"),
        concat!("CRE", "ATE TABLE"),
        concat!("CRE", "ATE INDEX"),
        concat!("ALT", "ER TABLE"),
        concat!("VAC", "UUM"),
        concat!("PRA", "GMA "),
    ];
    found(file, &words, "move the statement into a backend (crates/scrip-sqlite), behind a function of scrip-store")
}

fn status_codes(file: &SourceFile) -> Vec<String> {
    if file.is_test() || STATUS_CODES.iter().any(|(folder, _)| file.path.starts_with(folder)) {
        return Vec::new();
    }
    let instead = "answer with a Reason or a fault, and let scrip-http (status.rs) give it its status";
    found(file, &[concat!("Status", "Code")], instead)
}

/// The crates that decide: the core, and what it is made of.
fn decides(file: &SourceFile) -> bool {
    ["crates/scrip-core/src/", "crates/scrip-combination/src/"].iter().any(|folder| file.path.starts_with(folder))
}

fn floats(file: &SourceFile) -> Vec<String> {
    if !decides(file) {
        return Vec::new();
    }
    let instead = "use Amount, BasisPoints and i128 products: no float touches money";
    let mut broken = found_words(file, &["f32", "f64"], instead);
    // Literals such as 1.5_f64 have no boundary before the type.
    broken.extend(found(file, &["_f32", "_f64"], instead));
    broken
}

fn clocks(file: &SourceFile) -> Vec<String> {
    if !decides(file) {
        return Vec::new();
    }
    let instead = "take the time as `now: Timestamp` and random bits from `ids: &mut dyn IdSource`";
    let mut broken = found(file, &["::now()"], instead);
    broken.extend(found_words(file, &["SystemTime", "Instant", "getrandom", "OsRng"], instead));
    // The crate: a currency has the name too.
    let begins =
        |before: &str, _: &str| !before.ends_with(|character: char| character.is_alphanumeric() || character == '_');
    broken.extend(found_where(file, &["rand::"], instead, &begins));
    broken
}

fn vague_name(file: &SourceFile) -> Option<String> {
    const VAGUE: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"];
    let stem = |part: &str| part.split('.').next().unwrap_or_default().to_lowercase();
    let vague = file.path.split('/').map(stem).find(|stem| VAGUE.contains(&stem.as_str()))?;
    Some(format!(
        "{}: {vague} says nothing; name the file after the thing that is inside, or move each part to its thing.",
        file.path
    ))
}

fn left_for_later(file: &SourceFile) -> Vec<String> {
    let mut broken =
        found(file, &[concat!("#[ign", "ore")], "make the test run, or take it out: nobody reads ignored ones");
    broken.extend(found(
        file,
        &[concat!("to", "do!("), concat!("unimpl", "emented!(")],
        "write what is missing, or leave its caller out too",
    ));
    broken.extend(found(file, &[concat!("db", "g!(")], "take it out, or log it with tracing"));
    broken
}

fn machine_paths(file: &SourceFile) -> Vec<String> {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let mut broken = Vec::new();
    for (number, line) in file.lines() {
        for folder in folders {
            // Within a longer path or an address it is another folder.
            let absolute = line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(in_a_path));
            if absolute {
                broken.push(format!(
                    "{}:{number}: {folder} is a folder of one machine: write a path from the repository's root, or one such as \
                     /var/lib/scrip.",
                    file.path
                ));
            }
        }
    }
    broken
}

fn in_a_path(before: char) -> bool {
    before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '}' | ')' | '~' | '*')
}

fn too_long(file: &SourceFile, allowed: &[(&str, &str)]) -> Option<String> {
    let lines = file.text.lines().count();
    let written = WRITTEN_BY_HAND.iter().any(|end| file.path.ends_with(end));
    if !written || lines < LINES_MAX || allowed.iter().any(|(path, _)| *path == file.path) {
        return None;
    }
    Some(format!(
        "{}: {lines} lines. Split it where a reader would look for its parts, or put it into LONG_FILES ({}) with the reason.",
        file.path,
        file!()
    ))
}

fn found(file: &SourceFile, parts: &[&str], instead: &str) -> Vec<String> {
    found_where(file, parts, instead, &|_, _| true)
}

/// Only where it isn't part of a longer name.
fn found_words(file: &SourceFile, words: &[&str], instead: &str) -> Vec<String> {
    let in_name = |character: char| character.is_alphanumeric() || character == '_';
    found_where(file, words, instead, &|before, after| !before.ends_with(in_name) && !after.starts_with(in_name))
}

fn found_where(file: &SourceFile, parts: &[&str], instead: &str, counts: &dyn Fn(&str, &str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, line) in file.code() {
        for part in parts {
            if line.match_indices(part).any(|(at, _)| counts(&line[..at], &line[at + part.len()..])) {
                broken.push(format!("{}:{number}: {} doesn't belong here: {instead}.", file.path, part.trim()));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(text: &str) -> SourceFile {
        SourceFile::new("crates/scrip-core/src/x.rs", text)
    }

    #[test]
    fn a_statement_outside_a_backend_is_found() {
        let text = concat!("const READ: &str = \"SEL", "ECT body FROM document\";");
        assert_eq!(sql(&core(text)).len(), 1);
        assert_eq!(sql(&SourceFile::new("crates/scrip-sqlite/src/x.rs", text)).len(), 0);
        assert_eq!(sql(&core(concat!("// a SEL", "ECT would lock"))).len(), 0);
    }

    #[test]
    fn a_status_code_outside_http_is_found() {
        let text = concat!("use axum::http::Status", "Code;");
        assert_eq!(status_codes(&SourceFile::new("crates/scrip-engine/src/x.rs", text)).len(), 1);
        assert_eq!(status_codes(&SourceFile::new("crates/scrip-http/src/x.rs", text)).len(), 0);
    }

    #[test]
    fn a_float_in_the_core_is_found() {
        assert_eq!(floats(&core("let share = amount as f64 * 0.1;")).len(), 1);
        assert_eq!(floats(&core("let share = 1.5_f64;")).len(), 1);
        assert_eq!(floats(&core("let f641 = 1; // no f64 here")).len(), 0);
        assert_eq!(floats(&SourceFile::new("crates/scrip-engine/src/x.rs", "gauge.set(1 as f64)")).len(), 0);
    }

    #[test]
    fn a_clock_or_a_die_in_the_core_is_found() {
        for bad in ["let now = Timestamp::now();", "use std::time::SystemTime;", "use rand::Rng;", "Instant::now()"] {
            assert!(!clocks(&core(bad)).is_empty(), "{bad}");
        }
        assert_eq!(clocks(&core("let random = ids.random(); // not rand")).len(), 0);
    }

    #[test]
    fn a_vague_name_is_found() {
        for bad in
            ["crates/x/src/utils.rs", "crates/x/src/helpers/mod.rs", "crates/x/tests/common/mod.rs", "a/Manager.rs"]
        {
            assert!(vague_name(&SourceFile::new(bad, "")).is_some(), "{bad}");
        }
        assert_eq!(vague_name(&SourceFile::new("crates/x/src/commons_licence.rs", "")), None);
    }

    #[test]
    fn what_is_left_for_later_is_found() {
        for bad in [
            concat!("#[ign", "ore = \"slow\"]"),
            concat!("to", "do!()"),
            concat!("unimpl", "emented!(\"later\")"),
            concat!("db", "g!(amount)"),
        ] {
            assert_eq!(left_for_later(&core(bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        let of = |text| machine_paths(&SourceFile::new("docs/x.md", text)).len();
        assert_eq!(of(concat!("see /wo", "rk/notes.md")), 1);
        assert_eq!(of(concat!("`/ro", "ot/.cargo`")), 1);
        assert_eq!(of(concat!("docs/wo", "rk/notes.md and https://example.org/ho", "me/")), 0);
    }

    #[test]
    fn a_long_file_is_found_unless_it_has_a_reason() {
        let long = core(&"line\n".repeat(LINES_MAX));
        assert!(too_long(&long, &[]).is_some());
        assert_eq!(too_long(&long, &[("crates/scrip-core/src/x.rs", "one idea")]), None);
        assert_eq!(too_long(&core(&"line\n".repeat(LINES_MAX - 1)), &[]), None);
        assert_eq!(too_long(&SourceFile::new("Cargo.lock", &"line\n".repeat(LINES_MAX)), &[]), None);
    }
}
