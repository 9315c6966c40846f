//! The tables for people, one file each: how a row is written, and how all are read back by key.

pub(crate) mod campaign;
pub(crate) mod code;
pub(crate) mod coupon;
pub(crate) mod distribution;
pub(crate) mod ledger;
pub(crate) mod order_line;
pub(crate) mod order_transaction;
pub(crate) mod orders;
pub(crate) mod redemption;
pub(crate) mod refund;
pub(crate) mod sums;
mod upsert;

use rusqlite::{Connection, Params, ToSql};
use scrip_store::{
    StoreError,
    people::{CodeRow, LedgerEntryRow, Row, TableBesideAccounts},
};

use crate::{column::limit as sql_limit, error::during};

/// Upserts the rows in their order. A change of a row that isn't there changes nothing.
pub(crate) fn write(connection: &Connection, rows: &[Row]) -> Result<(), StoreError> {
    let mut campaigns = campaign::upsert(connection);
    let mut campaigns_gone = campaign::delete(connection);
    let mut coupons = coupon::upsert(connection);
    let mut coupon_states = coupon::change(connection);
    let mut coupons_gone = coupon::delete(connection);
    let mut orders = orders::upsert(connection);
    let mut order_lines = order_line::upsert(connection);
    let mut order_lines_gone = order_line::delete(connection);
    let mut order_transactions = order_transaction::upsert(connection);
    let mut order_transactions_gone = order_transaction::delete(connection);
    let mut redemptions = redemption::upsert(connection);
    let mut redemptions_changed = redemption::change(connection);
    let mut refund_metadata = refund::change(connection);
    let mut refunds = refund::upsert(connection);
    let mut ledger = ledger::Ledger::new(connection);
    let mut codes = code::upsert(connection);
    for row in rows {
        match row {
            Row::Campaign(row) => campaign::write(&mut campaigns, row)?,
            Row::CampaignGone(id) => campaign::remove(&mut campaigns_gone, *id)?,
            Row::Coupon(row) => coupon::write(&mut coupons, row)?,
            Row::CouponState { coupon, state, order, held_until } => {
                coupon::write_state(&mut coupon_states, *coupon, state, order.as_ref(), *held_until)?;
            }
            Row::CouponGone(id) => coupon::remove(&mut coupons_gone, *id)?,
            Row::OrderEmptied { account, order } => {
                order_line::remove(&mut order_lines_gone, account, order)?;
                order_transaction::remove(&mut order_transactions_gone, account, order)?;
            }
            Row::Order(row) => orders::write(&mut orders, row)?,
            Row::OrderLine(row) => order_line::write(&mut order_lines, row)?,
            Row::OrderTransaction(row) => order_transaction::write(&mut order_transactions, row)?,
            Row::Redemption(row) => redemption::write(&mut redemptions, row)?,
            Row::RedemptionChanged { account, order, coupon, discount, state } => {
                let key = (account, order, *coupon);
                redemption::write_change(&mut redemptions_changed, key, *discount, *state)?;
            }
            Row::RefundMetadata { account, order, refund, metadata } => {
                refund::write_metadata(&mut refund_metadata, (account, order, refund), metadata)?;
            }
            Row::Refund(row) => refund::write(&mut refunds, row)?,
            Row::LedgerEntry(row) => ledger.write(row)?,
            Row::Code(row) => code::write(&mut codes, row)?,
        }
    }
    Ok(())
}

/// Every row, table by table in the order of [`Row`], each table by its key.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Row>, StoreError> {
    let all = |table| beside_accounts(connection, table, None, usize::MAX);
    let mut rows = all(TableBesideAccounts::Campaign)?;
    rows.extend(all(TableBesideAccounts::Coupon)?);
    rows.extend(of_accounts(connection, Accounts { from: "", to: "" })?);
    rows.extend(all(TableBesideAccounts::LedgerEntry)?);
    rows.extend(all(TableBesideAccounts::Code)?);
    Ok(rows)
}

