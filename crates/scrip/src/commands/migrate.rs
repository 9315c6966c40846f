use std::process::ExitCode;

use scrip_sqlite::SqliteStore;

use crate::{backend, cli::DataArguments, failure::Failure};

/// `scrip migrate`: what `serve` does on its start, alone.
pub fn run(arguments: &DataArguments) -> Result<ExitCode, Failure> {
    let path = backend::database(&arguments.data);
    std::fs::create_dir_all(&arguments.data)
        .map_err(|error| Failure::of(format!("making {}", arguments.data.display()), &error))?;
    let store = SqliteStore::open(&path, scrip_sqlite::Options::default())
        .map_err(|error| Failure::of(format!("migrating {}", path.display()), &error))?;
    let version = store.schema_version().map_err(|error| Failure::of("reading the schema's version", &error))?;
    println!("{} has schema {version}, which is the newest", path.display());
    Ok(ExitCode::SUCCESS)
}
