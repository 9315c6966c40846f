use std::process::ExitCode;

use crate::{backend, cli::BackupArguments, failure::Failure, secret_file};

/// `scrip backup`: reads the database beside a server that writes it.
pub fn run(arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    let store = backend::open_read_only(&arguments.data.data)?;
    store
        .backup(&arguments.to)
        .map_err(|error| Failure::of(format!("writing the backup {}", arguments.to.display()), &error))?;
    println!("{} is a whole copy.", arguments.to.display());
    println!(
        "Keep {} too, in another place: without it codes can't be looked up.",
        arguments.data.data.join(secret_file::NAME).display()
    );
    Ok(ExitCode::SUCCESS)
}
