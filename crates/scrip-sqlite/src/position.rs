//! Table `follower`: how far each follower of the journal came.

use rusqlite::{Connection, OptionalExtension as _, params};
use scrip_core::slot::Bucket;
use scrip_store::StoreError;

use crate::{
    column::{signed, unsigned},
    error::during,
    statement::Prepared,
};

/// The position of the last event that the follower's rows are made of.
pub(crate) fn of(connection: &Connection, name: &str, bucket: Bucket) -> Result<u64, StoreError> {
    let sql = "SELECT position FROM follower WHERE name = ?1 AND bucket = ?2";
    let read = || {
        let mut select = connection.prepare_cached(sql)?;
        select.query_row(params![name, bucket.get()], |row| unsigned(row, 0)).optional()
    };
    read().map(Option::unwrap_or_default).map_err(during("reading how far a follower came"))
}

pub(crate) fn move_to(connection: &Connection, name: &str, bucket: Bucket, position: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO follower (name, bucket, position) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET position = excluded.position";
    let params = params![name, bucket.get(), signed(position)];
    Prepared::new(connection, sql, "writing how far a follower came").execute_one(params)
}
