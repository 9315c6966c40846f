use rusqlite::{Connection, Row, ToSql, params};
use scrip_core::{
    name::{AccountId, SellerId},
    time::Timestamp,
};
use scrip_store::{
    StoreError,
    people::{OrderFilter, OrderPlace, OrderRow, words},
};

use crate::{
    column::{amount, instant, instant_optional, limit as sql_limit, parse, word},
    statement::Prepared,
};

pub(super) const fn upsert(connection: &Connection) -> Prepared<'_> {
    let sql =
        "INSERT INTO orders (account, id, currency, status, refunded, placed_at_us, hold_expires_at_us, paid_at_us,
            subtotal, shipping, discount, total)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT DO UPDATE SET currency = excluded.currency, status = excluded.status, refunded = excluded.refunded,
            placed_at_us = excluded.placed_at_us, hold_expires_at_us = excluded.hold_expires_at_us,
            paid_at_us = excluded.paid_at_us, subtotal = excluded.subtotal, shipping = excluded.shipping,
            discount = excluded.discount, total = excluded.total";
    Prepared::new(connection, sql, "writing an order's row")
}

pub(super) fn write(upsert: &mut Prepared<'_>, row: &OrderRow) -> Result<(), StoreError> {
    upsert.execute_one(params![
        row.account.as_str(),
        row.id.as_str(),
        row.currency.code(),
        row.status,
        row.refunded,
        row.placed_at.micros(),
        row.hold_expires_at.micros(),
        row.paid_at.map(Timestamp::micros),
        row.subtotal.minor(),
        row.shipping.minor(),
        row.discount.minor(),
        row.total.minor(),
    ])
}

/// Newest first. Without an account this reads the whole table: there is no index on it yet.
pub(crate) fn list(connection: &Connection, filter: &OrderFilter, limit: usize) -> Result<Vec<OrderPlace>, StoreError> {
    // Only the conditions that are asked for: a condition that is switched off by a parameter would hide the key's prefix
    // from SQLite, which then reads every account's orders.
    let mut sql = "SELECT placed_at_us, account, id FROM orders WHERE TRUE".to_owned();
    let mut params: Vec<&dyn ToSql> = Vec::new();
    let (now, limit) = (filter.now.micros(), sql_limit(limit));
    let account = filter.account.as_ref().map(AccountId::as_str);
    if let Some(account) = &account {
        sql += " AND account = ?";
        params.push(account);
    }
    let seller = filter.seller.as_ref().map(SellerId::as_str);
    if let Some(seller) = &seller {
        sql += " AND EXISTS (SELECT 1 FROM order_transaction part
            WHERE part.account = orders.account AND part.order_id = orders.id AND part.seller = ?)";
        params.push(seller);
    }
    match &filter.status {
        Some("placed") => {
            sql += " AND status = 'placed' AND hold_expires_at_us > ?";
            params.push(&now);
        }
        Some("cancelled") => {
            sql += " AND (status = 'cancelled' OR status = 'placed' AND hold_expires_at_us <= ?)";
            params.push(&now);
        }
        Some(status) => {
            sql += " AND status = ?";
            params.push(status);
        }
        None => {}
    }
    let from = filter.from.map(Timestamp::micros);
    if let Some(from) = &from {
        sql += " AND placed_at_us >= ?";
        params.push(from);
    }
    let after =
        filter.after.as_ref().map(|after| (after.placed_at.micros(), after.account.as_str(), after.order.as_str()));
    if let Some((placed_at, account, order)) = &after {
        sql += " AND (placed_at_us, account, id) < (?, ?, ?)";
        params.extend([placed_at as &dyn ToSql, account, order]);
    }
    sql += " ORDER BY placed_at_us DESC, account DESC, id DESC LIMIT ?";
    params.push(&limit);
    super::read(connection, "listing orders", &sql, &*params, |row| {
        Ok(OrderPlace { placed_at: instant(row, 0)?, account: parse(row, 1)?, order: parse(row, 2)? })
    })
}

pub(super) fn all(connection: &Connection) -> Result<Vec<OrderRow>, StoreError> {
    let sql = "SELECT account, id, currency, status, refunded, placed_at_us, hold_expires_at_us, paid_at_us,
            subtotal, shipping, discount, total
        FROM orders ORDER BY account, id";
    super::read(connection, "reading orders", sql, [], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        account: parse(row, 0)?,
        id: parse(row, 1)?,
        currency: parse(row, 2)?,
        status: word(row, 3, words::ORDER_STATUSES)?,
        refunded: word(row, 4, words::REFUNDED)?,
        placed_at: instant(row, 5)?,
        hold_expires_at: instant(row, 6)?,
        paid_at: instant_optional(row, 7)?,
        subtotal: amount(row, 8)?,
        shipping: amount(row, 9)?,
        discount: amount(row, 10)?,
        total: amount(row, 11)?,
    })
}
