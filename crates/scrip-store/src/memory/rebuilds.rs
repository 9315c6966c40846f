//! Tables that are made anew beside those that are shown.

use std::{collections::BTreeMap, sync::Arc};

use scrip_core::slot::Bucket;
use scrip_faults::Fault;

use super::{Committed, Sums, Tables, write};
use crate::{Followed, MadeBy, Rebuild, StoreError, sums::kept_by};

/// By follower: the revision of its rules by which the tables are that are shown, and what is made beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Rebuilds {
    pub shown: BTreeMap<String, u32>,
    underway: BTreeMap<String, Rebuilt>,
}

#[derive(Clone, Debug, Default)]
struct Rebuilt {
    revision: u32,
    tables: Arc<Tables>,
    sums: Arc<Sums>,
    followed: BTreeMap<Bucket, u64>,
}

impl Rebuilds {
    pub fn made_by(&self, follower: &str) -> MadeBy {
        let shown = self.shown.get(follower).copied().unwrap_or(0);
        MadeBy { shown, rebuilt: self.underway.get(follower).map(|rebuilt| rebuilt.revision) }
    }

    pub fn followed(&self, follower: &str, bucket: Bucket) -> u64 {
        self.underway.get(follower).and_then(|rebuilt| rebuilt.followed.get(&bucket)).copied().unwrap_or(0)
    }

    pub fn write(&mut self, follower: &str, followed: &Followed) -> Result<(), StoreError> {
        let Some(rebuilt) = self.underway.get_mut(follower) else { return Err(none(follower)) };
        let at = rebuilt.followed.entry(followed.bucket).or_default();
        write(followed, at, &mut rebuilt.tables, &mut rebuilt.sums)
    }
}

fn none(follower: &str) -> StoreError {
    StoreError::Conflict { what: format!("no tables of the follower {follower} are rebuilt") }
}

impl Committed {
    pub fn rebuild(&mut self, follower: &str, revision: u32) -> Result<Rebuild, StoreError> {
        let made_by = self.rebuilds.made_by(follower);
        made_by.check(follower, revision)?;
        let has_followed = self.followed.iter().any(|((name, _), to)| name == follower && *to > 0);
        if made_by.shown == revision || !has_followed {
            self.rebuilds.underway.remove(follower);
            self.rebuilds.shown.insert(follower.to_owned(), revision);
            return Ok(Rebuild::Over);
        }
        if made_by.rebuilt != Some(revision) {
            self.rebuilds.underway.insert(follower.to_owned(), Rebuilt { revision, ..Rebuilt::default() });
        }
        Ok(Rebuild::Underway)
    }

    pub fn show_rebuilt(&mut self, follower: &str) -> Result<bool, StoreError> {
        let Some(rebuilt) = self.rebuilds.underway.get(follower) else { return Err(none(follower)) };
        let of_follower = self.followed.iter().filter(|((name, _), _)| name == follower);
        let is_as_far = |((_, bucket), to): (&(String, Bucket), &u64)| rebuilt.followed.get(bucket).unwrap_or(&0) >= to;
        let is_early = scrip_faults::is(Fault::RebuiltShownEarly);
        if !is_early && !of_follower.clone().all(is_as_far) {
            return Ok(false);
        }
        let Rebuilt { revision, tables, sums, followed } =
            self.rebuilds.underway.remove(follower).expect("it was there just now");
        match kept_by(follower) {
            Some(table) => Arc::make_mut(&mut self.sums).replace(table, &sums),
            None => self.tables = tables,
        }
        if !is_early {
            self.followed.retain(|(name, _), _| name != follower);
            self.followed.extend(followed.into_iter().map(|(bucket, to)| ((follower.to_owned(), bucket), to)));
        }
        self.rebuilds.shown.insert(follower.to_owned(), revision);
        Ok(true)
    }
}
