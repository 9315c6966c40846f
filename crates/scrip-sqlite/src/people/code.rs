use std::sync::LazyLock;

use rusqlite::{Connection, Row, ToSql, params};
use scrip_core::{code::SecretNumber, id::CampaignId, name::SourceName};
use scrip_store::{
    StoreError,
    people::{CodeRow, words},
};

use super::upsert::{Table, Upsert, Writing};
use crate::column::{limit as sql_limit, parse, parse_optional, signed, unsigned, word};

static WRITING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "code",
        key: &["campaign", "position", "number"],
        rest: &["job", "source", "kind", "label", "sealed", "secret"],
    })
});

pub(super) fn upsert(connection: &Connection) -> Upsert<'_> {
    Upsert::new(connection, &WRITING)
}

pub(super) fn write(upsert: &mut Upsert<'_>, row: &CodeRow) -> Result<(), StoreError> {
    upsert.write(params![
        row.campaign.to_string(),
        signed(row.position),
        row.number,
        row.job.map(|job| job.to_string()),
        row.source.as_ref().map(SourceName::as_str),
        row.kind,
        row.label,
        row.sealed,
        row.secret.get(),
    ])
}

/// In the order of the journal.
pub(crate) fn list(
    connection: &Connection,
    campaign: CampaignId,
    after: Option<(u64, u32)>,
    limit: usize,
) -> Result<Vec<CodeRow>, StoreError> {
    // No position is 0, so (0, 0) is before all.
    let (position, number) = after.unwrap_or_default();
    let sql = "SELECT campaign, position, number, job, source, kind, label, sealed, secret FROM code
        WHERE campaign = ?1 AND (position, number) > (?2, ?3) ORDER BY position, number LIMIT ?4";
    let params = params![campaign.to_string(), signed(position), number, sql_limit(limit)];
    super::read(connection, "listing codes", sql, params, from_row)
}

/// By campaign, position and number, those after `after`.
pub(super) fn page(
    connection: &Connection,
    after: Option<(CampaignId, u64, u32)>,
    limit: usize,
) -> Result<Vec<CodeRow>, StoreError> {
    let select = "SELECT campaign, position, number, job, source, kind, label, sealed, secret FROM code";
    let after = after.map(|(campaign, position, number)| (campaign.to_string(), signed(position), number));
    let after: Vec<&dyn ToSql> =
        after.iter().flat_map(|(campaign, position, number)| [campaign as &dyn ToSql, position, number]).collect();
    super::page(connection, "reading codes", (select, "campaign, position, number"), &after, limit, from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<CodeRow> {
    Ok(CodeRow {
        campaign: parse(row, 0)?,
        position: unsigned(row, 1)?,
        number: row.get(2)?,
        job: parse_optional(row, 3)?,
        source: parse_optional(row, 4)?,
        kind: word(row, 5, words::CODE_KINDS)?,
        label: row.get(6)?,
        sealed: row.get(7)?,
        secret: SecretNumber::new(row.get(8)?),
    })
}
