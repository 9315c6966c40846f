//! Tables of sums, by what the port says of each.

use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use scrip_store::{
    StoreError, TableSet,
    sums::{Added, Sum, SumTable},
};

use super::prefix;
use crate::error::during;

/// Errors: [`StoreError::Damaged`] if a figure would come to less than 0.
pub(crate) fn add(connection: &Connection, set: TableSet, added: &Added) -> Result<(), StoreError> {
    if added.sums.is_empty() {
        return Ok(());
    }
    let table = Statements::of(set, added.to);
    added.sums.iter().try_for_each(|sum| {
        table.add(connection, sum).map_err(|error| match error.sqlite_error_code() {
            // Of the figures, or of a number that can't be told from a fraction any more.
            Some(ErrorCode::ConstraintViolation) => added.to.out_of_range(sum),
            _ => during("adding to sums")(error),
        })
    })
}

struct Statements {
    update: String,
    insert: String,
    delete: String,
}

impl Statements {
    /// Key and figures are numbered in this order.
    fn of(set: TableSet, table: &SumTable) -> Self {
        let SumTable { key, figures, .. } = table;
        let name = format!("{}{}", prefix(set), table.name);
        let numbered = |columns: &[&str], first: usize, each: fn(&str, usize) -> String, between: &str| {
            let all: Vec<String> = (first..).zip(columns).map(|(number, column)| each(column, number)).collect();
            all.join(between)
        };
        let of_key = numbered(key, 1, |column, number| format!("{column} = ?{number}"), " AND ");
        let more = numbered(figures, key.len() + 1, |column, number| format!("{column} = {column} + ?{number}"), ", ");
        let none = numbered(figures, 0, |column, _| format!("{column} = 0"), " AND ");
        let marks = vec!["?"; key.len() + figures.len()].join(", ");
        let columns = [*key, *figures].concat().join(", ");
        Self {
            update: format!("UPDATE {name} SET {more} WHERE {of_key}"),
            insert: format!("INSERT INTO {name} ({columns}) VALUES ({marks})"),
            delete: format!("DELETE FROM {name} WHERE {of_key} AND {none}"),
        }
    }

    /// Not an upsert: its checks would look at what is added, which may be less than 0, as if it were the row.
    fn add(&self, connection: &Connection, sum: &Sum) -> rusqlite::Result<()> {
        let key = || sum.key.iter().map(|part| part as &dyn ToSql);
        let whole = || params_from_iter(key().chain(sum.figures.iter().map(|figure| figure as &dyn ToSql)));
        let is_there = connection.prepare_cached(&self.update)?.execute(whole())? > 0;
        let figures = &sum.figures;
        if is_there && figures.iter().any(|figure| *figure < 0) {
            connection.prepare_cached(&self.delete)?.execute(params_from_iter(key()))?;
        } else if !is_there && figures.iter().any(|figure| *figure != 0) {
            connection.prepare_cached(&self.insert)?.execute(whole())?;
        }
        Ok(())
    }
}

/// By key; `first`: those whose key begins with it.
pub(crate) fn of(connection: &Connection, table: &SumTable, first: Option<&str>) -> Result<Vec<Sum>, StoreError> {
    let SumTable { name, key, figures } = table;
    let columns = [*key, *figures].concat().join(", ");
    let of = if first.is_some() { format!("WHERE {} = ?1", key[0]) } else { String::new() };
    let sql = format!("SELECT {columns} FROM {name} {of} ORDER BY {}", key.join(", "));
    let read = || {
        let mut select = connection.prepare_cached(&sql)?;
        let rows = select.query_map(params_from_iter(first), |row| {
            let key = (0..key.len()).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
            let figures = (0..figures.len()).map(|number| row.get(table.key.len() + number));
            Ok(Sum { key, figures: figures.collect::<rusqlite::Result<_>>()? })
        })?;
        rows.collect::<rusqlite::Result<Vec<Sum>>>()
    };
    read().map_err(during("reading sums"))
}
