//! Copies what was committed from the log (WAL) into the file, off the path of commits.
//!
//! A passive checkpoint disturbs nobody, but while writing never pauses it never reaches the log's end, so the log would
//! grow for ever. From [`Options::log_bytes_max`] on the little that the passive one left is copied while no transaction
//! runs, and the log begins anew. Its file keeps the size that it had; when nothing has been written for a while it is cut, so that
//! a peak doesn't take its room for ever.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rusqlite::Connection;
use scrip_store::StoreError;

use crate::{
    connection::{self, Access},
    error::{during, is_of_the_device, unavailable},
    gate::Gate,
    options::Options,
};

/// How long the log's new beginning may wait for readers: writing waits for it. If they take longer, next time.
const RESTART_PATIENCE: Duration = Duration::from_millis(50);
/// Passive rounds before writing is held up: each is shorter, as it copies what came during the one before.
const ROUNDS: usize = 4;
/// What may be left to copy while writing is held up.
const LEFT_BYTES_MAX: u64 = 4 << 20;

/// The thread; dropping this stops it and waits for it.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    gate: Arc<Gate>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpointer {
    pub(crate) fn start(path: &Path, options: &Options, gate: Arc<Gate>) -> Result<Self, StoreError> {
        let connection = connection::open(path, Access::Write, &Options { writer_cache_kib: 256, ..options.clone() })?;
        connection.busy_timeout(RESTART_PATIENCE).map_err(during("setting up checkpoints"))?;
        let page_bytes: u64 = connection
            .pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))
            .map_err(during("setting up checkpoints"))?
            .into();
        let every = options.checkpoint_every;
        let (idle_rounds, idle_bytes_max) = (options.idle_rounds, options.idle_log_bytes_max);
        let mut file = path.as_os_str().to_owned();
        file.push("-wal");
        let log = Log { connection, page_bytes, bytes_max: options.log_bytes_max, file: file.into() };
        let shared = Arc::clone(&gate);
        let thread = thread::Builder::new().name("scrip-checkpoint".to_owned()).spawn(move || {
            let mut left = false;
            let mut idle = 0;
            while let Some(committed) = shared.wait(every) {
                idle = if committed { 0 } else { idle + 1 };
                let is_idle = idle >= idle_rounds && log.file_bytes() > idle_bytes_max;
                if !committed && !left && !is_idle {
                    continue;
                }
                let done = if is_idle { log.cut(&shared) } else { log.checkpoint(&shared) };
                match done {
                    Ok(more) => left = more,
                    Err(error) => {
                        // The log has it all, so nothing is lost yet; but after a failed write or sync nobody knows what
                        // the device has, and the log would grow until it is full too.
                        tracing::error!(error = &error as &dyn std::error::Error, "checkpointing the database failed");
                        if is_of_the_device(&error) {
                            return shared.fail(error.to_string());
                        }
                        left = true;
                    }
                }
            }
        });
        let thread = thread.map_err(|error| unavailable("starting the checkpoint thread", error))?;
        Ok(Self { gate, thread: Some(thread) })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.gate.stop();
        if let Some(thread) = self.thread.take() {
            // It only panics on a fault of its own, which was reported then.
            let _ = thread.join();
        }
    }
}

struct Log {
    connection: Connection,
    page_bytes: u64,
    bytes_max: u64,
    file: PathBuf,
}

impl Log {
    /// Of the log's file, whatever of it is in use. One that isn't there has none.
    fn file_bytes(&self) -> u64 {
        std::fs::metadata(&self.file).map_or(0, |file| file.len())
    }

    /// Copies all that is left and cuts the file to nothing. Whoever reads from it keeps it as it is, until the next time.
    fn cut(&self, gate: &Gate) -> rusqlite::Result<bool> {
        let (_, left) = gate.alone(|| self.run(gate, "PRAGMA wal_checkpoint(TRUNCATE)"))?;
        Ok(left > 0)
    }

    /// Answers whether something is left to copy.
    fn checkpoint(&self, gate: &Gate) -> rusqlite::Result<bool> {
        let (mut bytes, mut left) = self.run(gate, "PRAGMA wal_checkpoint(PASSIVE)")?;
        if bytes < self.bytes_max {
            return Ok(left > 0);
        }
        for _ in 1..ROUNDS {
            if left <= LEFT_BYTES_MAX {
                break;
            }
            (bytes, left) = self.run(gate, "PRAGMA wal_checkpoint(PASSIVE)")?;
        }
        tracing::debug!(bytes, left, "beginning the database's log anew");
        let (_, left) = gate.alone(|| self.run(gate, "PRAGMA wal_checkpoint(RESTART)"))?;
        Ok(left > 0)
    }

    /// Shape: bytes in the log, and those of them that aren't copied yet.
    fn run(&self, gate: &Gate, pragma: &str) -> rusqlite::Result<(u64, u64)> {
        let run = || {
            self.connection.query_row(pragma, [], |row| {
                // (busy, pages in the log, pages copied); -1 where there is no log.
                let (log, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
                let bytes = |pages: i64| u64::try_from(pages).unwrap_or(0) * self.page_bytes;
                Ok((bytes(log), bytes(log - copied)))
            })
        };
        gate.checkpointing(run)
    }
}
