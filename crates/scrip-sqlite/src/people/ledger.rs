//! Table `ledger_posting`, which belongs to `ledger_entry`: an entry's row is written and read with its postings.

use rusqlite::{Connection, params};
use scrip_core::ledger::Posting;
use scrip_store::{
    StoreError, TableSet,
    people::{LedgerEntryRow, LedgerPostingRow, Row, Table as _},
};

use super::statements::{self, Writing};
use crate::{
    column::{StoredRow, bound},
    error::during,
    statement::Prepared,
};

const OPERATION: &str = "reading the ledger";

pub(super) struct Postings<'c> {
    upsert: Prepared<'c>,
    /// Of an entry that is written again with fewer.
    surplus: Prepared<'c>,
}

impl<'c> Postings<'c> {
    pub fn new(connection: &'c Connection, set: TableSet) -> Self {
        let Writing { upsert, upserting } = Writing::of_postings(set);
        let surplus = match set {
            TableSet::Shown => "DELETE FROM ledger_posting WHERE bucket = ?1 AND position = ?2 AND number >= ?3",
            TableSet::Rebuilt => {
                "DELETE FROM rebuilt_ledger_posting WHERE bucket = ?1 AND position = ?2 AND number >= ?3"
            }
        };
        Self {
            upsert: Prepared::new(connection, upsert, upserting),
            surplus: Prepared::new(connection, surplus, "deleting a posting's row"),
        }
    }

    pub fn write(&mut self, entry: &LedgerEntryRow) -> Result<(), StoreError> {
        let mut count = 0_u32;
        for posting in entry.postings() {
            self.upsert.write_one(|values| posting.write(values))?;
            count += 1;
        }
        self.surplus.execute(params![bound(&entry.bucket), bound(&entry.position), count]).map(drop)
    }
}

/// Puts each entry together with its postings. The entries come in the order of bucket and position.
pub(super) fn with_postings(connection: &Connection, entries: Vec<Row>) -> Result<Vec<Row>, StoreError> {
    let entries = entries.into_iter().filter_map(|row| if let Row::LedgerEntry(row) = row { Some(row) } else { None });
    let entries: Vec<LedgerEntryRow> = entries.collect();
    let mut postings = match entries.first().zip(entries.last()) {
        Some((first, last)) => between(connection, first, last)?.into_iter().peekable(),
        None => return Ok(Vec::new()),
    };
    let with_its_own = |entry: LedgerEntryRow| {
        let at = entry.key();
        let own = std::iter::from_fn(|| postings.next_if(|posting| (posting.bucket, posting.position) == at));
        let own: Vec<Posting> = own.map(Posting::from).collect();
        entry.with(own).map(Row::LedgerEntry).ok_or_else(|| StoreError::Damaged {
            what: format!("the ledger entry at {} of bucket {} doesn't balance", at.1, at.0.get()),
        })
    };
    entries.into_iter().map(with_its_own).collect()
}

/// The postings of all entries from the first to the last.
fn between(
    connection: &Connection,
    first: &LedgerEntryRow,
    last: &LedgerEntryRow,
) -> Result<Vec<LedgerPostingRow>, StoreError> {
    let sql = statements::postings();
    let read = || -> rusqlite::Result<Vec<_>> {
        let params = [bound(&first.bucket), bound(&first.position), bound(&last.bucket), bound(&last.position)];
        connection.prepare_cached(&sql)?.query_map(params, |row| Ok(LedgerPostingRow::read(&StoredRow(row))))?.collect()
    };
    let postings = read().map_err(during(OPERATION))?;
    let unreadable = |error| StoreError::Damaged { what: format!("{OPERATION}: {error}") };
    postings.into_iter().collect::<Result<_, _>>().map_err(unreadable)
}
