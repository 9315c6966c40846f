use std::process::ExitCode;

use scrip_sqlite::SqliteStore;
use scrip_store::StoreError;

use crate::{backend, cli::DataArguments, failure::Failure, owner};

/// `scrip migrate`: what `serve` does on its start, alone.
pub fn run(arguments: &DataArguments) -> Result<ExitCode, Failure> {
    let path = backend::existing(&arguments.data)?;
    owner::check(&arguments.data)?;
    let migrated = SqliteStore::migrate(&path).map_err(|error| match error {
        StoreError::Conflict { .. } => backend::in_use(&path),
        error => Failure::of(format!("migrating {}", path.display()), &error),
    })?;
    say!("{} has schema {}, which is the newest", path.display(), migrated.to);
    if let Some(copy) = migrated.backup {
        say!("What it was before is in {}", copy.display());
    }
    Ok(ExitCode::SUCCESS)
}
