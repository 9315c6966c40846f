//! The SQLite backend: one file, one bucket, one server.
//!
//! The file is in WAL mode with `synchronous=FULL`: what [`scrip_store::Transaction::commit`] answered is on the device; what a
//! follower wrote is with the next such commit. One connection writes, a pool of connections reads, and a thread checkpoints off
//! the path of commits. Only one server opens a file for writing ([`lock`]); [`SqliteStore::open_read_only`] reads beside it.

mod backup;
mod checkpoint;
mod column;
mod connection;
mod contradictions;
mod documents;
mod dump;
mod error;
mod files;
mod follower;
mod gate;
mod incoming;
mod journal;
mod lock;
mod mark;
mod options;
mod people;
mod pool;
mod position;
mod rebuild;
mod repair;
mod room;
mod schema;
mod secrets;
mod snapshot;
mod statement;
mod writer;
mod writing;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use rusqlite::Connection;
use scrip_core::slot::{Bucket, Buckets};
use scrip_store::{Projection, Repair, Snapshot, Store, StoreError, Writer, secret::WrappedSecret};

use crate::{
    checkpoint::Checkpointer,
    connection::Access,
    files::{Opened, check_together},
    follower::SqliteProjection,
    gate::Gate,
    pool::Pool,
    repair::SqliteRepair,
    snapshot::SqliteSnapshot,
    writer::SqliteWriter,
    writing::WriteConnection,
};
pub use crate::{
    dump::Dump, files::files_of, incoming::Incoming, lock::DatabaseLock, options::Options, schema::Migrated,
};

/// A store in an SQLite file. Clones are handles of the same store; the file is closed with the last handle or writer.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// In the order of closing: SQLite empties its log when the last connection that can write is closed.
#[derive(Debug)]
pub(crate) struct Shared {
    path: PathBuf,
    pool: Pool,
    /// `None` when the file was opened for reading.
    #[expect(dead_code, reason = "stopped by being dropped")]
    checkpointer: Option<Checkpointer>,
    /// The one connection that writes; `None` when the file was opened for reading.
    writer: Mutex<Option<WriteConnection>>,
    /// Whether there is a sequencer.
    has_writer: AtomicBool,
    gate: Arc<Gate>,
    /// Looked at before each transaction that writes.
    opened: Opened,
    /// For connections that are made later.
    options: Options,
    /// `None` when the file was opened for reading.
    lock: Option<DatabaseLock>,
}

impl SqliteStore {
    /// Opens the file for writing, making or migrating it if need be.
    ///
    /// Errors: [`StoreError::Conflict`] if another server has it open; [`StoreError::Damaged`] if it isn't Scrip's, a newer
    /// Scrip wrote it, its log lies there without it, or the log beside it is another's; [`StoreError::Unavailable`] if it can't be opened.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        Self::open_locked(DatabaseLock::take(path)?, options)
    }

    /// [`SqliteStore::open`] by who has the lock already: the secret beside the file is read under it too.
    ///
    /// Errors: as [`SqliteStore::open`].
    pub fn open_locked(lock: DatabaseLock, options: Options) -> Result<Self, StoreError> {
        let path = lock.path();
        let mut writer = open_to_write(path, &options)?;
        schema::migrate(&mut writer, path, &schema::runner())?;
        mark::make(&writer)?;
        let opened = Opened::now(path);
        let gate = Arc::new(Gate::default());
        let checkpointer = Some(Checkpointer::start(path, &options, Arc::clone(&gate))?);
        let pool = Pool::new(path, options.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                pool,
                checkpointer,
                writer: Mutex::new(Some(WriteConnection::new(writer))),
                has_writer: AtomicBool::new(false),
                gate,
                opened,
                options,
                lock: Some(lock),
            }),
        })
    }

    /// Opens an existing file for reading, also beside a running server. [`Store::writer`] answers an error.
    ///
    /// Errors: [`StoreError::Damaged`] if it isn't Scrip's or has another schema than this Scrip;
    /// [`StoreError::Unavailable`] if it can't be opened.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = Options::default();
        let reader = open_to_read(path)?;
        schema::check_newest(&reader, &schema::runner())?;
        let pool = Pool::new(path, options.clone());
        pool.give_back(reader);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                pool,
                checkpointer: None,
                writer: Mutex::new(None),
                has_writer: AtomicBool::new(false),
                gate: Arc::default(),
                opened: Opened::now(path),
                options,
                lock: None,
            }),
        })
    }

    /// Brings the file to the newest schema, in one transaction. Before an older one is changed the file is copied.
    ///
    /// Errors: those of [`SqliteStore::open`]; then the file is as it was.
    pub fn migrate(path: &Path) -> Result<Migrated, StoreError> {
        let _lock = DatabaseLock::take(path)?;
        let mut writer = open_to_write(path, &Options::default())?;
        let migrated = schema::migrate(&mut writer, path, &schema::runner())?;
        mark::make(&writer)?;
        connection::end_log(&writer);
        Ok(migrated)
    }

    /// Whether the file that is there has an older schema than this Scrip's. Changes nothing.
    ///
    /// Errors: [`StoreError::Damaged`] if it isn't Scrip's, a newer Scrip wrote it, or its log is away or another's.
    pub fn is_older(path: &Path) -> Result<bool, StoreError> {
        schema::is_older(&open_to_read(path)?, &schema::runner())
    }

    /// [`SqliteStore::backup`] of a file of whatever schema, which isn't opened otherwise.
    ///
    /// Errors: as [`SqliteStore::is_older`] and [`SqliteStore::backup`].
    pub fn copy(path: &Path, to: &Path) -> Result<(), StoreError> {
        backup::copy(&open_to_read(path)?, to)
    }

    /// The schema's version; the newest is that of the last file in `migrations/`.
    pub fn schema_version(&self) -> Result<u32, StoreError> {
        self.shared.pool.with(schema::version)
    }

    /// Copies what was committed to a new file, compact and complete in itself, while writes go on. The file has its name
    /// only when all of it is on the device.
    ///
    /// Errors: [`StoreError::Conflict`] if `to` exists; [`StoreError::Unavailable`] if it can't be written.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.shared.pool.with(|reader| backup::copy(reader, to))
    }

    /// Every value of every table: for comparing files.
    ///
    /// Errors: [`StoreError::Damaged`] if a table can't be read.
    pub fn dump(&self) -> Result<Dump, StoreError> {
        self.shared.pool.with(|reader| dump::dump(reader).map_err(error::during("reading every table")))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }
}

