use std::process::ExitCode;

use scrip_engine::{
    Secrets,
    repair::check_revisions,
    verify::{Outside, verify_with},
};

use scrip_store::Store;

use crate::{backend, cli::VerifyArguments, failure::Failure, heads, secret_opened};

/// `scrip verify`: exits 1 if anything is wrong.
pub fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let data = &arguments.data.data;
    let store = backend::open_read_only(data)?;
    let secrets = secret_opened::read(data, &store, &arguments.secret)?;
    let outside = Outside { seals: secrets.as_ref().map(Secrets::chain), heads: &arguments.head };
    let mut report = verify_with(&store, outside).map_err(|error| Failure::of("reading the database", &error))?;
    report.problems.extend(newer_revision(&store));
    if report.is_cut_short {
        say!("{} events up to where the journal is broken; documents and rows weren't compared with it", report.events);
    } else {
        say!("{} events, {} documents, {} rows", report.events, report.documents, report.rows);
        say!("{}", heads::shown(&report.heads));
        for (follower, lacks) in &report.rebuilding {
            say!(
                "The tables of the follower {follower} were made by older rules than this Scrip's, and weren't compared: a server makes them \
                 anew beside these, which lack the last {lacks} events so far."
            );
        }
        if report.behind > 0 {
            say!(
                "The tables for people lack the last {} events: rows of the accounts and campaigns that those are about weren't compared. \
                 Beside a server that is a matter of moments; where it stays so, its log says why.",
                report.behind
            );
        }
        if !report.uncompared.is_empty() {
            say!(
                "The sums of reports weren't compared with rows, as one of the two isn't at the journal's end yet: {}.",
                report.uncompared.join(", ")
            );
        }
    }
    if !report.is_clean() {
        for problem in report.problems.iter().chain(&report.sums) {
            say!("wrong: {problem}");
        }
        if report.problems.is_empty() {
            say!(
                "All else verifies. Sums of reports can be worked out anew, no backup is needed: docs/operate/recovery.md says how"
            );
            return Ok(ExitCode::FAILURE);
        }
        say!(
            "Stop the server, keep a copy of the data folder with all its files, and restore the last good backup: scrip restore --help"
        );
        return Ok(ExitCode::FAILURE);
    }
    match report.behind {
        _ if !report.rebuilding.is_empty() => {
            say!(
                "The journal's chain verifies; its replay equals documents, and tables but for those that are made anew."
            );
        }
        0 if !report.uncompared.is_empty() => {
            say!("The journal's chain verifies; its replay equals documents, and tables but for those sums.");
        }
        0 => say!("The journal's chain verifies; its replay equals documents and tables."),
        _ => say!("The journal's chain verifies; its replay equals documents, and tables as far as they are."),
    }
    say!("{}", sealed(report.sealed, arguments.secret.without_secret));
    if !arguments.head.is_empty() {
        say!("Every head that was given is in it.");
    }
    Ok(ExitCode::SUCCESS)
}

/// What a start refuses: by which rules documents and tables were made can't be read, or they are a newer build's.
pub fn newer_revision(store: &dyn Store) -> Option<String> {
    check_revisions(store).err().map(|error| Failure::of("asking by which rules it was made", &error).to_string())
}

/// What the seals say.
pub fn sealed(frames: u64, without_secret: bool) -> String {
    match (frames, without_secret) {
        (_, true) => "Seals weren't checked: whoever can write the file can have written it anew.".to_owned(),
        (0, false) => "It has no seal yet; the next write makes the first.".to_owned(),
        (frames, false) => format!("{frames} seals verify; the first seals what stands before it."),
    }
}
