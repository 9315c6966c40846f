//! Columns to and from the domain's types.

use rusqlite::{
    Error, Result, Row,
    types::{FromSqlResult, Type, ValueRef},
};
use scrip_core::{
    id::{CampaignId, CouponId, JobId},
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, IndividualId, LineId, OrderId, ProductId, RefundName, SellerId, SourceName},
    time::Timestamp,
};
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

/// What a text column holds.
pub(crate) trait Stored: Sized {
    /// `None` for what was never written.
    fn read(text: &str) -> Option<Self>;
}

macro_rules! parsed {
    ($($name:ident)*) => {$(
        impl Stored for $name {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}
parsed!(CampaignId CouponId JobId Currency);

/// Names are read as they were taken, whatever a name may be today.
macro_rules! names {
    ($($name:ident)*) => {$(
        impl Stored for $name {
            fn read(text: &str) -> Option<Self> {
                (!text.is_empty()).then(|| Self::stored(text))
            }
        }
    )*};
}
names!(AccountId IndividualId LineId OrderId ProductId RefundName SellerId SourceName);

/// An id, a name or a currency.
pub(crate) fn parse<T: Stored>(row: &Row<'_>, column: usize) -> Result<T> {
    let text = text(row, column)?;
    T::read(text).ok_or_else(|| unreadable(column, Type::Text, text))
}

pub(crate) fn parse_optional<T: Stored>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    match value(row, column, ValueRef::as_str_or_null)? {
        Some(text) => T::read(text).map(Some).ok_or_else(|| unreadable(column, Type::Text, text)),
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

/// Metadata as a JSON object, keys in order: the same members are the same text.
pub(crate) fn json(metadata: &Members) -> String {
    serde_json::to_string(metadata).expect("texts by texts can be written")
}

pub(crate) fn metadata(row: &Row<'_>, column: usize) -> Result<Members> {
    let text = text(row, column)?;
    serde_json::from_str(text).map_err(|_| unreadable(column, Type::Text, text))
}

/// Positions and counts for SQLite, whose integers are signed. A journal of 2^63 events isn't reached; a bound of a
/// search may be.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