impl Store for SqliteStore {
    fn buckets(&self) -> Buckets {
        Buckets::ONE
    }

    fn writer(&self, bucket: Bucket) -> Result<Box<dyn Writer>, StoreError> {
        if bucket != Bucket::FIRST {
            return Err(StoreError::Damaged { what: format!("there is no bucket {}", bucket.get()) });
        }
        if self.shared.lock.is_none() {
            return Err(StoreError::Conflict { what: format!("{} is open for reading only", self.path().display()) });
        }
        Ok(Box::new(SqliteWriter::new(Arc::clone(&self.shared))?))
    }

    fn projection(&self, follower: &'static str) -> Result<Box<dyn Projection>, StoreError> {
        if self.shared.lock.is_none() {
            return Err(StoreError::Conflict { what: format!("{} is open for reading only", self.path().display()) });
        }
        Ok(Box::new(SqliteProjection::new(Arc::clone(&self.shared), follower)))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        Ok(Box::new(SqliteSnapshot::new(&self.shared.pool)?))
    }

    fn revision(&self) -> Result<u32, StoreError> {
        self.shared.pool.with(repair::revision)
    }

    fn repair(&self) -> Result<Box<dyn Repair + '_>, StoreError> {
        Ok(Box::new(SqliteRepair::begin(&self.shared)?))
    }

    fn replace_secrets(&self, read: &[WrappedSecret], new: &[WrappedSecret]) -> Result<(), StoreError> {
        let shared = &self.shared;
        if shared.lock.is_none() {
            return Err(StoreError::Conflict { what: format!("{} is open for reading only", self.path().display()) });
        }
        // A connection of its own: a sequencer may have the one that writes.
        let mut connection = connection::open(&shared.path, Access::Write, &shared.options)?;
        shared.gate.alone(|| secrets::replace(&mut connection, read, new))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Not after a failure, and not under a name that another file took.
        if let Some(write) = &*lock(&self.writer)
            && !write.failed
            && self.opened.check().is_ok()
        {
            connection::end_log(&write.connection);
        }
    }
}

fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    check_together(path)?;
    mark::check_beside_others(path)?;
    connection::open(path, Access::Read, &Options::default())
}

/// The first connection of a process that writes.
fn open_to_write(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    check_together(path)?;
    mark::check(path)?;
    files::make(path)?;
    let connection = connection::open(path, Access::Write, options)?;
    files::make_private(path);
    Ok(connection)
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
