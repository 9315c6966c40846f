//! Columns to and from the domain's types.

use std::str::FromStr;

use rusqlite::{
    Error, Result, Row,
    types::{FromSqlResult, Type, ValueRef},
};
use scrip_core::{money::Amount, time::Timestamp};
use scrip_store::people::words;

/// A stored value that isn't what its column may hold.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} isn't what this column may hold")]
struct Unreadable(String);

fn unreadable(column: usize, kind: Type, value: &(impl ToString + ?Sized)) -> Error {
    Error::FromSqlConversionFailure(column, kind, Box::new(Unreadable(value.to_string())))
}

fn value<'r, T>(row: &'r Row<'_>, column: usize, read: fn(&ValueRef<'r>) -> FromSqlResult<T>) -> Result<T> {
    let value = row.get_ref(column)?;
    read(&value).map_err(|error| Error::FromSqlConversionFailure(column, value.data_type(), Box::new(error)))
}

pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    value(row, column, ValueRef::as_str)
}

/// An id, a name or a currency.
pub(crate) fn parse<T: FromStr>(row: &Row<'_>, column: usize) -> Result<T> {
    let text = text(row, column)?;
    text.parse().map_err(|_| unreadable(column, Type::Text, text))
}

pub(crate) fn parse_optional<T: FromStr>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    match value(row, column, ValueRef::as_str_or_null)? {
        Some(text) => text.parse().map(Some).map_err(|_| unreadable(column, Type::Text, text)),
        None => Ok(None),
    }
}

pub(crate) fn word(row: &Row<'_>, column: usize, words: &[&'static str]) -> Result<&'static str> {
    let text = text(row, column)?;
    words::find(words, text).ok_or_else(|| unreadable(column, Type::Text, text))
}

pub(crate) fn bytes(row: &Row<'_>, column: usize) -> Result<Vec<u8>> {
    row.get(column)
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| unreadable(column, Type::Integer, &number))
}

pub(crate) fn amount(row: &Row<'_>, column: usize) -> Result<Amount> {
    let minor: i64 = row.get(column)?;
    if minor < 0 { Err(unreadable(column, Type::Integer, &minor)) } else { Ok(Amount::of(minor)) }
}

pub(crate) fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    row.get(column).map(Timestamp::from_micros)
}

pub(crate) fn instant_optional(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column).map(|micros| micros.map(Timestamp::from_micros))
}

/// Positions and counts for SQLite, whose integers are signed. A journal of 2^63 events isn't reached; a bound of a
/// search may be.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
