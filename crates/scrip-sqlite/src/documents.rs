//! Table `document`.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use scrip_core::{
    slot::{Bucket, Buckets},
    state::{Key, Kind},
};
use scrip_store::{Document, Save, StoreError};

use crate::{
    column::{bytes, limit as sql_limit, signed, unsigned},
    error::{during, not_one},
    statement::Prepared,
};

const BUCKETS: Buckets = Buckets::ONE;

fn document(row: &Row<'_>, version: usize, body: usize) -> rusqlite::Result<Document> {
    Ok(Document { version: unsigned(row, version)?, body: bytes(row, body)? })
}

/// One search of the tree per key: within one process that is as fast as a set-based query.
pub(crate) fn load(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
    const OPERATION: &str = "loading documents";
    let sql = "SELECT version, body FROM document WHERE bucket = ?1 AND kind = ?2 AND key = ?3";
    let mut select = Prepared::new(connection, sql, OPERATION);
    let mut load = |key: &Key| {
        let params = params![key.bucket(BUCKETS).get(), key.kind().number(), key.bytes()];
        select.statement()?.query_row(params, |row| document(row, 0, 1)).optional().map_err(during(OPERATION))
    };
    keys.iter().map(&mut load).collect()
}

/// Without their bodies, which may stand on pages of their own. Of campaigns an index alone is read: the table compares whole rows.
pub(crate) fn versions(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<u64>>, StoreError> {
    const OPERATION: &str = "looking at the versions of documents";
    let sql = "SELECT version FROM document WHERE bucket = ?1 AND kind = ?2 AND key = ?3";
    let mut select = Prepared::new(connection, sql, OPERATION);
    // The index has rows of this kind alone, which a parameter can't say.
    const { assert!(Kind::Campaign.number() == 4) };
    let sql =
        "SELECT version FROM document INDEXED BY document_campaign_version WHERE bucket = ?1 AND kind = 4 AND key = ?2";
    let mut select_campaign = Prepared::new(connection, sql, OPERATION);
    let mut version = |key: &Key| {
        let (bucket, bytes) = (key.bucket(BUCKETS).get(), key.bytes());
        let found = match key.kind() {
            Kind::Campaign => select_campaign.statement()?.query_row(params![bucket, bytes], |row| unsigned(row, 0)),
            kind => select.statement()?.query_row(params![bucket, kind.number(), bytes], |row| unsigned(row, 0)),
        };
        found.optional().map_err(during(OPERATION))
    };
    keys.iter().map(&mut version).collect()
}

/// Errors: [`StoreError::Conflict`] if a document's version isn't the one that was read.
pub(crate) fn save(connection: &Connection, bucket: Bucket, version: u64, saves: &[Save]) -> Result<(), StoreError> {
    let mut insert = Prepared::new(
        connection,
        "INSERT INTO document (bucket, kind, key, version, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        "inserting a document",
    );
    let mut update = Prepared::new(
        connection,
        "UPDATE document SET version = ?4, body = ?5 WHERE bucket = ?1 AND kind = ?2 AND key = ?3 AND version = ?6",
        "updating a document",
    );
    let mut delete = Prepared::new(
        connection,
        "DELETE FROM document WHERE bucket = ?1 AND kind = ?2 AND key = ?3 AND version = ?4",
        "deleting a document",
    );
    for save in saves {
        if save.key.bucket(BUCKETS) != bucket {
            return Err(save.in_another_bucket());
        }
        let (bucket, kind, key) = (bucket.get(), save.key.kind().number(), save.key.bytes());
        let changed = match (save.read, &save.body) {
            (None, Some(body)) => insert.execute(params![bucket, kind, key, signed(version), body])?,
            (Some(read), Some(body)) => {
                update.execute(params![bucket, kind, key, signed(version), body, signed(read)])?
            }
            (Some(read), None) => delete.execute(params![bucket, kind, key, signed(read)])?,
            // Made and deleted in one batch: there is nothing to do, and must be nothing there.
            (None, None) => usize::from(load(connection, std::slice::from_ref(&save.key))?[0].is_none()),
        };
        match changed {
            1 => {}
            0 if scrip_faults::is(scrip_faults::Fault::RowsNotChecked) => {}
            0 => return Err(save.conflict()),
            more => return Err(not_one("saving a document", more)),
        }
    }
    Ok(())
}

/// Documents of a kind with `from <= key < to`; an empty `to` is no end.
pub(crate) fn scan(
    connection: &Connection,
    bucket: Bucket,
    kind: Kind,
    from: &[u8],
    to: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Document)>, StoreError> {
    let bounded = "SELECT key, version, body FROM document
        WHERE bucket = ?1 AND kind = ?2 AND key >= ?3 AND key < ?5 ORDER BY key LIMIT ?4";
    let open = "SELECT key, version, body FROM document
        WHERE bucket = ?1 AND kind = ?2 AND key >= ?3 ORDER BY key LIMIT ?4";
    let scan = || -> rusqlite::Result<Vec<(Vec<u8>, Document)>> {
        let read = |row: &Row<'_>| Ok((bytes(row, 0)?, document(row, 1, 2)?));
        let (bucket, kind, limit) = (bucket.get(), kind.number(), sql_limit(limit));
        if to.is_empty() {
            connection.prepare_cached(open)?.query_map(params![bucket, kind, from, limit], read)?.collect()
        } else {
            connection.prepare_cached(bounded)?.query_map(params![bucket, kind, from, limit, to], read)?.collect()
        }
    };
    scan().map_err(during("scanning documents"))
}

pub(crate) fn all(connection: &Connection, bucket: Bucket) -> Result<Vec<(Kind, Vec<u8>, Document)>, StoreError> {
    const OPERATION: &str = "reading all documents";
    let all = || -> rusqlite::Result<Vec<(u8, Vec<u8>, Document)>> {
        let sql = "SELECT kind, key, version, body FROM document WHERE bucket = ?1 ORDER BY kind, key";
        let read = |row: &Row<'_>| Ok((row.get(0)?, bytes(row, 1)?, document(row, 2, 3)?));
        connection.prepare_cached(sql)?.query_map([bucket.get()], read)?.collect()
    };
    let with_kind = |(number, key, document)| {
        let damaged = || StoreError::Damaged { what: format!("a document is of unknown kind {number}") };
        Ok((Kind::from_number(number).ok_or_else(damaged)?, key, document))
    };
    all().map_err(during(OPERATION))?.into_iter().map(with_kind).collect()
}
