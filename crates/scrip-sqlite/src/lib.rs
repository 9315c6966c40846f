//! The SQLite backend: one file, one bucket, one server.
//!
//! The file is in WAL mode with `synchronous=FULL`: what [`scrip_store::Transaction::commit`] answered is on the device.
//! One connection writes, a pool of connections reads, and a thread checkpoints off the path of commits. Only one server
//! opens a file for writing ([`lock`]); [`SqliteStore::open_read_only`] reads beside it.

mod backup;
mod checkpoint;
mod column;
mod connection;
mod contradictions;
mod documents;
mod dump;
mod error;
mod gate;
mod journal;
mod lock;
mod options;
mod people;
mod pool;
mod schema;
mod snapshot;
mod statement;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;
use scrip_core::slot::{Bucket, Buckets};
use scrip_store::{Snapshot, Store, StoreError, Writer};

use crate::{
    checkpoint::Checkpointer, connection::Access, gate::Gate, lock::Lock, pool::Pool, snapshot::SqliteSnapshot,
    writer::SqliteWriter,
};
pub use crate::{dump::Dump, options::Options, schema::Migrated};

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
    /// The one connection that writes; `None` while a writer has it, or when the file was opened for reading.
    writer: Mutex<Option<Connection>>,
    gate: Arc<Gate>,
    /// `None` when the file was opened for reading.
    lock: Option<Lock>,
}

impl SqliteStore {
    /// Opens the file for writing, making or migrating it if need be.
    ///
    /// Errors: [`StoreError::Conflict`] if another server has it open; [`StoreError::Damaged`] if it isn't Scrip's or a
    /// newer Scrip wrote it; [`StoreError::Unavailable`] if it can't be opened.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let lock = Lock::take(path)?;
        let mut writer = connection::open(path, Access::Write, &options)?;
        schema::migrate(&mut writer, path, &schema::runner())?;
        let gate = Arc::new(Gate::default());
        let checkpointer = Some(Checkpointer::start(path, &options, Arc::clone(&gate))?);
        let pool = Pool::new(path, options);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                pool,
                checkpointer,
                writer: Mutex::new(Some(writer)),
                gate,
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
        let reader = connection::open(path, Access::Read, &options)?;
        schema::check_newest(&reader, &schema::runner())?;
        let pool = Pool::new(path, options);
        pool.give_back(reader);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                pool,
                checkpointer: None,
                writer: Mutex::new(None),
                gate: Arc::default(),
                lock: None,
            }),
        })
    }

    /// Brings the file to the newest schema, in one transaction. Before an older one is changed the file is copied.
    ///
    /// Errors: those of [`SqliteStore::open`]; then the file is as it was.
    pub fn migrate(path: &Path) -> Result<Migrated, StoreError> {
        let _lock = Lock::take(path)?;
        let mut writer = connection::open(path, Access::Write, &Options::default())?;
        schema::migrate(&mut writer, path, &schema::runner())
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
        match lock(&self.shared.writer).take() {
            Some(connection) => Ok(Box::new(SqliteWriter::new(connection, Arc::clone(&self.shared)))),
            None => Err(StoreError::Conflict { what: "bucket 0 has a writer already".to_owned() }),
        }
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        Ok(Box::new(SqliteSnapshot::new(&self.shared.pool)?))
    }
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
