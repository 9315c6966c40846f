//! Table `derived`, and what is written when documents and rows are worked out anew.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};
use scrip_store::{Rederived, RederivedDocument, StoreError, sums};

use crate::{
    backup,
    column::signed,
    error::{during, during_commit},
    follower, mark, people,
};

const OPERATION: &str = "working documents and rows out anew";

pub(crate) fn revision(connection: &Connection) -> Result<u32, StoreError> {
    connection
        .query_row("SELECT revision FROM derived WHERE one = 1", [], |row| row.get(0))
        .map_err(during("reading the revision of what is derived"))
}

/// All or nothing. Before anything but the revision changes the file is copied, if `copied` names it, to `scrip.db.revision-0`
/// or the first such name with a number that is free.
pub(crate) fn write(connection: &mut Connection, copied: Option<&Path>, changes: &Rederived) -> Result<(), StoreError> {
    let changes_anything = !(changes.documents.is_empty() && changes.gone.is_empty() && changes.rows.is_empty());
    if let Some(path) = copied.filter(|_| changes_anything) {
        let copy = backup::copy_beside(connection, path, &format!("revision-{}", revision(connection)?))?;
        tracing::info!(copy = %copy.display(), "copied the database before it is repaired");
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(during(OPERATION))?;
    changes
        .documents
        .iter()
        .try_for_each(|document| write_document(&transaction, document))
        .map_err(during(OPERATION))?;
    people::remove(&transaction, &changes.gone)?;
    // In any order: what belongs to an order may come before it, as keys are looked at in the end.
    people::write(&transaction, people::Set::Shown, &changes.rows)?;
    sums::ALL.iter().try_for_each(|table| people::sums::empty(&transaction, table)).map_err(during(OPERATION))?;
    for (bucket, position) in changes.followed.iter().filter(|(_, position)| *position > 0) {
        follower::move_to(&transaction, changes.follower, *bucket, *position)?;
    }
    transaction
        .execute("UPDATE derived SET revision = ?1 WHERE one = 1", [changes.revision])
        .map_err(during(OPERATION))?;
    mark::renew(&transaction).map_err(during(OPERATION))?;
    transaction.commit().map_err(during_commit)
}

fn write_document(connection: &Connection, changed: &RederivedDocument) -> rusqlite::Result<()> {
    let (bucket, kind) = (changed.bucket.get(), changed.kind.number());
    match &changed.document {
        Some(document) => {
            let sql = "INSERT INTO document (bucket, kind, key, version, body) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body";
            let params = params![bucket, kind, changed.key, signed(document.version), document.body];
            connection.prepare_cached(sql)?.execute(params).map(drop)
        }
        None => {
            let sql = "DELETE FROM document WHERE bucket = ?1 AND kind = ?2 AND key = ?3";
            connection.prepare_cached(sql)?.execute(params![bucket, kind, changed.key]).map(drop)
        }
    }
}
