use rusqlite::{CachedStatement, Connection, Params};
use scrip_store::{StoreError, people::Value};

use crate::{
    column::Bound,
    error::{during, not_one},
};

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

    /// Binds values as they are handed out, one after the other.
    ///
    /// Errors: also if not exactly one row changed.
    pub(crate) fn write_one(&mut self, values: impl FnOnce(&mut dyn FnMut(Value<'_>))) -> Result<(), StoreError> {
        let operation = self.operation;
        let statement = self.statement()?;
        let (mut number, mut bound) = (0_usize, Ok(()));
        values(&mut |value| {
            number += 1;
            if bound.is_ok() {
                bound = statement.raw_bind_parameter(number, Bound(value));
            }
        });
        let wanted = statement.parameter_count();
        if number != wanted {
            // A value left out would be the one of the row before.
            let what = format!("{operation} was given {number} values instead of {wanted}");
            return Err(StoreError::Damaged { what });
        }
        match bound.and_then(|()| statement.raw_execute()).map_err(during(operation))? {
            1 => Ok(()),
            changed => Err(not_one(operation, changed)),
        }
    }
}
