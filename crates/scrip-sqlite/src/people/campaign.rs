use std::sync::LazyLock;

use rusqlite::{Connection, Row, ToSql, params};
use scrip_core::{id::CampaignId, name::SellerId};
use scrip_store::{
    StoreError,
    people::{CampaignRow, words},
};

use super::upsert::{Table, Upsert, Writing};
use crate::{
    column::{instant, json, metadata, parse, parse_optional, word},
    statement::Prepared,
};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "campaign",
        key: &["id"],
        rest: &["name", "seller", "currency", "stage", "created_at_us", "metadata"],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &CampaignRow) -> Result<(), StoreError> {
    upsert.write(params![
        row.id.to_string(),
        row.name,
        row.seller.as_ref().map(SellerId::as_str),
        row.currency.code(),
        row.stage,
        row.created_at.micros(),
        json(&row.metadata),
    ])
}

pub(super) const fn delete(connection: &Connection) -> Prepared<'_> {
    Prepared::new(connection, "DELETE FROM campaign WHERE id = ?1", "deleting a campaign's row")
}

/// Also if there is none: a projection may be repeated.
pub(super) fn remove(delete: &mut Prepared<'_>, id: CampaignId) -> Result<(), StoreError> {
    delete.execute([id.to_string()]).map(drop)
}

/// By id, those after `after`.
pub(super) fn page(
    connection: &Connection,
    after: Option<CampaignId>,
    limit: usize,
) -> Result<Vec<CampaignRow>, StoreError> {
    let select = "SELECT id, name, seller, currency, stage, created_at_us, metadata FROM campaign";
    let after = after.map(|id| id.to_string());
    let after: Vec<&dyn ToSql> = after.iter().map(|id| id as &dyn ToSql).collect();
    super::page(connection, "reading campaigns", (select, "id"), &after, limit, from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<CampaignRow> {
    Ok(CampaignRow {
        id: parse(row, 0)?,
        name: row.get(1)?,
        seller: parse_optional(row, 2)?,
        currency: parse(row, 3)?,
        stage: word(row, 4, words::CAMPAIGN_STAGES)?,
        created_at: instant(row, 5)?,
        metadata: metadata(row, 6)?,
    })
}
