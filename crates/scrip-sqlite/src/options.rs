use std::{num::NonZero, thread::available_parallelism, time::Duration};

/// How the file is used. The defaults suit a server of a few hundred megabytes of memory.
#[derive(Clone, Debug)]
pub struct Options {
    /// Page cache of the connection that writes.
    pub writer_cache_kib: u32,
    /// Page cache of each connection that reads.
    pub reader_cache_kib: u32,
    /// Idle connections for reading that are kept; more are opened while they are needed.
    pub readers_max_idle: usize,
    /// How long to wait for a lock that another process has.
    pub busy_timeout: Duration,
    /// How often what was committed is copied from the log into the file.
    pub checkpoint_every: Duration,
    /// From this size on writing waits a moment for the log to begin anew.
    pub log_bytes_max: u64,
    /// A log longer than this is cut to nothing once nothing was committed for [`Options::idle_rounds`] looks at it.
    pub idle_log_bytes_max: u64,
    /// How many times in a row, [`Options::checkpoint_every`] apart.
    pub idle_rounds: u32,
    /// Whether the file is copied before documents in it are put right. Needless only for what is a copy itself.
    pub copies_before_repair: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // Larger isn't faster: in a file below 1 GiB SQLite goes through all of it at every commit that balanced a tree out of order
            // (`sqlite3PcacheTruncate`: for a moment such a page has a number beyond the file's end), and a processor's own cache
            // holds this much.
            writer_cache_kib: 4 * 1024,
            reader_cache_kib: 8 * 1024,
            // As many as read at once, one for what is looked at by itself, and one to spare: each has a cache.
            readers_max_idle: available_parallelism().map_or(2, NonZero::get) + 2,
            busy_timeout: Duration::from_secs(5),
            checkpoint_every: Duration::from_secs(1),
            log_bytes_max: 256 << 20,
            idle_log_bytes_max: 4 << 20,
            idle_rounds: 10,
            copies_before_repair: true,
        }
    }
}
