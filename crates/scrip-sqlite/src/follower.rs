//! Table `follower`: how far each follower of the journal came, and the transaction that moves it on with its rows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use scrip_core::slot::Bucket;
use scrip_store::{Followed, Projection, StoreError};

use crate::{
    Shared,
    column::{signed, unsigned},
    error::during,
    people,
    statement::Prepared,
    writing::{Durable, Writing},
};

/// The position of the last event that the follower's rows are made of.
pub(crate) fn position(connection: &Connection, name: &str, bucket: Bucket) -> Result<u64, StoreError> {
    let sql = "SELECT position FROM follower WHERE name = ?1 AND bucket = ?2";
    let read = || {
        let mut select = connection.prepare_cached(sql)?;
        select.query_row(params![name, bucket.get()], |row| unsigned(row, 0)).optional()
    };
    read().map(Option::unwrap_or_default).map_err(during("reading how far a follower came"))
}

pub(crate) fn move_to(connection: &Connection, name: &str, bucket: Bucket, position: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO follower (name, bucket, position) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET position = excluded.position";
    let params = params![name, bucket.get(), signed(position)];
    Prepared::new(connection, sql, "writing how far a follower came").execute_one(params)
}

/// Writes beside the sequencer, over the same connection.
pub(crate) struct SqliteProjection {
    shared: Arc<Shared>,
    follower: &'static str,
}

impl SqliteProjection {
    pub(crate) const fn new(shared: Arc<Shared>, follower: &'static str) -> Self {
        Self { shared, follower }
    }
}

impl Projection for SqliteProjection {
    fn write(&mut self, followed: &Followed) -> Result<Duration, StoreError> {
        let pass = self.shared.gate.write_behind();
        let started = Instant::now();
        let mut writing = Writing::begin(&self.shared, pass, Durable::WithTheNext)?;
        let connection = writing.connection();
        let write = || {
            let found = position(connection, self.follower, followed.bucket)?;
            if found != followed.from {
                return Err(followed.conflict(found));
            }
            people::write(connection, &followed.rows)?;
            followed.added.iter().try_for_each(|added| people::sums::add(connection, added))?;
            if followed.to > 0 {
                move_to(connection, self.follower, followed.bucket, followed.to)?;
            }
            Ok(())
        };
        match write() {
            Ok(()) => writing.commit(|_| {}).map(|()| started.elapsed()),
            Err(error) => {
                writing.note(&error);
                Err(error)
            }
        }
    }
}
