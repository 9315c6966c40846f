use rusqlite::{Connection, Row, params};
use scrip_core::id::CampaignId;
use scrip_store::{StoreError, people::DistributionRow};

use crate::column::{amount, parse, parse_optional, unsigned};

/// Adds up the tables `coupon` and `redemption`: reads all of both.
pub(crate) fn sums(connection: &Connection, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, StoreError> {
    let sql = "SELECT campaign, channel, source, sum(claimed), sum(redeemed), sum(on_unpaid), sum(cost)
        FROM (
            SELECT campaign, channel, source, 1 AS claimed, 0 AS redeemed, 0 AS on_unpaid, 0 AS cost FROM coupon
            UNION ALL
            SELECT campaign, channel, source, 0, paid_at_us IS NOT NULL, paid_at_us IS NULL, iif(paid_at_us IS NULL, 0, redemption.discount - reversed)
            FROM redemption
            JOIN orders ON orders.account = redemption.account AND orders.id = redemption.order_id
            WHERE state <> 'released')
        WHERE ?1 IS NULL OR campaign = ?1
        GROUP BY campaign, channel, source ORDER BY campaign, channel, source";
    let campaign = campaign.map(|campaign| campaign.to_string());
    super::read(connection, "adding up claims and redemptions", sql, params![campaign], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<DistributionRow> {
    Ok(DistributionRow {
        campaign: parse(row, 0)?,
        channel: row.get(1)?,
        source: parse_optional(row, 2)?,
        claimed: unsigned(row, 3)?,
        redeemed: unsigned(row, 4)?,
        on_unpaid: unsigned(row, 5)?,
        cost: amount(row, 6)?,
    })
}
