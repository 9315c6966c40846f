use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use rusqlite::Connection;
use scrip_store::StoreError;

use crate::{
    connection::{self, Access},
    lock,
    options::Options,
};

/// Connections that read.
#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    options: Options,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn new(path: &Path, options: Options) -> Self {
        Self { path: path.to_owned(), options, idle: Mutex::default() }
    }

    /// The one given back last, whose pages are most likely still cached, or a new one.
    pub(crate) fn take(&self) -> Result<Connection, StoreError> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| connection::open(&self.path, Access::Read, &self.options), Ok)
    }

    /// Only of a connection without an open transaction.
    pub(crate) fn give_back(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.len() < self.options.readers_max_idle {
            idle.push(connection);
        }
    }

    /// Lends a connection; one that met an error isn't used again.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.take()?;
        let result = read(&connection)?;
        self.give_back(connection);
        Ok(result)
    }
}
