use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};
use scrip_core::name::{AccountId, OrderId};
use scrip_store::{StoreError, people::OrderLineRow};

use super::{
    Accounts,
    upsert::{Table, Upsert, Writing},
};
use crate::{
    column::{amount, parse},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "order_line",
        key: &["account", "order_id", "line"],
        rest: &[
            "seller",
            "product",
            "unit_price",
            "quantity",
            "on_sale",
            "discount",
            "units_refunded",
            "cash_refunded",
        ],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &OrderLineRow) -> Result<(), StoreError> {
    upsert.write(params![
        row.account.as_str(),
        row.order.as_str(),
        row.line.as_str(),
        row.seller.as_str(),
        row.product.as_str(),
        row.unit_price.minor(),
        row.quantity,
        row.on_sale,
        row.discount.minor(),
        row.units_refunded,
        row.cash_refunded.minor(),
    ])
}

pub(super) const fn delete(connection: &Connection) -> Prepared<'_> {
    let sql = "DELETE FROM order_line WHERE account = ?1 AND order_id = ?2";
    Prepared::new(connection, sql, "deleting an order's order lines")
}

/// Also if there are none: a projection may be repeated.
pub(super) fn remove(delete: &mut Prepared<'_>, account: &AccountId, order: &OrderId) -> Result<(), StoreError> {
    delete.execute([account.as_str(), order.as_str()]).map(drop)
}

pub(super) fn of_accounts(connection: &Connection, accounts: Accounts<'_>) -> Result<Vec<OrderLineRow>, StoreError> {
    let select =
        "SELECT account, order_id, line, seller, product, unit_price, quantity, on_sale, discount, units_refunded,
            cash_refunded
        FROM order_line";
    accounts.read(connection, "reading order lines", select, "account, order_id, line", from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<OrderLineRow> {
    Ok(OrderLineRow {
        account: parse(row, 0)?,
        order: parse(row, 1)?,
        line: parse(row, 2)?,
        seller: parse(row, 3)?,
        product: parse(row, 4)?,
        unit_price: amount(row, 5)?,
        quantity: row.get(6)?,
        on_sale: row.get(7)?,
        discount: amount(row, 8)?,
        units_refunded: row.get(9)?,
        cash_refunded: amount(row, 10)?,
    })
}
