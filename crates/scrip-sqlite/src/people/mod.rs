//! The tables for people. How rows are written and read follows from their descriptions (`statements.rs`); by hand are what changes rows
//! that are there, an entry's postings, and lists that a description can't say.

mod change;
pub(crate) mod distribution;
mod ledger;
pub(crate) mod orders;
#[cfg(test)]
mod plans;
mod statements;
pub(crate) mod sums;

use rusqlite::{Connection, Params, params_from_iter};
use scrip_core::{id::CouponId, name::AccountId};
use scrip_store::{
    StoreError, TableSet,
    people::{Page, Row, TableName, Value},
};

use self::{change::Changes, ledger::Postings, statements::Writing};
use crate::{
    column::{Bound, StoredRow, bound, column, limit as sql_limit},
    error::during,
    statement::Prepared,
};

/// What the names of a set of tables begin with.
pub(crate) const fn prefix(set: TableSet) -> &'static str {
    match set {
        TableSet::Shown => "",
        TableSet::Rebuilt => "rebuilt_",
    }
}

/// Upserts the rows in their order. A change of a row that isn't there changes nothing.
pub(crate) fn write(connection: &Connection, set: TableSet, rows: &[Row]) -> Result<(), StoreError> {
    let upsert = |table: &TableName| {
        let writing = Writing::of_table(set, *table);
        Prepared::new(connection, &writing.upsert, &writing.upserting)
    };
    let mut upserts: Vec<Prepared<'_>> = TableName::ALL.iter().map(upsert).collect();
    let (mut changes, mut postings) = (Changes::new(connection, set), Postings::new(connection, set));
    for row in rows {
        if let Row::Change(change) = row {
            changes.write(change)?;
        }
        let Some(table) = row.table() else { continue };
        upserts[table as usize].write_one(|values| row.write(values))?;
        if let Row::LedgerEntry(entry) = row {
            postings.write(entry)?;
        }
    }
    Ok(())
}

/// Every row, table by table in the order of [`TableName`], each table by its key.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Row>, StoreError> {
    let mut all = Vec::new();
    for &table in TableName::ALL {
        all.extend(rows(connection, table, None, usize::MAX)?);
    }
    Ok(all)
}

/// By their keys, those after `after`; of none from the table's beginning, also what is no key.
pub(crate) fn rows(
    connection: &Connection,
    table: TableName,
    after: Option<&Row>,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let after = after.filter(|row| row.table() == Some(table)).map(Row::key);
    let sql = statements::rows(&table.shape(), after.is_some());
    read_rows(connection, table, &sql, after.into_iter().flatten().chain([count(limit)]))
}

/// Those with `from <= account < to` in byte order. What is empty leaves its side open, also for what is no text.
pub(crate) fn rows_of_accounts(
    connection: &Connection,
    table: TableName,
    from: &str,
    to: &str,
) -> Result<Vec<Row>, StoreError> {
    let sql = statements::rows_of_accounts(&table.shape(), !from.is_empty(), !to.is_empty());
    let bounds = [from, to].into_iter().filter(|bound| !bound.is_empty()).map(|bound| Value::Text(bound.into()));
    read_rows(connection, table, &sql, bounds)
}

/// A page of a table's list.
pub(crate) fn page(connection: &Connection, table: TableName, page: &Page<'_>) -> Result<Vec<Row>, StoreError> {
    let sql = statements::page(&table.shape(), &page.list, page.after.is_some());
    let values = page.of.iter().chain(page.after.iter().flatten()).cloned().chain([count(page.limit)]);
    read_rows(connection, table, &sql, values)
}

pub(crate) fn coupon_owner(connection: &Connection, coupon: CouponId) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT account FROM coupon WHERE id = ?1";
    let operation = "looking for a coupon's owner";
    Ok(read(connection, operation, sql, [bound(&coupon)], |row| column(row, 0))?.pop())
}

fn count(limit: usize) -> Value<'static> {
    Value::Integer(sql_limit(limit))
}

/// Reads whole rows of a table. Ledger entries come by bucket and position, ascending: so their postings are found.
fn read_rows<'v>(
    connection: &Connection,
    table: TableName,
    sql: &str,
    values: impl Iterator<Item = Value<'v>>,
) -> Result<Vec<Row>, StoreError> {
    const OPERATION: &str = "reading a table for people";
    let read = || -> rusqlite::Result<Result<Vec<Row>, StoreError>> {
        let mut select = connection.prepare_cached(sql)?;
        let mut found = select.query(params_from_iter(values.map(Bound)))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            match table.read(&StoredRow(row)) {
                Ok(row) => rows.push(row),
                Err(error) => return Ok(Err(StoreError::Damaged { what: format!("{OPERATION}: {error}") })),
            }
        }
        Ok(Ok(rows))
    };
    let rows = read().map_err(during(OPERATION))??;
    if table == TableName::LedgerEntry { ledger::with_postings(connection, rows) } else { Ok(rows) }
}

/// Reads what a statement by hand selects.
fn read<T>(
    connection: &Connection,
    operation: &'static str,
    sql: &str,
    params: impl Params,
    row: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let read = || connection.prepare_cached(sql)?.query_map(params, row)?.collect();
    let rows: rusqlite::Result<Vec<T>> = read();
    rows.map_err(during(operation))
}
