//! Table `journal`: one row per batch.

use rusqlite::{Connection, OptionalExtension as _, params};
use scrip_core::slot::Bucket;
use scrip_store::{
    Head, StoreError,
    frame::{Frame, Hash, is_sealed},
};

use crate::{
    column::{bytes, instant, limit as sql_limit, signed, unsigned},
    error::during,
    statement::Prepared,
};

/// Where the journal ends, from the columns beside the last frame.
pub(crate) fn head(connection: &Connection, bucket: Bucket) -> Result<Head, StoreError> {
    // Of the frame its beginning alone: magic and format.
    let sql = "SELECT last_position, at_us, hash, substr(frame, 1, 5) FROM journal
        WHERE bucket = ?1 ORDER BY first_position DESC LIMIT 1";
    let read = || {
        let mut select = connection.prepare_cached(sql)?;
        select
            .query_row([bucket.get()], |row| {
                Ok(Head {
                    position: unsigned(row, 0)?,
                    at: instant(row, 1)?,
                    hash: row.get::<_, Hash>(2)?,
                    sealed: is_sealed(&bytes(row, 3)?),
                })
            })
            .optional()
    };
    read().map(Option::unwrap_or_default).map_err(during("reading the journal's end"))
}

/// The same, from the last frame itself: what the next frame is chained to must be what stands there.
///
/// Errors: [`StoreError::Damaged`] if the frame was changed or the columns say something else.
pub(crate) fn verified_head(connection: &Connection, bucket: Bucket) -> Result<Head, StoreError> {
    let head = head(connection, bucket)?;
    let damaged = |why: String| StoreError::Damaged { what: format!("the journal's last frame: {why}") };
    match frames(connection, bucket, head.position, 1)?.first() {
        None if head == Head::default() => Ok(head),
        None => Err(damaged("it is missing".to_owned())),
        Some(bytes) => {
            let (frame, hash) = Frame::decode(bytes).map_err(|error| damaged(error.to_string()))?;
            let found = Head::after(&frame, hash);
            if found == head && frame.bucket == bucket { Ok(head) } else { Err(damaged("its row differs".to_owned())) }
        }
    }
}

/// Answers where the journal ends now.
pub(crate) fn append(connection: &Connection, frame: &Frame) -> Result<Head, StoreError> {
    let (bytes, hash) = frame.encode();
    let head = Head::after(frame, hash);
    let sql = "INSERT INTO journal (bucket, first_position, last_position, at_us, hash, frame)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    Prepared::new(connection, sql, "appending to the journal").execute_one(params![
        frame.bucket.get(),
        signed(frame.first),
        signed(head.position),
        frame.at.micros(),
        hash,
        bytes
    ])?;
    Ok(head)
}

/// Frames from the one that has `position`, or the first after it.
pub(crate) fn frames(
    connection: &Connection,
    bucket: Bucket,
    position: u64,
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    // The frame that has the position is the last that begins at or before it.
    let sql = "SELECT frame FROM journal
        WHERE bucket = ?1
          AND first_position >= coalesce(
              (SELECT max(first_position) FROM journal WHERE bucket = ?1 AND first_position <= ?2), 0)
          AND last_position >= ?2
        ORDER BY first_position LIMIT ?3";
    let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
        let params = params![bucket.get(), signed(position), sql_limit(limit)];
        connection.prepare_cached(sql)?.query_map(params, |row| bytes(row, 0))?.collect()
    };
    read().map_err(during("reading the journal"))
}
