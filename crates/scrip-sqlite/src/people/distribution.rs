use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use scrip_core::{id::CampaignId, money::Amount};
use scrip_store::{StoreError, people::DistributionRow};

use crate::{column::column, error::during};

const OPERATION: &str = "adding up claims and redemptions";

/// Adds up the tables `coupon` and `redemption`: reads all of both, one row at a time. Grouping in SQL would sort them all first.
pub(crate) fn sums(connection: &Connection, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, StoreError> {
    let campaign = campaign.map(|campaign| campaign.to_string());
    let mut sums = Sums::default();
    let mut add =
        |sql: &str, add: fn(&mut DistributionRow, &Row<'_>) -> rusqlite::Result<()>| -> rusqlite::Result<()> {
            let mut select = connection.prepare_cached(sql)?;
            let mut rows = select.query(params![campaign])?;
            while let Some(row) = rows.next()? {
                add(sums.of(row)?, row)?;
            }
            Ok(())
        };
    let claimed = "SELECT campaign, channel, source FROM coupon WHERE ?1 IS NULL OR campaign = ?1";
    let redeemed = "SELECT campaign, channel, source, paid_at_us IS NOT NULL, redemption.discount - reversed
        FROM redemption
        JOIN orders ON orders.account = redemption.account AND orders.id = redemption.order_id
        WHERE state <> 'released' AND (?1 IS NULL OR campaign = ?1)";
    add(claimed, |sum, _| {
        sum.claimed += 1;
        Ok(())
    })
    .and_then(|()| {
        add(redeemed, |sum, row| {
            if row.get(3)? {
                sum.redeemed += 1;
                sum.cost += column::<Amount>(row, 4)?;
            } else {
                sum.on_unpaid += 1;
            }
            Ok(())
        })
    })
    .map_err(during(OPERATION))?;
    let mut found: Vec<DistributionRow> = sums.sums;
    found.sort_by(|one, other| {
        let key = |sum: &DistributionRow| (sum.campaign.to_string(), sum.channel.clone(), sum.source.clone());
        key(one).cmp(&key(other))
    });
    Ok(found)
}

/// By campaign, channel and source: as many as there are of these.
#[derive(Default)]
struct Sums {
    sums: Vec<DistributionRow>,
    /// Where each is, by its texts as they stand in the row.
    places: BTreeMap<Vec<u8>, usize>,
    key: Vec<u8>,
}

impl Sums {
    fn of(&mut self, row: &Row<'_>) -> rusqlite::Result<&mut DistributionRow> {
        self.key.clear();
        for place in 0..3 {
            // No text has a zero byte in it; no source is another than an empty one.
            match row.get_ref(place)?.as_str_or_null().map_err(rusqlite::Error::from)? {
                Some(text) => self.key.extend_from_slice(text.as_bytes()),
                None => self.key.push(1),
            }
            self.key.push(0);
        }
        let place = match self.places.get(&self.key) {
            Some(place) => *place,
            None => {
                self.sums.push(DistributionRow {
                    campaign: column(row, 0)?,
                    channel: row.get(1)?,
                    source: column(row, 2)?,
                    claimed: 0,
                    redeemed: 0,
                    on_unpaid: 0,
                    cost: Amount::ZERO,
                });
                self.places.insert(self.key.clone(), self.sums.len() - 1);
                self.sums.len() - 1
            }
        };
        Ok(&mut self.sums[place])
    }
}
