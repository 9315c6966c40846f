use std::{path::Path, process::ExitCode};

use scrip_engine::Secrets;

use crate::{
    backend::{self, Missing},
    cli::SecretsCommand,
    failure::Failure,
    secret_file, secret_opened,
};

/// `scrip secrets …`
pub fn run(command: &SecretsCommand) -> Result<ExitCode, Failure> {
    match command {
        SecretsCommand::RotateMaster(arguments) => rotate_master(&arguments.data),
    }
}

/// A new `secret.key` that opens the same secrets.
///
/// A kill at any moment leaves a folder that a server starts on: until the database's secrets are wrapped anew, which is one
/// commit, `secret.key` opens them; from then on `secret.key.next` does, which is on the device before and takes the name
/// `secret.key` after, here or by the next start.
fn rotate_master(data: &Path) -> Result<ExitCode, Failure> {
    // It holds the lock until it has ended.
    let (store, _) = backend::open(data, Missing::Refuse)?;
    let master = |data: &Path| {
        secret_file::read(data)?.ok_or_else(|| Failure::new(format!("{} is gone", secret_file::path(data).display())))
    };
    // What an earlier try left is brought to its end first.
    secret_opened::open(data, &*store, &master(data)?)?;
    let (old, new) = (master(data)?, Secrets::new_master());
    let kept = secret_file::keep(data, &old)?;
    secret_file::put_next(data, &new)?;
    Secrets::rewrap(&*store, &old, &new)
        .map_err(|error| Failure::of("wrapping the database's secrets anew", &error))?;
    secret_file::accept_next(data)?;
    let (now, kept) = (secret_file::path(data), kept.display());
    say!("{} is new; keep a copy of it in another place.", now.display());
    say!("Backups that were made before need the old one, which is in {kept}: keep it with them, and not here.");
    Ok(ExitCode::SUCCESS)
}
