use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};
use scrip_core::name::{AccountId, OrderId};
use scrip_store::{
    StoreError,
    people::{OrderTransactionRow, words},
};

use super::{
    Accounts,
    upsert::{Table, Upsert, Writing},
};
use crate::{
    column::{instant, parse, word},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "order_transaction",
        key: &["account", "order_id", "seller"],
        rest: &["state", "placed_at_us"],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &OrderTransactionRow) -> Result<(), StoreError> {
    upsert.write(params![
        row.account.as_str(),
        row.order.as_str(),
        row.seller.as_str(),
        row.state,
        row.placed_at.micros()
    ])
}

pub(super) const fn delete(connection: &Connection) -> Prepared<'_> {
    let sql = "DELETE FROM order_transaction WHERE account = ?1 AND order_id = ?2";
    Prepared::new(connection, sql, "deleting an order's transactions")
}

/// Also if there are none: a projection may be repeated.
pub(super) fn remove(delete: &mut Prepared<'_>, account: &AccountId, order: &OrderId) -> Result<(), StoreError> {
    delete.execute([account.as_str(), order.as_str()]).map(drop)
}

pub(super) fn of_accounts(
    connection: &Connection,
    accounts: Accounts<'_>,
) -> Result<Vec<OrderTransactionRow>, StoreError> {
    let select = "SELECT account, order_id, seller, state, placed_at_us FROM order_transaction";
    accounts.read(connection, "reading transactions", select, "account, order_id, seller", from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<OrderTransactionRow> {
    Ok(OrderTransactionRow {
        account: parse(row, 0)?,
        order: parse(row, 1)?,
        seller: parse(row, 2)?,
        state: word(row, 3, words::TRANSACTION_STATES)?,
        placed_at: instant(row, 4)?,
    })
}
