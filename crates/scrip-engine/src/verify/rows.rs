//! Rows that aren't of an account by itself: ledger entries and codes, as the journal is read; and what tables have besides.

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
};

use scrip_core::id::CampaignId;
use scrip_store::{
    Snapshot, StoreError,
    memory::Tables,
    people::{CodeRow, LedgerEntryRow, Row, TableName},
};

use super::{aside::is_put_aside, compare::Found, unfollowed::Unfollowed};

/// Rows read at once.
pub(super) const PAGE: usize = 1_000;

/// A table read from its beginning to its end.
pub(super) struct Pages {
    table: TableName,
    last: Option<Row>,
    is_over: bool,
}

impl Pages {
    pub const fn of(table: TableName) -> Self {
        Self { table, last: None, is_over: false }
    }

    /// Empty at the end.
    ///
    /// Errors: those of the store.
    pub fn next(&mut self, snapshot: &mut dyn Snapshot) -> Result<Vec<Row>, StoreError> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let page = snapshot.rows(self.table, self.last.as_ref(), PAGE)?;
        self.is_over = page.len() < PAGE;
        self.last = page.last().cloned();
        Ok(page)
    }
}

/// Whether a table is compared at the end, whole: it isn't of accounts, nor compared as the journal is read.
fn is_compared_whole(table: TableName) -> bool {
    let is_of_accounts = table.shape().is_by_account() || is_put_aside(table);
    !is_of_accounts && !matches!(table, TableName::LedgerEntry | TableName::Code)
}

/// What is known of these tables after some of the journal.
pub(super) struct RowStreams {
    ledger: Pages,
    /// Stored entries that were read and not yet met in the journal.
    entries: VecDeque<LedgerEntryRow>,
    /// Of each event that added codes: the numbers of its rows, which follow one another.
    codes: HashMap<(CampaignId, u64), Vec<Range<u32>>>,
    /// Of campaigns, and whatever else isn't of accounts.
    others: Tables,
    /// What was found. A journal that breaks later on makes it worthless.
    problems: Found,
}

impl Default for RowStreams {
    fn default() -> Self {
        Self {
            ledger: Pages::of(TableName::LedgerEntry),
            entries: VecDeque::new(),
            codes: HashMap::new(),
            others: Tables::default(),
            problems: Found::default(),
        }
    }
}

impl RowStreams {
    /// Rows of a frame's events, in order.
    ///
    /// Errors: those of the store.
    pub fn take(
        &mut self,
        snapshot: &mut dyn Snapshot,
        rows: Vec<Row>,
        unfollowed: &Unfollowed,
    ) -> Result<(), StoreError> {
        let mut rows = VecDeque::from(rows);
        while let Some(row) = rows.pop_front() {
            match row {
                Row::LedgerEntry(entry) => self.entry(snapshot, entry, unfollowed)?,
                Row::Code(code) => {
                    let place = (code.campaign, code.position);
                    let mut of_event = vec![code];
                    while let Some(Row::Code(next)) = rows
                        .pop_front_if(|next| matches!(next, Row::Code(next) if (next.campaign, next.position) == place))
                    {
                        of_event.push(next);
                    }
                    self.codes(snapshot, place, of_event, unfollowed)?;
                }
                other => self.others.write_row(other),
            }
        }
        Ok(())
    }

    /// The store has them in the same order.
    fn entry(
        &mut self,
        snapshot: &mut dyn Snapshot,
        entry: LedgerEntryRow,
        unfollowed: &Unfollowed,
    ) -> Result<(), StoreError> {
        let place = |entry: &LedgerEntryRow| (entry.bucket, entry.position);
        while self.has_entry(snapshot)? {
            let Some(stored) = self.entries.pop_front_if(|stored| place(stored) <= place(&entry)) else { break };
            if place(&stored) == place(&entry) {
                self.problems.compare_rows(&[Row::LedgerEntry(stored)], vec![Row::LedgerEntry(entry)], unfollowed);
                return Ok(());
            }
            self.problems.compare_rows(&[Row::LedgerEntry(stored)], Vec::new(), unfollowed);
        }
        self.problems.compare_rows(&[], vec![Row::LedgerEntry(entry)], unfollowed);
        Ok(())
    }

    fn has_entry(&mut self, snapshot: &mut dyn Snapshot) -> Result<bool, StoreError> {
        if self.entries.is_empty() {
            let page = self.ledger.next(snapshot)?.into_iter();
            self.entries.extend(page.filter_map(|row| if let Row::LedgerEntry(row) = row { Some(row) } else { None }));
        }
        Ok(!self.entries.is_empty())
    }

    /// Those that one event added.
    fn codes(
        &mut self,
        snapshot: &mut dyn Snapshot,
        (campaign, position): (CampaignId, u64),
        added: Vec<CodeRow>,
        unfollowed: &Unfollowed,
    ) -> Result<(), StoreError> {
        let first = added.first().map_or(0, |row| row.number);
        let numbers = first..added.last().map_or(0, |row| row.number + 1);
        let mut stored = Vec::new();
        let mut after = (position.saturating_sub(1), u32::MAX);
        loop {
            let page = snapshot.codes(campaign, Some(after), numbers.len() + 1)?;
            let is_last = page.len() <= numbers.len() || page.last().is_none_or(|last| last.position != position);
            if let Some(last) = page.last() {
                after = (last.position, last.number);
            }
            let of_event = page.into_iter().filter(|row| row.position == position && numbers.contains(&row.number));
            stored.extend(of_event.map(Row::Code));
            if is_last {
                break;
            }
        }
        self.problems.compare_rows(&stored, added.into_iter().map(Row::Code).collect(), unfollowed);
        self.codes.entry((campaign, position)).or_default().push(numbers);
        Ok(())
    }

    /// What the journals don't know, and the other tables as they are at the end.
    ///
    /// Errors: those of the store.
    pub fn end(
        mut self,
        snapshot: &mut dyn Snapshot,
        unfollowed: &Unfollowed,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        if unfollowed.is_everything() {
            return Ok(());
        }
        while self.has_entry(snapshot)? {
            let left: Vec<Row> = self.entries.drain(..).map(Row::LedgerEntry).collect();
            self.problems.compare_rows(&left, Vec::new(), unfollowed);
        }
        let mut codes = Pages::of(TableName::Code);
        loop {
            let page = codes.next(snapshot)?;
            if page.is_empty() {
                break;
            }
            let is_known = |row: &Row| match row {
                Row::Code(row) => {
                    let numbers = self.codes.get(&(row.campaign, row.position));
                    numbers.is_some_and(|numbers| numbers.iter().any(|numbers| numbers.contains(&row.number)))
                }
                _ => false,
            };
            let strangers: Vec<Row> = page.into_iter().filter(|row| !is_known(row)).collect();
            self.problems.compare_rows(&strangers, Vec::new(), unfollowed);
        }
        let mut stored = Vec::new();
        for &table in TableName::ALL.iter().filter(|table| is_compared_whole(**table)) {
            let mut pages = Pages::of(table);
            loop {
                let page = pages.next(snapshot)?;
                if page.is_empty() {
                    break;
                }
                stored.extend(page);
            }
        }
        self.problems.compare_rows(&stored, std::mem::take(&mut self.others).into_all(), unfollowed);
        found.take_rows(self.problems);
        Ok(())
    }
}
