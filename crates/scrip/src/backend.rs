//! The one place that names a backend.

use std::{
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use scrip_engine::{Engine, EngineOptions, Master, Random, SystemClock};
use scrip_sqlite::{DatabaseLock, SqliteStore, files_of};
use scrip_store::{Store, StoreError};

use crate::{
    data_folder::{DATABASE, database, not_let_in},
    failure::Failure,
    owner, secret_file, secret_opened, telemetry, time_zones,
};

/// The exit status when the device failed.
const DEVICE_FAILED: i32 = 70;
/// How long the process then still answers, that the store can't take it: nothing is written any more.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// What to do where a folder has no database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    Make,
    Refuse,
}

/// Opens the data folder for writing and starts the engine.
///
/// Errors: there is no database and none may be made, another server writes to it, or secret.key is another database's.
pub fn start(data: &Path, missing: Missing) -> Result<(Engine, Arc<SqliteStore>), Failure> {
    let (store, master) = open(data, missing)?;
    let secrets = secret_opened::open(data, &*store, &master)?;
    let options = EngineOptions {
        random: Random::system(),
        secrets,
        clock: Arc::new(SystemClock),
        zones: time_zones::newest(),
        on_failure: Box::new(|why| {
            // Answers were given for nothing that isn't on the device. Going on could lose what comes next.
            telemetry::fatal(&format_args!(
                "stopping, the store failed: {why}. Nothing answered is lost; put that right, then start again."
            ));
            std::thread::spawn(|| {
                std::thread::sleep(LAST_ANSWERS);
                std::process::exit(DEVICE_FAILED);
            });
        }),
    };
    let engine = Engine::start(store.clone() as Arc<dyn Store>, options).map_err(|error| not_started(&error))?;
    Ok((engine, store))
}

/// Why the engine doesn't start, and what to do where the file is the reason.
fn not_started(error: &StoreError) -> Failure {
    let failure = Failure::of("starting the engine", error);
    match error {
        StoreError::Damaged { .. } => Failure::new(format!(
            "{failure}. Keep a copy of the data folder with all its files; `scrip verify` says what is wrong, and a backup that \
             verifies can be restored"
        )),
        _ => failure,
    }
}

/// The database that is there, for commands that make none.
///
/// Errors: there is none, as where `--data` was mistyped.
pub fn existing(data: &Path) -> Result<PathBuf, Failure> {
    let path = database(data);
    if is_there(&path)? { Ok(path) } else { Err(no_database(data)) }
}

/// Errors: this user may not look, or a link is there: SQLite puts the log beside what it points to, the lock lies beside the
/// link, and two folders would have one database.
fn is_there(path: &Path) -> Result<bool, Failure> {
    if path.is_symlink() {
        return Err(Failure::new(format!(
            "{} is a symbolic link, and its log lies beside the file that it points to. Give the folder of that file as --data, or \
             make the folder the link",
            path.display()
        )));
    }
    match path.try_exists() {
        // Not a folder is said by whoever needs one.
        Err(error) if error.kind() != ErrorKind::NotADirectory => Err(not_let_in(path, &error)),
        there => Ok(there.unwrap_or(false)),
    }
}

/// Opens the data folder for writing: its lock, then its master secret, then its database.
///
/// Errors: as [`start`], but that nothing was opened by the master secret yet.
pub fn open(data: &Path, missing: Missing) -> Result<(Arc<SqliteStore>, Master), Failure> {
    let path = database(data);
    let exists = is_there(&path)? && std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
    owner::check(data)?;
    match missing {
        Missing::Make => make_folder(data)?,
        Missing::Refuse if !exists => return Err(no_database(data)),
        // Before the lock: with it we would be taken for a server that has looked whose the log is.
        Missing::Refuse => refuse_older(&path)?,
    }
    warn_of_others(data);
    let lock = lock(data)?;
    lock.check_together().map_err(|error| Failure::of(format!("opening {}", path.display()), &error))?;
    let master = match secret_file::read(data)? {
        Some(master) if exists => master,
        // An empty file is what a first start leaves that was cut off.
        Some(master) if is_there(&path)? => master,
        Some(_) => return Err(was_here(&secret_file::path(data))),
        None if exists => return Err(no_secret(data)),
        None => {
            if let Some(left) = left_of_another(data) {
                return Err(was_here(&left));
            }
            lock.reserve().map_err(|error| Failure::of(format!("making {}", path.display()), &error))?;
            secret_file::make(data)?
        }
    };
    let store = SqliteStore::open_locked(lock, scrip_sqlite::Options::default())
        .map_err(|error| Failure::of(format!("opening {}", path.display()), &error))?;
    Ok((Arc::new(store), master))
}

