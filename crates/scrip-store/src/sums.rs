//! Tables of sums: what a report shows, kept up by a follower of the journal, so that the report costs what it shows and not what
//! is stored.
//!
//! A follower hands over what its window adds; the store writes that together with how far the follower came, and refuses a window
//! that doesn't begin there: so everything is added once.

use crate::StoreError;

/// A table of sums for people. Its follower has its name.
#[derive(PartialEq, Eq, Debug)]
pub struct SumTable {
    pub name: &'static str,
    /// Its key: texts, none of them NULL; what isn't there is the empty text.
    pub key: &'static [&'static str],
    /// What is added up: integers, never below 0. A row whose figures are all 0 isn't there.
    pub figures: &'static [&'static str],
}

/// Table `distribution`: what each channel and source brought of a campaign, as in [`DistributionRow`](crate::people::DistributionRow).
pub static DISTRIBUTION: SumTable = SumTable {
    name: "distribution",
    key: &["campaign", "channel", "source"],
    figures: &["claimed", "redeemed", "on_unpaid", "cost"],
};

/// Every table of sums.
pub static ALL: &[&SumTable] = &[&DISTRIBUTION];

/// The table of sums that a follower of this name keeps.
pub fn kept_by(follower: &str) -> Option<&'static SumTable> {
    ALL.iter().copied().find(|table| table.name == follower)
}

/// A row, or what is added to one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// As many as the table's key has columns.
    pub key: Vec<String>,
    /// As many as the table has figures, in their order.
    pub figures: Vec<i64>,
}

/// What a follower adds to its table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    pub to: &'static SumTable,
    pub sums: Vec<Sum>,
}

impl SumTable {
    /// What a backend answers when a figure would come to less than 0, or to more than can be counted.
    pub fn out_of_range(&self, sum: &Sum) -> StoreError {
        StoreError::Damaged { what: format!("table {}: {:?} can't be added to {:?}", self.name, sum.figures, sum.key) }
    }
}
