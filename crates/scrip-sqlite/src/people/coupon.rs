use std::sync::LazyLock;

use rusqlite::{Connection, Row, ToSql, params, types::ValueRef};
use scrip_core::{
    id::CouponId,
    name::{AccountId, OrderId, SourceName},
    time::Timestamp,
};
use scrip_store::{
    StoreError,
    people::{CouponRow, words},
};

use super::upsert::{Table, Upsert, Writing};
use crate::{
    column::{instant, instant_optional, parse, parse_optional, word},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "coupon",
        key: &["id"],
        rest: &[
            "account",
            "individual",
            "campaign",
            "claimed_at_us",
            "starts_at_us",
            "expires_at_us",
            "channel",
            "source",
            "state",
            "order_id",
            "held_until_us",
        ],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &CouponRow) -> Result<(), StoreError> {
    upsert.write(params![
        row.id.to_string(),
        row.account.as_str(),
        row.individual.as_str(),
        row.campaign.to_string(),
        row.claimed_at.micros(),
        row.starts_at.micros(),
        row.expires_at.micros(),
        row.channel,
        row.source.as_ref().map(SourceName::as_str),
        row.state,
        order_of(row.state, row.order.as_ref()),
        row.held_until.map(Timestamp::micros),
    ])
}

/// The table wants an order where one was used: of an unknown one, in another system, the empty text.
fn order_of<'o>(state: &str, order: Option<&'o OrderId>) -> Option<&'o str> {
    order.map(OrderId::as_str).or((state == "used").then_some(""))
}

pub(super) const fn change(connection: &Connection) -> Prepared<'_> {
    let sql = "UPDATE coupon SET state = ?2, order_id = ?3, held_until_us = ?4 WHERE id = ?1";
    Prepared::new(connection, sql, "writing a coupon's state")
}

pub(super) fn write_state(
    change: &mut Prepared<'_>,
    id: CouponId,
    state: &str,
    order: Option<&OrderId>,
    held_until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let held_until = held_until.map(Timestamp::micros);
    change.execute(params![id.to_string(), state, order_of(state, order), held_until]).map(drop)
}

pub(super) const fn delete(connection: &Connection) -> Prepared<'_> {
    Prepared::new(connection, "DELETE FROM coupon WHERE id = ?1", "deleting a coupon's row")
}

/// Also if there is none: a projection may be repeated.
pub(super) fn remove(delete: &mut Prepared<'_>, id: CouponId) -> Result<(), StoreError> {
    delete.execute([id.to_string()]).map(drop)
}

pub(crate) fn owner(connection: &Connection, coupon: CouponId) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT account FROM coupon WHERE id = ?1";
    let accounts =
        super::read(connection, "looking for a coupon's owner", sql, [coupon.to_string()], |row| parse(row, 0));
    Ok(accounts?.pop())
}

/// By id, those after `after`.
pub(super) fn page(
    connection: &Connection,
    after: Option<CouponId>,
    limit: usize,
) -> Result<Vec<CouponRow>, StoreError> {
    let select =
        "SELECT id, account, individual, campaign, claimed_at_us, starts_at_us, expires_at_us, channel, source,
            state, order_id, held_until_us
        FROM coupon";
    let after = after.map(|id| id.to_string());
    let after: Vec<&dyn ToSql> = after.iter().map(|id| id as &dyn ToSql).collect();
    super::page(connection, "reading coupons", (select, "id"), &after, limit, from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<CouponRow> {
    Ok(CouponRow {
        id: parse(row, 0)?,
        account: parse(row, 1)?,
        individual: parse(row, 2)?,
        campaign: parse(row, 3)?,
        claimed_at: instant(row, 4)?,
        starts_at: instant(row, 5)?,
        expires_at: instant(row, 6)?,
        channel: word(row, 7, words::CHANNELS)?,
        source: parse_optional(row, 8)?,
        state: word(row, 9, words::COUPON_STATES)?,
        order: if row.get_ref(10)? == ValueRef::Text(b"") { None } else { parse_optional(row, 10)? },
        held_until: instant_optional(row, 11)?,
    })
}