/// Says that nobody else writes to the data folder's database, nor puts one there.
///
/// Errors: a server has it.
pub fn lock(data: &Path) -> Result<DatabaseLock, Failure> {
    let path = database(data);
    DatabaseLock::take(&path).map_err(|error| match error {
        StoreError::Conflict { .. } => in_use(&path),
        error => Failure::of(format!("opening {}", path.display()), &error),
    })
}

pub fn in_use(database: &Path) -> Failure {
    Failure::new(format!("another server has {} open; stop it first", database.display()))
}

fn no_database(data: &Path) -> Failure {
    let [database, log, ..] = files_of(&database(data));
    if log.exists() {
        return Failure::new(format!(
            "{} lies there without its {}: it may have what was answered last. Put both together again",
            log.display(),
            database.display()
        ));
    }
    let data = data.display();
    Failure::new(format!("there is no database in {data}: is --data (or SCRIP_DATA) right? `scrip serve` makes one"))
}

/// What lies in a folder without a database and without `secret.key` only if there was one, or one was being restored.
fn left_of_another(data: &Path) -> Option<PathBuf> {
    let restoring = Some(data.join(format!("{DATABASE}.restoring"))).filter(|file| file.exists());
    restoring.or_else(|| secret_file::next(data))
}

/// A new database would be taken for the one that is away.
fn was_here(left: &Path) -> Failure {
    let left = left.display();
    Failure::new(format!(
        "{left} is there, and its {DATABASE} is not: it was moved away, or a restore didn't come to its end. Put all files of the \
         database back, or restore a backup (scrip restore). For a new database move {left} away, and keep it"
    ))
}

fn no_secret(data: &Path) -> Failure {
    let secret = secret_file::path(data);
    Failure::new(format!(
        "{} is missing beside a database that needs it: codes can't be looked up without it. Put its copy there",
        secret.display()
    ))
}

/// The files are their owner's alone whatever the folder; names and lengths aren't.
fn warn_of_others(data: &Path) {
    let Ok(metadata) = std::fs::metadata(data) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let mode = format!("{mode:o}");
        tracing::warn!(data = %data.display(), mode, "others may enter the data folder; make it yours alone: chmod 700");
    }
}

/// Makes the data folder, its owner's alone: it holds hashes of keys, sealed codes and pseudonyms.
pub fn make_folder(data: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(|error| {
        Failure::of(format!("making the data folder {} (--data, or SCRIP_DATA)", data.display()), &error)
    })
}

/// Whether a database has an older schema: then this build reads it only after `scrip migrate`.
pub fn is_older(path: &Path) -> Result<bool, Failure> {
    SqliteStore::is_older(path).map_err(|error| Failure::of(format!("opening {}", path.display()), &error))
}

fn refuse_older(path: &Path) -> Result<(), Failure> {
    if is_older(path)? {
        return Err(Failure::new(format!(
            "{} is whole as far as one can tell, and has an earlier Scrip's schema. Make a backup with scrip backup, then run \
             scrip migrate, or start the server, which does the same",
            path.display()
        )));
    }
    Ok(())
}

/// Opens the database for reading, beside a server.
pub fn open_read_only(data: &Path) -> Result<SqliteStore, Failure> {
    let path = existing(data)?;
    refuse_older(&path)?;
    SqliteStore::open_read_only(&path).map_err(|error| Failure::of(format!("opening {}", path.display()), &error))
}
