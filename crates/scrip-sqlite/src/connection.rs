use std::path::Path;

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use scrip_faults::Fault;
use scrip_store::StoreError;

use crate::{error::during, options::Options};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Statements that a connection keeps prepared: more than it is asked for again and again. Lists of orders have one for each way to filter.
const STATEMENTS_KEPT: usize = 128;

/// Opens a connection with the settings that durability and speed rest on. `Write` makes the file if there is none.
pub(crate) fn open(path: &Path, access: Access, options: &Options) -> Result<Connection, StoreError> {
    let flags = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    // A connection is used by one thread at a time, which the types see to: SQLite's own mutex isn't needed.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = connection.map_err(during("opening the database"))?;
    set_up(&connection, access, options).map_err(during("setting up a connection"))?;
    Ok(connection)
}

/// Lets the closing of this connection, if it is the last one to the file, copy the log into it and delete it. Those that aren't
/// told leave the log as it is: what failed, or lost its file, ends nothing.
pub(crate) fn end_log(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false) {
        tracing::warn!(%error, "the database's log stays beside it");
    }
}

fn set_up(connection: &Connection, access: Access, options: &Options) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let cache_kib = match access {
        Access::Read => options.reader_cache_kib,
        Access::Write => options.writer_cache_kib,
    };
    // A negative size is in KiB. Memory mapping stays off: with it a failed read ends the process.
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    if access == Access::Write {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // To its end: the commit that changes the mode comes after the row that says so, and may fail.
        let mut change = connection.prepare("PRAGMA journal_mode = WAL")?;
        let modes: Vec<String> = change.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        if modes != ["wal"] {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
            return Err(rusqlite::Error::SqliteFailure(code, Some("the write-ahead log can't be begun".to_owned())));
        }
        let synchronous = if scrip_faults::is(Fault::SynchronousNormal) { "normal" } else { "full" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // The checkpoint is the slowest commit of all: it has a thread of its own.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        // After an unusual peak the log's file is cut to this when it begins anew.
        let log_bytes = i64::try_from(options.log_bytes_max).unwrap_or(i64::MAX);
        connection.pragma_update(None, "journal_size_limit", log_bytes)?;
    }
    Ok(())
}
