use std::{fs, path::Path, process::ExitCode};

use scrip_engine::{
    Secrets,
    repair::{REVISION, repair},
    verify::{Outside, verify_with},
};
use scrip_faults::Fault;
use scrip_sqlite::{DatabaseLock, Incoming, files_of};
use scrip_store::{Store as _, StoreError};

use crate::{
    admin, backend,
    cli::RestoreArguments,
    commands::verify::{newer_revision, sealed},
    data_folder,
    failure::Failure,
    heads, owner, secret_file,
    secret_opened::{self, FoundSecret},
};

/// `scrip restore`: verifies a copy of the backup, then gives it the database's name. It holds the data folder's lock for all of
/// it, and takes nothing away: what is there stays, and then nothing is restored.
pub fn run(arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    let (data, from) = (&arguments.data.data, arguments.from.display());
    let target = data_folder::database(data);
    if !arguments.from.exists() {
        return Err(Failure::new(format!("there is no {from}; nothing was restored")));
    }
    admin::check_name(data)?;
    owner::check(data).map_err(|failure| Failure::new(format!("{failure}. Nothing was restored")))?;
    let was_there = data.exists();
    backend::make_folder(data)?;
    let lock = DatabaseLock::take(&target).map_err(|error| match error {
        StoreError::Conflict { .. } => Failure::new(format!(
            "{}, then move its files away. Nothing was restored.{}",
            backend::in_use(&target),
            together(data)
        )),
        error => Failure::new(format!(
            "{}. Nothing was restored",
            Failure::of(format!("opening {}", target.display()), &error)
        )),
    })?;
    let restored = restore(arguments, &lock);
    if restored.is_err() && !was_there {
        // A folder that was made for nothing: a mistyped --data would be taken for one with a database.
        lock.take_file_away();
        let _ = fs::remove_dir(data);
    }
    restored
}

fn restore(arguments: &RestoreArguments, lock: &DatabaseLock) -> Result<ExitCode, Failure> {
    let (data, from) = (&arguments.data.data, arguments.from.display());
    let target = data_folder::database(data);
    if scrip_faults::is(Fault::RestoreBesideALog) {
        take_the_log_away(data)?;
    }
    check_empty(data)?;
    if let Some(next) = secret_file::next(data) {
        return Err(Failure::new(format!(
            "{} is there, of a change of the master secret that was cut off: it may be all that opens the database that was \
             moved away. Move it to that database's files. Nothing was restored",
            next.display()
        )));
    }
    let secret = arguments.secret.find(data)?;
    let failed =
        |doing: String| move |error| Failure::new(format!("{}. Nothing was restored", Failure::of(doing, &error)));
    let incoming = Incoming::copy(&arguments.from, lock).map_err(failed(format!("reading {from}")))?;
    let mut store = incoming.store().map_err(failed(format!("reading the copy of {from}")))?;
    let secrets = secret_opened::read(data, &store, &arguments.secret)
        .map_err(|failure| Failure::new(format!("{failure}. Nothing was restored")))?;
    if store.revision().map_err(failed(format!("reading the copy of {from}")))? < REVISION {
        // An older backup: its documents are brought to this build's rules, as a start would.
        drop(store);
        incoming.change(|copy| repair(copy)).map_err(failed(format!("repairing the copy of {from}")))?;
        store = incoming.store().map_err(failed(format!("reading the copy of {from}")))?;
    }
    let outside = Outside { seals: secrets.as_ref().map(Secrets::chain), heads: &arguments.head };
    let report = verify_with(&store, outside).map_err(failed(format!("reading the copy of {from}")))?;
    if let Some(problem) = newer_revision(&store).as_ref().or(report.problems.first()) {
        return Err(Failure::new(format!("{from} is damaged ({problem}); nothing was restored")));
    }
    drop(store);
    if let Some(secret) = &secret {
        put_beside(data, secret)?;
    }
    incoming.accept().map_err(failed(format!("copying to {}", target.display())))?;
    say!("{} events verified and restored to {}", report.events, target.display());
    if !report.rebuilding.is_empty() {
        say!("Its tables for people were made by older rules and weren't compared: the server makes them anew.");
    }
    if let Some(wrong) = report.sums.first() {
        say!(
            "Its sums of reports are wrong as they were there ({wrong}); docs/operate/recovery.md says how to have them worked out anew."
        );
    }
    say!("{}", heads::shown(&report.heads));
    say!("{}", sealed(report.sealed, secret.is_none()));
    if secret.is_none() {
        say!("Put secret.key of that time beside it before serving.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing of a database may lie there: not the file, and not a log that may have what was answered last.
fn check_empty(data: &Path) -> Result<(), Failure> {
    let there: Vec<String> = files_of(&data_folder::database(data))
        .iter()
        .filter(|file| file.exists())
        .map(|file| file.display().to_string())
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{} is there. Nothing was restored.{}", there.join(", "), together(data))))
}

/// What to do with what is there.
fn together(data: &Path) -> String {
    let [database, log, index, _] = files_of(&data_folder::database(data)).map(|file| file.display().to_string());
    format!(
        " {database}, {log} and {index} belong together: what was answered last may stand in {log} alone. Once no server \
         runs, move those of them that are there into one other folder, all at once, keep them until all is well, and restore \
         again"
    )
}

/// The secret that opens the backup's goes where the server looks for it.
fn put_beside(data: &Path, secret: &FoundSecret) -> Result<(), Failure> {
    match secret_file::read(data)? {
        None => secret_file::put(data, &secret.master),
        Some(there) if there == secret.master => Ok(()),
        Some(_) => Err(Failure::new(format!(
            "{} isn't the secret in {}, which opens this backup; move it away first. Nothing was restored",
            secret_file::path(data).display(),
            secret.file.display()
        ))),
    }
}

/// What a restore did once.
fn take_the_log_away(data: &Path) -> Result<(), Failure> {
    let [database, others @ ..] = files_of(&data_folder::database(data));
    if database.exists() {
        return Err(Failure::new(format!("{} exists; move it away first", database.display())));
    }
    others.iter().for_each(|file| drop(fs::remove_file(file)));
    Ok(())
}
