use rusqlite::{Connection, Row, params};
use scrip_store::{StoreError, people::RefundRow};

use crate::{
    column::{amount, instant, json, metadata, parse},
    statement::Prepared,
};

pub(super) const fn upsert(connection: &Connection) -> Prepared<'_> {
    let sql = "INSERT INTO refund (account, order_id, id, at_us, amount, goods, shipping, metadata)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT DO UPDATE SET at_us = excluded.at_us, amount = excluded.amount, goods = excluded.goods,
            shipping = excluded.shipping, metadata = excluded.metadata";
    Prepared::new(connection, sql, "writing a refund's row")
}

pub(super) fn write(upsert: &mut Prepared<'_>, row: &RefundRow) -> Result<(), StoreError> {
    upsert.execute_one(params![
        row.account.as_str(),
        row.order.as_str(),
        row.id.as_str(),
        row.at.micros(),
        row.amount.minor(),
        row.goods.minor(),
        row.shipping.minor(),
        json(&row.metadata),
    ])
}

pub(super) fn all(connection: &Connection) -> Result<Vec<RefundRow>, StoreError> {
    let sql = "SELECT account, order_id, id, at_us, amount, goods, shipping, metadata
        FROM refund ORDER BY account, order_id, id";
    super::read(connection, "reading refunds", sql, [], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RefundRow> {
    Ok(RefundRow {
        account: parse(row, 0)?,
        order: parse(row, 1)?,
        id: parse(row, 2)?,
        at: instant(row, 3)?,
        amount: amount(row, 4)?,
        goods: amount(row, 5)?,
        shipping: amount(row, 6)?,
        metadata: metadata(row, 7)?,
    })
}