/// Of orders and what belongs to them, table by table.
pub(crate) fn of_accounts(connection: &Connection, accounts: Accounts<'_>) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    rows.extend(orders::of_accounts(connection, accounts)?.into_iter().map(Row::Order));
    rows.extend(order_line::of_accounts(connection, accounts)?.into_iter().map(Row::OrderLine));
    rows.extend(order_transaction::of_accounts(connection, accounts)?.into_iter().map(Row::OrderTransaction));
    rows.extend(redemption::of_accounts(connection, accounts)?.into_iter().map(Row::Redemption));
    rows.extend(refund::of_accounts(connection, accounts)?.into_iter().map(Row::Refund));
    Ok(rows)
}

/// Of another table, those after `after`.
pub(crate) fn beside_accounts(
    connection: &Connection,
    table: TableBesideAccounts,
    after: Option<&Row>,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    Ok(match table {
        TableBesideAccounts::Campaign => {
            let after = after.and_then(|row| if let Row::Campaign(row) = row { Some(row.id) } else { None });
            campaign::page(connection, after, limit)?.into_iter().map(Row::Campaign).collect()
        }
        TableBesideAccounts::Coupon => {
            let after = after.and_then(|row| if let Row::Coupon(row) = row { Some(row.id) } else { None });
            coupon::page(connection, after, limit)?.into_iter().map(Row::Coupon).collect()
        }
        TableBesideAccounts::LedgerEntry => {
            let key = |row: &LedgerEntryRow| (row.bucket, row.position);
            let after = after.and_then(|row| if let Row::LedgerEntry(row) = row { Some(key(row)) } else { None });
            ledger::page(connection, after, limit)?.into_iter().map(Row::LedgerEntry).collect()
        }
        TableBesideAccounts::Code => {
            let key = |row: &CodeRow| (row.campaign, row.position, row.number);
            let after = after.and_then(|row| if let Row::Code(row) = row { Some(key(row)) } else { None });
            code::page(connection, after, limit)?.into_iter().map(Row::Code).collect()
        }
    })
}

/// Those with `from <= account < to` in byte order. What is empty leaves its side open, also for what is no text.
#[derive(Clone, Copy)]
pub(crate) struct Accounts<'a> {
    pub from: &'a str,
    pub to: &'a str,
}

impl Accounts<'_> {
    /// Reads their rows of a table whose key is `order` and begins with the account.
    fn read<T>(
        self,
        connection: &Connection,
        operation: &'static str,
        select: &str,
        order: &str,
        row: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let Self { from, to } = self;
        match (from, to) {
            ("", "") => read(connection, operation, &format!("{select} ORDER BY {order}"), [], row),
            ("", _) => read(connection, operation, &format!("{select} WHERE account < ?1 ORDER BY {order}"), [to], row),
            (_, "") => {
                read(connection, operation, &format!("{select} WHERE account >= ?1 ORDER BY {order}"), [from], row)
            }
            _ => {
                let sql = format!("{select} WHERE account >= ?1 AND account < ?2 ORDER BY {order}");
                read(connection, operation, &sql, [from, to], row)
            }
        }
    }
}

/// Reads at most `limit` rows of a table in the order of its key, which are those columns, after a value of them; of none, from the
/// table's beginning, also what is no value of theirs.
fn page<T>(
    connection: &Connection,
    operation: &'static str,
    (select, key): (&str, &str),
    after: &[&dyn ToSql],
    limit: usize,
    row: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let marks = vec!["?"; after.len()].join(", ");
    let bound = if after.is_empty() { String::new() } else { format!("WHERE ({key}) > ({marks})") };
    let limit = sql_limit(limit);
    let params: Vec<&dyn ToSql> = after.iter().copied().chain([&limit as &dyn ToSql]).collect();
    read(connection, operation, &format!("{select} {bound} ORDER BY {key} LIMIT ?"), &params[..], row)
}

/// Reads rows of one table.
fn read<T>(
    connection: &Connection,
    operation: &'static str,
    sql: &str,
    params: impl Params,
    row: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let read = || connection.prepare_cached(sql)?.query_map(params, row)?.collect();
    let rows: rusqlite::Result<Vec<T>> = read();
    rows.map_err(during(operation))
}
