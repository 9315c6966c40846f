use std::process::ExitCode;

use scrip_engine::verify::verify;

use crate::{backend, cli::DataArguments, failure::Failure};

/// `scrip verify`: exits 1 if anything is wrong.
pub fn run(arguments: &DataArguments) -> Result<ExitCode, Failure> {
    let store = backend::open_read_only(&arguments.data)?;
    let report = verify(&store).map_err(|error| Failure::of("reading the database", &error))?;
    println!("{} events, {} documents, {} rows", report.events, report.documents, report.rows);
    if report.is_clean() {
        println!("The journal's chain verifies; its replay equals documents and tables.");
        return Ok(ExitCode::SUCCESS);
    }
    for problem in &report.problems {
        println!("wrong: {problem}");
    }
    println!("Stop the server and restore the last good backup: scrip restore --help");
    Ok(ExitCode::FAILURE)
}
