//! The transactions of a follower of the journal: with its rows it moves on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use scrip_store::{Followed, Projection, Rebuild, StoreError, TableSet};

use crate::{
    Shared,
    people::{self, prefix},
    position, rebuild, room,
    writing::{Durable, Writing},
};

/// Writes beside the sequencer, over the same connection.
pub(crate) struct SqliteProjection {
    shared: Arc<Shared>,
    follower: &'static str,
}

impl SqliteProjection {
    pub(crate) const fn new(shared: Arc<Shared>, follower: &'static str) -> Self {
        Self { shared, follower }
    }

    /// One transaction beside the sequencer's.
    fn transact<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<(T, Duration), StoreError> {
        let pass = self.shared.gate.write_behind();
        let started = Instant::now();
        let mut writing = Writing::begin(&self.shared, pass, Durable::WithTheNext)?;
        match work(writing.connection()) {
            Ok(done) => writing.commit(|_| {}).map(|()| (done, started.elapsed())),
            Err(error) => {
                writing.note(&error);
                Err(error)
            }
        }
    }
}

impl Projection for SqliteProjection {
    fn write(&mut self, set: TableSet, followed: &Followed) -> Result<Duration, StoreError> {
        // How far the tables are is kept under a name like theirs.
        let name = format!("{}{}", prefix(set), self.follower);
        if set == TableSet::Rebuilt {
            room::check(&self.shared.path, &self.shared.options)?;
        }
        let written = self.transact(|connection| {
            if set == TableSet::Rebuilt {
                rebuild::check_underway(connection, self.follower)?;
            }
            let found = position::of(connection, &name, followed.bucket)?;
            if found != followed.from {
                return Err(followed.conflict(found));
            }
            people::write(connection, set, &followed.rows)?;
            followed.added.iter().try_for_each(|added| people::sums::add(connection, set, added))?;
            if followed.to > 0 { position::move_to(connection, &name, followed.bucket, followed.to) } else { Ok(()) }
        });
        written.map(|((), held)| held)
    }

    fn rebuild(&mut self, revision: u32) -> Result<Rebuild, StoreError> {
        if self.shared.pool.with(|reader| rebuild::is_over(reader, self.follower, revision))? {
            return Ok(Rebuild::Over);
        }
        room::check(&self.shared.path, &self.shared.options)?;
        self.transact(|connection| rebuild::go_on(connection, self.follower, revision)).map(|(rebuild, _)| rebuild)
    }

    fn show_rebuilt(&mut self) -> Result<bool, StoreError> {
        self.transact(|connection| rebuild::show(connection, self.follower)).map(|(shown, _)| shown)
    }
}
