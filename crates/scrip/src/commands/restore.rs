use std::{fs, process::ExitCode};

use scrip_engine::verify::verify;
use scrip_sqlite::SqliteStore;

use crate::{backend, cli::RestoreArguments, failure::Failure};

/// `scrip restore`: verifies the backup before it becomes the database.
pub fn run(arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    let data = &arguments.data.data;
    let target = backend::database(data);
    if target.exists() {
        return Err(Failure::new(format!("{} exists; move it away first", target.display())));
    }
    let store = SqliteStore::open_read_only(&arguments.from)
        .map_err(|error| Failure::of(format!("opening {}", arguments.from.display()), &error))?;
    let report = verify(&store).map_err(|error| Failure::of("reading the backup", &error))?;
    if let Some(problem) = report.problems.first() {
        return Err(Failure::new(format!("{} is damaged ({problem}); nothing was restored", arguments.from.display())));
    }
    drop(store);
    backend::make_folder(data)?;
    // A journal of writes that belongs to another file must never meet this one.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("{}{suffix}", backend::DATABASE)));
    }
    let partial = data.join("scrip.db.restoring");
    fs::copy(&arguments.from, &partial)
        .and_then(|_| fs::File::open(&partial)?.sync_all())
        .and_then(|()| fs::rename(&partial, &target))
        .and_then(|()| fs::File::open(data)?.sync_all())
        .map_err(|error| Failure::of(format!("copying to {}", target.display()), &error))?;
    println!("{} events verified and restored to {}", report.events, target.display());
    println!("Put secret.key of that time beside it before serving.");
    Ok(ExitCode::SUCCESS)
}
