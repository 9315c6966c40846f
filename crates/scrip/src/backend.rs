//! The one place that names a backend.

use std::{
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use scrip_engine::{Engine, EngineOptions, Random, SystemClock};
use scrip_sqlite::SqliteStore;
use scrip_store::Store;

use crate::{failure::Failure, secret_file};

/// The database's name in the data folder.
pub const DATABASE: &str = "scrip.db";

/// The exit status when the device failed.
const DEVICE_FAILED: i32 = 70;
/// How long the process then still answers, that the store can't take it: nothing is written any more.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// Where a data folder has its database.
pub fn database(data: &Path) -> PathBuf {
    data.join(DATABASE)
}

/// Opens the data folder for writing, making it on first use, and starts the engine.
///
/// Errors: the folder can't be made or another server writes to it.
pub fn start(data: &Path) -> Result<(Engine, Arc<SqliteStore>), Failure> {
    make_folder(data)?;
    let path = database(data);
    let secrets = secret_file::read_or_make(data, path.exists())?;
    let store = Arc::new(
        SqliteStore::open(&path, scrip_sqlite::Options::default())
            .map_err(|error| Failure::of(format!("opening {}", path.display()), &error))?,
    );
    let options = EngineOptions {
        random: Random::system(),
        secrets,
        clock: Arc::new(SystemClock),
        on_failure: Box::new(|why| {
            // Answers were given for nothing that isn't on the device. Going on could lose what comes next.
            eprintln!(
                "scrip: stopping, the store failed: {why}. Mend the device, then start again: nothing answered is lost."
            );
            std::thread::spawn(|| {
                std::thread::sleep(LAST_ANSWERS);
                std::process::exit(DEVICE_FAILED);
            });
        }),
    };
    let engine = Engine::start(store.clone() as Arc<dyn Store>, options)
        .map_err(|error| Failure::of("starting the engine", &error))?;
    Ok((engine, store))
}

/// Makes the data folder, its owner's alone: it holds hashes of keys, sealed codes and pseudonyms.
pub fn make_folder(data: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|error| Failure::of(format!("making {}", data.display()), &error))
}

/// Opens the database for reading, beside a server.
pub fn open_read_only(data: &Path) -> Result<SqliteStore, Failure> {
    let path = database(data);
    SqliteStore::open_read_only(&path).map_err(|error| Failure::of(format!("opening {}", path.display()), &error))
}
