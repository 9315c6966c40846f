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
mod upsert;

use rusqlite::{Connection, Params};
use scrip_store::{StoreError, people::Row};

use crate::error::during;

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
    let mut rows = Vec::new();
    rows.extend(campaign::all(connection)?.into_iter().map(Row::Campaign));
    rows.extend(coupon::all(connection)?.into_iter().map(Row::Coupon));
    rows.extend(orders::all(connection)?.into_iter().map(Row::Order));
    rows.extend(order_line::all(connection)?.into_iter().map(Row::OrderLine));
    rows.extend(order_transaction::all(connection)?.into_iter().map(Row::OrderTransaction));
    rows.extend(redemption::all(connection)?.into_iter().map(Row::Redemption));
    rows.extend(refund::all(connection)?.into_iter().map(Row::Refund));
    rows.extend(ledger::all(connection)?.into_iter().map(Row::LedgerEntry));
    rows.extend(code::all(connection)?.into_iter().map(Row::Code));
    Ok(rows)
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
