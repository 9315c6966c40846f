use std::{path::Path, process::ExitCode};

use scrip_engine::KeptHead;
use scrip_sqlite::SqliteStore;

use crate::{backend, cli::BackupArguments, failure::Failure, heads, secret_file, secret_opened, serving::DEMO_MARK};

/// `scrip backup`: reads the database beside a server that writes it.
pub fn run(arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    let (data, to) = (&arguments.data.data, &arguments.to);
    let shown = to.display();
    check_name(data, to)?;
    let path = backend::existing(data)?;
    let is_older = backend::is_older(&path)?;
    if let Ok(there) = to.symlink_metadata() {
        let killed = match there.len() {
            0 => {
                ". It is empty, as a backup that was killed leaves it: then remove it, and what is called the same and ends in \
                  .partial or .partial-journal"
            }
            _ => "",
        };
        return Err(Failure::new(format!("{shown} is there already; choose another --to{killed}")));
    }
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Failure::new(format!(
            "there is no folder {} to write the backup to; make it first",
            folder.display()
        )));
    }
    let writing = |error| Failure::of(format!("writing the backup {shown}"), &error);
    if is_older {
        SqliteStore::copy(&path, to).map_err(writing)?;
        say!(
            "{shown} is a copy of a database of an earlier schema. scrip restore verifies it, and brings it up to date."
        );
        return Ok(ExitCode::SUCCESS);
    }
    backend::open_read_only(data)?.backup(to).map_err(writing)?;
    let copy = SqliteStore::open_read_only(to).map_err(|error| Failure::of(format!("reading {shown}"), &error))?;
    let copied = KeptHead::all(&copy).map_err(|error| Failure::of(format!("reading {shown}"), &error))?;
    say!("{shown} is a copy of all that is committed; `scrip restore` verifies it.");
    say!("{}", heads::shown(&copied));
    // The copy is there whatever comes of this; but nobody should keep a secret beside it that doesn't open it.
    secret_opened::read(data, &copy, &arguments.secret).map_err(|failure| {
        Failure::new(format!("{shown} was written, but {failure}. Find the right one before you need it"))
    })?;
    if !arguments.secret.without_secret {
        say!("Keep {} too, in another place: without it the copy can't be served.", secret_file::path(data).display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Names in the data folder that mean something to Scrip: a copy there would be taken for the database's log, or for a secret.
fn check_name(data: &Path, to: &Path) -> Result<(), Failure> {
    let absolute = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().ok().zip(path.file_name().map(ToOwned::to_owned))
    };
    if to == Path::new("-") {
        return Err(Failure::new("a backup is written to a file, not to standard output; name one with --to"));
    }
    let Some((folder, name)) = absolute(to) else { return Ok(()) };
    let name = name.to_string_lossy();
    // scrip.db-wal, scrip.db.restoring, scrip.toml, scrip.sock, secret.key.1 …
    let is_taken = name.starts_with("scrip.") || name.starts_with(secret_file::NAME) || name == DEMO_MARK;
    if is_taken && data.canonicalize().is_ok_and(|data| data == folder) {
        return Err(Failure::new(format!(
            "{} is a name of Scrip's own in a data folder, as are all there that begin with scrip. and secret.key; choose another \
             --to",
            to.display()
        )));
    }
    Ok(())
}
