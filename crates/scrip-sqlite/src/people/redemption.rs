use rusqlite::{Connection, Row, params};
use scrip_core::name::SourceName;
use scrip_store::{
    StoreError,
    people::{RedemptionRow, words},
};

use crate::{
    column::{amount, parse, parse_optional, word},
    statement::Prepared,
};

pub(super) const fn upsert(connection: &Connection) -> Prepared<'_> {
    let sql = "INSERT INTO redemption (account, order_id, coupon, campaign, channel, source, discount, reversed, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT DO UPDATE SET campaign = excluded.campaign, channel = excluded.channel, source = excluded.source,
            discount = excluded.discount, reversed = excluded.reversed, state = excluded.state";
    Prepared::new(connection, sql, "writing a redemption's row")
}

pub(super) fn write(upsert: &mut Prepared<'_>, row: &RedemptionRow) -> Result<(), StoreError> {
    upsert.execute_one(params![
        row.account.as_str(),
        row.order.as_str(),
        row.coupon.to_string(),
        row.campaign.to_string(),
        row.channel,
        row.source.as_ref().map(SourceName::as_str),
        row.discount.minor(),
        row.reversed.minor(),
        row.state,
    ])
}

pub(super) fn all(connection: &Connection) -> Result<Vec<RedemptionRow>, StoreError> {
    let sql = "SELECT account, order_id, coupon, campaign, channel, source, discount, reversed, state
        FROM redemption ORDER BY account, order_id, coupon";
    super::read(connection, "reading redemptions", sql, [], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RedemptionRow> {
    Ok(RedemptionRow {
        account: parse(row, 0)?,
        order: parse(row, 1)?,
        coupon: parse(row, 2)?,
        campaign: parse(row, 3)?,
        channel: word(row, 4, words::CHANNELS)?,
        source: parse_optional(row, 5)?,
        discount: amount(row, 6)?,
        reversed: amount(row, 7)?,
        state: word(row, 8, words::REDEMPTION_STATES)?,
    })
}
