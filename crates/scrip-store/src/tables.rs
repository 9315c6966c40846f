//! The tables for people: written by followers of the journal, read for lists and reports.

use std::time::Duration;

use scrip_core::{
    id::{CampaignId, CouponId},
    name::AccountId,
    slot::Bucket,
};

use crate::{
    StoreError,
    people::{CodeRow, DistributionRow, LedgerEntryRow, OrderCursor, OrderFilter, Page, Row, TableName},
    sums::{Added, Sum, SumTable},
};

/// Which of a follower's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableSet {
    /// Those that lists and reports are answered from.
    Shown,
    /// Those that are made anew beside them, by newer rules.
    Rebuilt,
}

/// What a follower of the journal writes at once, and how far it comes by that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Followed {
    pub bucket: Bucket,
    /// The position of the last event that it followed before.
    pub from: u64,
    /// And now. Not beyond the journal's head.
    pub to: u64,
    /// Upserted in their order.
    pub rows: Vec<Row>,
    /// Added to tables of sums, in this order.
    pub added: Vec<Added>,
}

impl Followed {
    /// What a backend answers when the follower isn't at `from`, but at `found`.
    pub fn conflict(&self, found: u64) -> StoreError {
        let Self { bucket, from, .. } = self;
        StoreError::Conflict { what: format!("bucket {} was followed to {found}, not to {from}", bucket.get()) }
    }
}

/// By which revisions of its rules a follower made its tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MadeBy {
    /// Those that are shown; 0: before this was kept.
    pub shown: u32,
    /// Those that are made beside them, while they are.
    pub rebuilt: Option<u32>,
}

impl MadeBy {
    /// What a newer build only began to make beside them is no trouble: it goes.
    ///
    /// Errors: [`StoreError::Damaged`] if those that are shown are of newer rules than this build knows.
    pub fn check(self, follower: &str, known: u32) -> Result<(), StoreError> {
        let shown = self.shown;
        if shown <= known {
            return Ok(());
        }
        let what = format!(
            "the tables of the follower {follower} are of revision {shown}, which a newer Scrip made; this one knows {known}"
        );
        Err(StoreError::Damaged { what })
    }
}

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rebuild {
    /// The tables that are shown are of this revision, and nothing is beside them.
    Over,
    /// What is left beside them of an earlier rebuild is being removed, a part a call.
    Clearing,
    /// The tables beside them take windows, from where they are.
    Underway,
}

/// Writes what one follower makes of the journal, beside the sequencers: they go first. The follower has the table of sums that is
/// called as it is, or else all tables for people.
pub trait Projection: Send {
    /// Upserts the rows, adds to the sums and notes how far the follower came, all or nothing. It needn't be on the device when this
    /// returns: what is lost with the power is lost whole, and followed again. What belongs to an order may come before it. Answers for
    /// how long sequencers were kept from writing.
    ///
    /// Errors: [`StoreError::Conflict`] if the follower isn't at [`Followed::from`]; [`StoreError::Damaged`] if a row contradicts
    /// itself, or belongs to an order that has none, or a sum would come to less than 0; then nothing was written. A conflict also if none
    /// are rebuilt.
    fn write(&mut self, set: TableSet, followed: &Followed) -> Result<Duration, StoreError>;

    /// Has the tables made by this revision of the follower's rules. Where nothing was followed yet those that are shown are; otherwise
    /// empty ones are made beside them, with a position of their own, and those that are shown go on being written and read. What another
    /// revision began to make there goes first. Asked again it goes on, whichever process began.
    ///
    /// Errors: those of [`MadeBy::check`].
    fn rebuild(&mut self, revision: u32) -> Result<Rebuild, StoreError>;

    /// Puts the tables that were made beside those that are shown in their place, with their position, at once for every reader; but not
    /// before they have come as far in every bucket. Answers whether it did. Those that were shown are removed by
    /// [`Projection::rebuild`].
    ///
    /// Errors: [`StoreError::Conflict`] if none are made.
    fn show_rebuilt(&mut self) -> Result<bool, StoreError>;
}

/// Reads lists and reports.
pub trait ReadTables {
    /// The position of the last event of a bucket that the follower's rows are made of; 0: of none yet.
    fn followed(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError>;

    /// By which rules the follower's tables are made.
    fn made_by(&mut self, follower: &str) -> Result<MadeBy, StoreError>;

    /// As [`ReadTables::followed`], of the tables that are made beside those that are shown.
    fn rebuilt(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError>;

    /// Which account holds a coupon.
    fn coupon_owner(&mut self, coupon: CouponId) -> Result<Option<AccountId>, StoreError>;

    /// Orders across accounts, newest first, at most `limit`.
    fn orders(&mut self, filter: &OrderFilter, limit: usize) -> Result<Vec<OrderCursor>, StoreError>;

    /// A page of a table's list, as [`crate::people::Table::LISTS`] has it.
    fn page(&mut self, table: TableName, page: &Page<'_>) -> Result<Vec<Row>, StoreError>;

    /// Ledger entries of a bucket by position, oldest first, those after `after`, at most `limit`.
    fn ledger_entries(&mut self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<LedgerEntryRow>, StoreError> {
        let page = LedgerEntryRow::page_of_bucket(bucket, after, limit);
        let rows = self.page(TableName::LedgerEntry, &page)?.into_iter();
        Ok(rows.filter_map(|row| if let Row::LedgerEntry(row) = row { Some(row) } else { None }).collect())
    }

    /// A campaign's codes in the order in which they were added, those after `after`, at most `limit`.
    fn codes(
        &mut self,
        campaign: CampaignId,
        after: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<CodeRow>, StoreError> {
        let page = CodeRow::page_of_campaign(campaign, after, limit);
        let rows = self.page(TableName::Code, &page)?.into_iter();
        Ok(rows.filter_map(|row| if let Row::Code(row) = row { Some(row) } else { None }).collect())
    }

    /// The rows of a table of sums by their keys; `first`: those whose key begins with it.
    fn sums(&mut self, table: &SumTable, first: Option<&str>) -> Result<Vec<Sum>, StoreError>;

    /// Claims, redemptions and cost by channel and source, of one campaign or of all: added up from rows, all of which it reads.
    fn distribution(&mut self, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, StoreError>;
}
