use std::process::ExitCode;

use scrip_sqlite::SqliteStore;

use crate::{backend, cli::DataArguments, failure::Failure};

/// `scrip migrate`: what `serve` does on its start, alone.
pub fn run(arguments: &DataArguments) -> Result<ExitCode, Failure> {
    let path = backend::database(&arguments.data);
    backend::make_folder(&arguments.data)?;
    let migrated =
        SqliteStore::migrate(&path).map_err(|error| Failure::of(format!("migrating {}", path.display()), &error))?;
    println!("{} has schema {}, which is the newest", path.display(), migrated.to);
    if let Some(copy) = migrated.backup {
        println!("What it was before is in {}", copy.display());
    }
    Ok(ExitCode::SUCCESS)
}
