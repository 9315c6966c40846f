use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};
use scrip_core::{
    metadata::Members,
    name::{AccountId, OrderId, RefundName},
};
use scrip_store::{StoreError, people::RefundRow};

use super::{
    Accounts,
    upsert::{Table, Upsert, Writing},
};
use crate::{
    column::{amount, instant, json, metadata, parse},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "refund",
        key: &["account", "order_id", "id"],
        rest: &["at_us", "amount", "goods", "shipping", "metadata"],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &RefundRow) -> Result<(), StoreError> {
    upsert.write(params![
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

pub(super) const fn change(connection: &Connection) -> Prepared<'_> {
    let sql = "UPDATE refund SET metadata = ?4 WHERE account = ?1 AND order_id = ?2 AND id = ?3";
    Prepared::new(connection, sql, "writing a refund's metadata")
}

pub(super) fn write_metadata(
    change: &mut Prepared<'_>,
    (account, order, id): (&AccountId, &OrderId, &RefundName),
    metadata: &Members,
) -> Result<(), StoreError> {
    change.execute(params![account.as_str(), order.as_str(), id.as_str(), json(metadata)]).map(drop)
}

pub(super) fn of_accounts(connection: &Connection, accounts: Accounts<'_>) -> Result<Vec<RefundRow>, StoreError> {
    let select = "SELECT account, order_id, id, at_us, amount, goods, shipping, metadata
        FROM refund";
    accounts.read(connection, "reading refunds", select, "account, order_id, id", from_row)
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
