use rusqlite::{CachedStatement, Connection, Params};
use scrip_store::StoreError;

use crate::error::{during, not_one};

/// A statement for many rows of a batch, prepared at the first.
pub(crate) struct Prepared<'c> {
    connection: &'c Connection,
    sql: &'static str,
    operation: &'static str,
    statement: Option<CachedStatement<'c>>,
}

impl<'c> Prepared<'c> {
    pub(crate) const fn new(connection: &'c Connection, sql: &'static str, operation: &'static str) -> Self {
        Self { connection, sql, operation, statement: None }
    }

    pub(crate) fn statement(&mut self) -> Result<&mut CachedStatement<'c>, StoreError> {
        let statement = match self.statement.take() {
            Some(statement) => statement,
            None => self.connection.prepare_cached(self.sql).map_err(during(self.operation))?,
        };
        Ok(self.statement.insert(statement))
    }

    /// Answers how many rows changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize, StoreError> {
        let operation = self.operation;
        self.statement()?.execute(params).map_err(during(operation))
    }

    /// Errors: also if not exactly one row changed.
    pub(crate) fn execute_one(&mut self, params: impl Params) -> Result<(), StoreError> {
        match self.execute(params)? {
            1 => Ok(()),
            changed => Err(not_one(self.operation, changed)),
        }
    }
}
