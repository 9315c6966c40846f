//! Table `derived`, and what is written when documents and rows are worked out anew.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};
use scrip_store::{Rederived, RederivedDocument, StoreError, people::Row, sums};

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
    changes.gone.iter().try_for_each(|row| remove(&transaction, row)).map_err(during(OPERATION))?;
    // An order's row before those that belong to it: the order of the tables.
    people::write(&transaction, &changes.rows)?;
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

/// Deletes the row with this one's key.
fn remove(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let gone = |sql: &str, params: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(params).map(drop);
    match row {
        Row::Campaign(row) => gone("DELETE FROM campaign WHERE id = ?1", &[&row.id.to_string()]),
        Row::CampaignGone(id) => gone("DELETE FROM campaign WHERE id = ?1", &[&id.to_string()]),
        Row::Coupon(row) => gone("DELETE FROM coupon WHERE id = ?1", &[&row.id.to_string()]),
        Row::CouponGone(id) => gone("DELETE FROM coupon WHERE id = ?1", &[&id.to_string()]),
        Row::Order(row) => {
            gone("DELETE FROM orders WHERE account = ?1 AND id = ?2", &[&row.account.as_str(), &row.id.as_str()])
        }
        // No rows, but what changes them.
        Row::CouponState { .. }
        | Row::OrderEmptied { .. }
        | Row::RedemptionChanged { .. }
        | Row::RefundMetadata { .. } => Ok(()),
        Row::OrderLine(row) => gone(
            "DELETE FROM order_line WHERE account = ?1 AND order_id = ?2 AND line = ?3",
            &[&row.account.as_str(), &row.order.as_str(), &row.line.as_str()],
        ),
        Row::OrderTransaction(row) => gone(
            "DELETE FROM order_transaction WHERE account = ?1 AND order_id = ?2 AND seller = ?3",
            &[&row.account.as_str(), &row.order.as_str(), &row.seller.as_str()],
        ),
        Row::Redemption(row) => gone(
            "DELETE FROM redemption WHERE account = ?1 AND order_id = ?2 AND coupon = ?3",
            &[&row.account.as_str(), &row.order.as_str(), &row.coupon.to_string()],
        ),
        Row::Refund(row) => gone(
            "DELETE FROM refund WHERE account = ?1 AND order_id = ?2 AND id = ?3",
            &[&row.account.as_str(), &row.order.as_str(), &row.id.as_str()],
        ),
        Row::LedgerEntry(row) => {
            let key: [&dyn rusqlite::ToSql; 2] = [&row.bucket.get(), &signed(row.position)];
            gone("DELETE FROM ledger_posting WHERE bucket = ?1 AND position = ?2", &key)?;
            gone("DELETE FROM ledger_entry WHERE bucket = ?1 AND position = ?2", &key)
        }
        Row::Code(row) => gone(
            "DELETE FROM code WHERE campaign = ?1 AND position = ?2 AND number = ?3",
            &[&row.campaign.to_string(), &signed(row.position), &row.number],
        ),
    }
}
