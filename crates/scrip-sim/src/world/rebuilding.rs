//! A build with newer rules is started on tables that older ones made.

use scrip_core::slot::Bucket;
use scrip_engine::PEOPLE;
use scrip_store::{
    Followed, Store, StoreError, TableSet,
    people::{Change, Row},
    sums::{self, Added},
};

use super::World;
use crate::model::{Checked, must};

impl World {
    /// Every process ends, and begins again with newer rules than those by which the tables were made.
    pub(super) fn upgrade(&mut self) -> Checked {
        for node in 0..self.nodes.len() {
            self.crash(node);
        }
        self.spoil().map_err(|error| error.to_string())?;
        self.tally.upgrades += 1;
        for node in 0..self.nodes.len() {
            self.start(node);
        }
        Ok(())
    }

    /// Of what older rules made some is otherwise, and some isn't there.
    fn spoil(&mut self) -> Result<(), StoreError> {
        let mut snapshot = self.store.snapshot()?;
        let mut wrong = Vec::new();
        for row in snapshot.all_rows()? {
            if self.chance.percent(70) {
                continue;
            }
            match row {
                Row::Coupon(row) => wrong.push(Change::CouponGone(row.id).into()),
                Row::Order(row) => wrong.push(Change::OrderEmptied { account: row.account, order: row.id }.into()),
                Row::Campaign(mut row) => {
                    row.name.push('!');
                    wrong.push(Row::Campaign(row));
                }
                _ => {}
            }
        }
        let bucket = Bucket::FIRST;
        let at = snapshot.followed(PEOPLE, bucket)?;
        let window = |at, rows, added| Followed { bucket, from: at, to: at, rows, added };
        self.store.projection(PEOPLE)?.write(TableSet::Shown, &window(at, wrong, Vec::new()))?;
        self.store.made_by_older_rules(PEOPLE);
        for &table in sums::ALL {
            // Each doubled: so much is never taken off.
            let (at, sums) = (snapshot.followed(table.name, bucket)?, snapshot.sums(table, None)?);
            self.store
                .projection(table.name)?
                .write(TableSet::Shown, &window(at, Vec::new(), vec![Added { to: table, sums }]))?;
            self.store.made_by_older_rules(table.name);
        }
        Ok(())
    }

    /// A step of a node that makes tables anew.
    pub(super) fn rebuild_some(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        for rebuilding in &mut self.nodes[node].rebuilding {
            match rebuilding.step() {
                Ok(_) => self.tally.rebuilding += 1,
                Err(StoreError::Unavailable { .. }) => {}
                Err(error) => return Err(format!("the tables of {} can't be rebuilt: {error}", rebuilding.name())),
            }
        }
        Ok(())
    }

    /// Every node comes to the end of it.
    pub(super) fn rebuild_all(&mut self) -> Checked {
        for node in &mut self.nodes {
            for rebuilding in &mut node.rebuilding {
                rebuilding.finish().map_err(|error| error.to_string())?;
            }
            let is_rebuilding = node.engine.as_ref().is_some_and(scrip_engine::Engine::is_rebuilding);
            must!(!is_rebuilding, "a node rebuilds tables for ever");
        }
        Ok(())
    }
}
