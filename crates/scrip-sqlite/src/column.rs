//! Columns to and from the values and types of the store.

use std::borrow::Cow;

use rusqlite::{
    Error, Result, Row, ToSql,
    types::{ToSqlOutput, Type, ValueRef},
};
use scrip_core::time::Timestamp;
use scrip_store::people::{Column, Stored, Value};

/// A stored value that isn't what its column may hold.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} isn't what this column may hold")]
struct Unreadable(String);

fn unreadable(column: usize, kind: Type, value: &(impl ToString + ?Sized)) -> Error {
    Error::FromSqlConversionFailure(column, kind, Box::new(Unreadable(value.to_string())))
}

/// A row of SQLite's, as the tables for people read it.
pub(crate) struct StoredRow<'r, 's>(pub &'r Row<'s>);

impl Stored for StoredRow<'_, '_> {
    fn value(&self, column: usize) -> Option<Value<'_>> {
        match self.0.get_ref(column).ok()? {
            ValueRef::Null => Some(Value::Null),
            ValueRef::Integer(number) => Some(Value::Integer(number)),
            ValueRef::Text(text) => std::str::from_utf8(text).ok().map(|text| Value::Text(Cow::Borrowed(text))),
            ValueRef::Blob(bytes) => Some(Value::Bytes(Cow::Borrowed(bytes))),
            ValueRef::Real(_) => None,
        }
    }
}

/// A value of the store's, as SQLite binds it.
pub(crate) struct Bound<'v>(pub Value<'v>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Binds what stands in a column of a table for people.
pub(crate) fn bound(column: &impl Column) -> Bound<'_> {
    Bound(column.value())
}

pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    let value = row.get_ref(column)?;
    value.as_str().map_err(|error| Error::FromSqlConversionFailure(column, value.data_type(), Box::new(error)))
}

/// Reads what stands in a column of a table for people.
pub(crate) fn column<C: Column>(row: &Row<'_>, column: usize) -> Result<C> {
    let kind = row.get_ref(column)?.data_type();
    let row = StoredRow(row);
    let value = row.value(column);
    value.as_ref().and_then(C::read).ok_or_else(|| unreadable(column, kind, &format!("{value:?}")))
}

pub(crate) fn bytes(row: &Row<'_>, column: usize) -> Result<Vec<u8>> {
    row.get(column)
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| unreadable(column, Type::Integer, &number))
}

pub(crate) fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    row.get(column).map(Timestamp::from_micros)
}

/// Positions and counts for SQLite, whose integers are signed. A journal of 2^63 events isn't reached; a bound of a
/// search may be.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
