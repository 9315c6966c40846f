//! Writes a row, whether or not one is there.

use std::sync::LazyLock;

use rusqlite::{Connection, ToSql};
use scrip_store::StoreError;

use crate::statement::Prepared;

/// A table's columns, in the order in which a row gives them: the key's first.
pub(super) struct Table {
    pub name: &'static str,
    pub key: &'static [&'static str],
    pub rest: &'static [&'static str],
}

/// What writes a table's rows, made from its columns when it is first used.
pub(super) struct Writing {
    sql: String,
    operation: String,
}

impl Writing {
    pub fn of(table: &Table) -> Self {
        let Table { name, key, rest } = table;
        let columns: Vec<&str> = key.iter().chain(*rest).copied().collect();
        let values: Vec<String> = (1..=columns.len()).map(|number| format!("?{number}")).collect();
        let changed: Vec<String> = rest.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let sql = format!(
            "INSERT INTO {name} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
            columns.join(", "),
            values.join(", "),
            key.join(", "),
            changed.join(", ")
        );
        Self { sql, operation: format!("writing a row of the table {name}") }
    }
}

/// The statement for many rows of a batch, prepared at the first.
pub(crate) struct Upsert<'c>(Prepared<'c>);

impl<'c> Upsert<'c> {
    pub(super) fn new(connection: &'c Connection, writing: &'static LazyLock<Writing>) -> Self {
        Self(Prepared::new(connection, &writing.sql, &writing.operation))
    }

    /// Errors: also if not exactly one row was written.
    pub(super) fn write(&mut self, row: &[&dyn ToSql]) -> Result<(), StoreError> {
        self.0.execute_one(row)
    }
}
