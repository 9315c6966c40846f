use rusqlite::{Connection, Row, params};
use scrip_core::name::SellerId;
use scrip_store::{
    StoreError,
    people::{CampaignRow, words},
};

use crate::{
    column::{instant, parse, parse_optional, word},
    statement::Prepared,
};

pub(super) const fn upsert(connection: &Connection) -> Prepared<'_> {
    let sql = "INSERT INTO campaign (id, name, seller, currency, stage, created_at_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET name = excluded.name, seller = excluded.seller, currency = excluded.currency,
            stage = excluded.stage, created_at_us = excluded.created_at_us";
    Prepared::new(connection, sql, "writing a campaign's row")
}

pub(super) fn write(upsert: &mut Prepared<'_>, row: &CampaignRow) -> Result<(), StoreError> {
    upsert.execute_one(params![
        row.id.to_string(),
        row.name,
        row.seller.as_ref().map(SellerId::as_str),
        row.currency.code(),
        row.stage,
        row.created_at.micros(),
    ])
}

pub(super) fn all(connection: &Connection) -> Result<Vec<CampaignRow>, StoreError> {
    let sql = "SELECT id, name, seller, currency, stage, created_at_us FROM campaign ORDER BY id";
    super::read(connection, "reading campaigns", sql, [], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<CampaignRow> {
    Ok(CampaignRow {
        id: parse(row, 0)?,
        name: row.get(1)?,
        seller: parse_optional(row, 2)?,
        currency: parse(row, 3)?,
        stage: word(row, 4, words::CAMPAIGN_STAGES)?,
        created_at: instant(row, 5)?,
    })
}
