use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};
use scrip_core::{
    id::CouponId,
    money::Amount,
    name::{AccountId, OrderId, SourceName},
};
use scrip_store::{
    StoreError,
    people::{RedemptionRow, words},
};

use super::{
    Accounts,
    upsert::{Table, Upsert, Writing},
};
use crate::{
    column::{amount, parse, parse_optional, word},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "redemption",
        key: &["account", "order_id", "coupon"],
        rest: &["campaign", "channel", "source", "discount", "reversed", "state"],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &RedemptionRow) -> Result<(), StoreError> {
    upsert.write(params![
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

pub(super) const fn change(connection: &Connection) -> Prepared<'_> {
    let sql = "UPDATE redemption SET discount = coalesce(?4, discount), state = coalesce(?5, state)
        WHERE account = ?1 AND order_id = ?2 AND coupon = ?3";
    Prepared::new(connection, sql, "changing a redemption's row")
}

pub(super) fn write_change(
    change: &mut Prepared<'_>,
    (account, order, coupon): (&AccountId, &OrderId, CouponId),
    discount: Option<Amount>,
    state: Option<&str>,
) -> Result<(), StoreError> {
    let discount = discount.map(Amount::minor);
    change.execute(params![account.as_str(), order.as_str(), coupon.to_string(), discount, state]).map(drop)
}

pub(super) fn of_accounts(connection: &Connection, accounts: Accounts<'_>) -> Result<Vec<RedemptionRow>, StoreError> {
    let select = "SELECT account, order_id, coupon, campaign, channel, source, discount, reversed, state
        FROM redemption";
    accounts.read(connection, "reading redemptions", select, "account, order_id, coupon", from_row)
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
