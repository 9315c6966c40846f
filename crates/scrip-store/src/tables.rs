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

/// Writes what one follower makes of the journal, beside the sequencers: they go first.
pub trait Projection: Send {
    /// Upserts the rows, adds to the sums and notes how far the follower came, all or nothing. It needn't be on the device when this
    /// returns: what is lost with the power is lost whole, and followed again. What belongs to an order may come before it. Answers for
    /// how long sequencers were kept from writing.
    ///
    /// Errors: [`StoreError::Conflict`] if the follower isn't at [`Followed::from`]; [`StoreError::Damaged`] if a row contradicts
    /// itself, or belongs to an order that has none, or a sum would come to less than 0; then nothing was written.
    fn write(&mut self, followed: &Followed) -> Result<Duration, StoreError>;
}

/// Reads lists and reports.
pub trait ReadTables {
    /// The position of the last event of a bucket that the follower's rows are made of; 0: of none yet.
    fn followed(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError>;

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
