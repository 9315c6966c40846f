//! Sums of reports beside the rows that they are sums of.

use std::collections::BTreeMap;

use scrip_core::slot::Buckets;
use scrip_store::{
    Snapshot, StoreError,
    sums::{Sum, SumTable},
};

use super::{PROBLEMS_MAX, compare::Found};
use crate::follow::{PEOPLE, SUMS};

/// Compares each table of sums with the rows added up, where both have followed the journal to its end: rows may be ahead of the
/// position that is noted, so that before it nobody knows which of them are counted.
///
/// Errors: those of the store.
pub(super) fn compare(snapshot: &mut dyn Snapshot, buckets: Buckets, found: &mut Found) -> Result<(), StoreError> {
    for sums in SUMS {
        let table = sums.table();
        // By older rules either may be anything.
        let mut is_at_the_end = found.report.rebuilding.iter().all(|(name, _)| *name != PEOPLE && *name != table.name);
        for bucket in buckets.all() {
            let end = snapshot.head(bucket)?.position;
            let (rows, sums) = (snapshot.followed(PEOPLE, bucket)?, snapshot.followed(table.name, bucket)?);
            if sums > end {
                let bucket = bucket.get();
                found.report.sums.push(format!(
                    "table {} has followed bucket {bucket} to {sums}, where its journal ends at {end}",
                    table.name
                ));
            }
            is_at_the_end &= rows == end && sums == end;
        }
        if is_at_the_end {
            let (stored, expected) = (snapshot.sums(table, None)?, sums.added_up(snapshot)?);
            found.report.sums.extend(differences(table, stored, expected).take(PROBLEMS_MAX));
        } else {
            found.report.uncompared.push(table.name);
        }
    }
    Ok(())
}

/// In words, each by the key and what the two sides say.
fn differences(table: &SumTable, stored: Vec<Sum>, expected: Vec<Sum>) -> impl Iterator<Item = String> {
    let mut both: BTreeMap<Vec<String>, [Option<Vec<i64>>; 2]> = BTreeMap::new();
    for (side, sums) in [stored, expected].into_iter().enumerate() {
        for sum in sums {
            both.entry(sum.key).or_default()[side] = Some(sum.figures);
        }
    }
    both.into_iter().filter(|(_, [stored, expected])| stored != expected).map(|(key, [stored, expected])| {
        let shown = |figures: Option<Vec<i64>>| match figures {
            None => "nothing".to_owned(),
            Some(figures) => {
                let named: Vec<String> =
                    table.figures.iter().zip(figures).map(|(name, figure)| format!("{name} {figure}")).collect();
                named.join(", ")
            }
        };
        format!("{} {}: the sums say {}, the rows {}", table.name, key.join("/"), shown(stored), shown(expected))
    })
}
