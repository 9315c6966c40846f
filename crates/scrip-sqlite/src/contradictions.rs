//! What only this backend can see wrong in its file: for `scrip verify`, beside the replay.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, types::ValueRef};
use scrip_core::{slot::Bucket, state::Kind};
use scrip_store::{
    StoreError, TableSet,
    frame::{Frame, Hash},
    people::{LedgerPostingRow, Table as _},
};

use crate::{
    column::{bytes, unsigned},
    error::{during, failed},
    people::prefix,
    rebuild, schema,
};

const OPERATION: &str = "looking for contradictions";
/// Problems of one kind that are written out.
const SHOWN: usize = 20;

/// In words; empty when all is well. What rows of these followers' tables say is left out.
pub(crate) fn find(connection: &Connection, without: &[&str]) -> Result<Vec<String>, StoreError> {
    let left_out: Vec<&str> = without.iter().flat_map(|follower| rebuild::tables(follower)).collect();
    let mut found = structure(connection).map_err(during(OPERATION))?;
    found.extend(orphans(connection, &left_out).map_err(during(OPERATION))?);
    found.extend(journal(connection).map_err(during(OPERATION))?);
    found.extend(strangers(connection).map_err(during(OPERATION))?);
    if !left_out.contains(&LedgerPostingRow::NAME) {
        found.extend(gaps(connection).map_err(during(OPERATION))?);
    }
    found.extend(changed_schema(connection)?);
    Ok(found)
}

/// Pages and cells, by SQLite itself. Not what columns may hold: it leaves that out where it only reads, and the replay
/// compares every value.
fn structure(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({SHOWN})"))?;
    let lines = check.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").map(|line| format!("the file's structure: {line}")).collect())
}

/// Rows that refer to one that isn't there.
fn orphans(connection: &Connection, left_out: &[&str]) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let rows = check.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))?;
    let orphan = |row: rusqlite::Result<(String, String)>| {
        row.map(|(table, parent)| format!("{table}: a row belongs to none of {parent}"))
    };
    let is_left_out = |table: &str| left_out.contains(&table.strip_prefix(prefix(TableSet::Rebuilt)).unwrap_or(table));
    let rows = rows.filter(|row| !matches!(row, Ok((table, _)) if is_left_out(table)));
    rows.take(SHOWN).map(orphan).collect()
}

/// Columns beside the frames say what the frames say.
fn journal(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    struct Stored {
        bucket: u16,
        first: u64,
        last: u64,
        at_us: i64,
        hash: Hash,
        frame: Vec<u8>,
    }
    let read = |row: &Row<'_>| {
        Ok(Stored {
            bucket: row.get(0)?,
            first: unsigned(row, 1)?,
            last: unsigned(row, 2)?,
            at_us: row.get(3)?,
            hash: row.get(4)?,
            frame: bytes(row, 5)?,
        })
    };
    let sql = "SELECT bucket, first_position, last_position, at_us, hash, frame FROM journal";
    let mut found = Vec::new();
    let mut select = connection.prepare(sql)?;
    for stored in select.query_map([], read)? {
        let stored = stored?;
        // A frame that can't be read is the replay's to report.
        let Ok((frame, hash)) = Frame::decode(&stored.frame) else { continue };
        let same = stored.bucket == frame.bucket.get()
            && (stored.first, stored.last) == (frame.first, frame.last_position())
            && stored.at_us == frame.at.micros()
            && stored.hash == hash;
        if !same && found.len() < SHOWN {
            found.push(format!("the journal's row at {}: its columns differ from its frame", stored.first));
        }
    }
    Ok(found)
}

/// Rows that nothing above this backend reads.
fn strangers(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let count = |sql: &str| connection.query_row(sql, [Bucket::FIRST.get()], |row| row.get::<_, i64>(0));
    let mut found = Vec::new();
    for (table, sql) in [
        ("document", "SELECT count(*) FROM document WHERE bucket <> ?1"),
        ("journal", "SELECT count(*) FROM journal WHERE bucket <> ?1"),
        ("follower", "SELECT count(*) FROM follower WHERE bucket <> ?1"),
    ] {
        let rows = count(sql)?;
        if rows > 0 {
            found.push(format!("{table}: {rows} rows of a bucket that isn't there"));
        }
    }
    let last = Kind::ALL.len() - 1;
    let mut unknown = connection.prepare("SELECT DISTINCT kind FROM document WHERE bucket = ?1 AND kind > ?2")?;
    for kind in unknown.query_map((Bucket::FIRST.get(), last), |row| row.get::<_, i64>(0))?.take(SHOWN) {
        found.push(format!("a document is of unknown kind {}", kind?));
    }
    Ok(found)
}

/// The replay compares postings in their order; this says that they are numbered from 0.
fn gaps(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM ledger_posting WHERE bucket = ?1
        GROUP BY bucket, position HAVING min(number) <> 0 OR max(number) <> count(*) - 1)";
    let entries: i64 = connection.query_row(sql, [Bucket::FIRST.get()], |row| row.get(0))?;
    Ok((entries > 0).then(|| format!("ledger_posting: {entries} entries whose postings aren't numbered from 0")))
}

/// Tables as the migrations make them, and the migrations that were applied. What somebody added is left alone.
fn changed_schema(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut fresh = Connection::open_in_memory().map_err(during(OPERATION))?;
    schema::runner().run(&mut fresh).map_err(|error| failed("making a schema to compare with", error))?;
    let mut found = Vec::new();
    for (what, sql) in [
        ("schema", "SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, '') FROM sqlite_schema"),
        ("migration", "SELECT version, name || ' ' || checksum FROM refinery_schema_history"),
    ] {
        let (expected, mut stored) = (rows(&fresh, sql)?, rows(connection, sql)?);
        for (name, text) in expected {
            if stored.remove(&name) != Some(text) {
                found.push(format!("{what}: {name} isn't as this Scrip makes it"));
            }
        }
    }
    Ok(found)
}

fn rows(connection: &Connection, sql: &str) -> Result<BTreeMap<String, String>, StoreError> {
    // Whatever a damaged file has there.
    let text = |row: &Row<'_>, column| {
        row.get_ref(column).map(|value| match value {
            ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        })
    };
    let read = || -> rusqlite::Result<BTreeMap<String, String>> {
        connection.prepare(sql)?.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?)))?.collect()
    };
    read().map_err(during(OPERATION))
}
