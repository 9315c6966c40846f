//! Tables `ledger_entry` and `ledger_posting`.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, ToSql, params};
use scrip_core::{
    id::CampaignId,
    ledger::{Entry, Posting},
    money::Currency,
    name::{AccountId, LineId, OrderId, SellerId},
    slot::Bucket,
    time::Timestamp,
};
use scrip_store::{
    StoreError,
    people::{LedgerEntryRow, words},
};

use super::upsert::{Table, Upsert, Writing};
use crate::{
    column::{instant, limit as sql_limit, parse, parse_optional, signed, unsigned},
    statement::Prepared,
};

const OPERATION: &str = "reading the ledger";

static ENTRY: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "ledger_entry",
        key: &["bucket", "position"],
        rest: &["at_us", "account", "order_id", "kind", "currency"],
    })
});

static POSTING: LazyLock<Writing> = LazyLock::new(|| {
    Writing::of(&Table {
        name: "ledger_posting",
        key: &["bucket", "position", "number"],
        rest: &["ledger_account", "amount", "campaign", "seller", "line"],
    })
});

/// Writes an entry with its postings.
pub(super) struct Ledger<'c> {
    entry: Upsert<'c>,
    posting: Upsert<'c>,
    /// Of an entry that is written again with fewer.
    surplus: Prepared<'c>,
}

impl<'c> Ledger<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        let surplus = "DELETE FROM ledger_posting WHERE bucket = ?1 AND position = ?2 AND number >= ?3";
        Self {
            entry: Upsert::new(connection, &ENTRY),
            posting: Upsert::new(connection, &POSTING),
            surplus: Prepared::new(connection, surplus, "deleting a posting's row"),
        }
    }

    pub(super) fn write(&mut self, row: &LedgerEntryRow) -> Result<(), StoreError> {
        let (bucket, position) = (row.bucket.get(), signed(row.position));
        self.entry.write(params![
            bucket,
            position,
            row.at.micros(),
            row.account.as_str(),
            row.order.as_str(),
            row.entry.kind().as_str(),
            row.entry.currency().code(),
        ])?;
        let mut number = 0_u32;
        for posting in row.entry.postings() {
            self.posting.write(params![
                bucket,
                position,
                number,
                posting.account.to_string(),
                posting.amount,
                posting.campaign.to_string(),
                posting.seller.as_ref().map(SellerId::as_str),
                posting.line.as_ref().map(LineId::as_str),
            ])?;
            number += 1;
        }
        self.surplus.execute(params![bucket, position, number]).map(drop)
    }
}

/// By position, those after `after`.
pub(crate) fn list(
    connection: &Connection,
    bucket: Bucket,
    after: u64,
    limit: usize,
) -> Result<Vec<LedgerEntryRow>, StoreError> {
    let sql = "SELECT bucket, position, at_us, account, order_id, kind, currency FROM ledger_entry
        WHERE bucket = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
    let params = params![bucket.get(), signed(after), sql_limit(limit)];
    let entries = super::read(connection, OPERATION, sql, params, entry)?;
    let Some((first, last)) = entries.first().zip(entries.last()) else { return Ok(vec![]) };
    let sql = "SELECT bucket, position, ledger_account, amount, campaign, seller, line FROM ledger_posting
        WHERE bucket = ?1 AND position BETWEEN ?2 AND ?3 ORDER BY position, number";
    let params = params![bucket.get(), signed(first.position), signed(last.position)];
    let postings = super::read(connection, OPERATION, sql, params, posting)?;
    joined(entries, postings)
}

/// Of all buckets, by bucket and position, those after `after`.
pub(super) fn page(
    connection: &Connection,
    after: Option<(Bucket, u64)>,
    limit: usize,
) -> Result<Vec<LedgerEntryRow>, StoreError> {
    let select = "SELECT bucket, position, at_us, account, order_id, kind, currency FROM ledger_entry";
    let after = after.map(|(bucket, position)| (bucket.get(), signed(position)));
    let after: Vec<&dyn ToSql> = after.iter().flat_map(|(bucket, position)| [bucket as &dyn ToSql, position]).collect();
    let entries = super::page(connection, OPERATION, (select, "bucket, position"), &after, limit, entry)?;
    let Some((first, last)) = entries.first().zip(entries.last()) else { return Ok(vec![]) };
    let sql = "SELECT bucket, position, ledger_account, amount, campaign, seller, line FROM ledger_posting
        WHERE (bucket, position) >= (?1, ?2) AND (bucket, position) <= (?3, ?4) ORDER BY bucket, position, number";
    let params = params![first.bucket.get(), signed(first.position), last.bucket.get(), signed(last.position)];
    joined(entries, super::read(connection, OPERATION, sql, params, posting)?)
}

/// An entry without its postings, as its row has it.
struct EntryColumns {
    bucket: Bucket,
    position: u64,
    at: Timestamp,
    account: AccountId,
    order: OrderId,
    kind: String,
    currency: Currency,
}

/// A posting and the entry that it belongs to; its account still as text.
struct PostingColumns {
    bucket: Bucket,
    position: u64,
    account: String,
    amount: i64,
    campaign: CampaignId,
    seller: Option<SellerId>,
    line: Option<LineId>,
}

fn entry(row: &Row<'_>) -> rusqlite::Result<EntryColumns> {
    Ok(EntryColumns {
        bucket: Bucket::from_u16(row.get(0)?),
        position: unsigned(row, 1)?,
        at: instant(row, 2)?,
        account: parse(row, 3)?,
        order: parse(row, 4)?,
        kind: row.get(5)?,
        currency: parse(row, 6)?,
    })
}

fn posting(row: &Row<'_>) -> rusqlite::Result<PostingColumns> {
    Ok(PostingColumns {
        bucket: Bucket::from_u16(row.get(0)?),
        position: unsigned(row, 1)?,
        account: row.get(2)?,
        amount: row.get(3)?,
        campaign: parse(row, 4)?,
        seller: parse_optional(row, 5)?,
        line: parse_optional(row, 6)?,
    })
}

/// Puts each entry together with its postings; both come in order of bucket and position.
fn joined(entries: Vec<EntryColumns>, postings: Vec<PostingColumns>) -> Result<Vec<LedgerEntryRow>, StoreError> {
    let mut postings = postings.into_iter().peekable();
    let mut join = |entry: EntryColumns| {
        let at = (entry.bucket, entry.position);
        let own = std::iter::from_fn(|| postings.next_if(|posting| (posting.bucket, posting.position) == at));
        let own: Option<Vec<Posting>> = own.map(PostingColumns::parsed).collect();
        whole(&entry.kind, entry.currency, own)
            .map(|whole| LedgerEntryRow {
                bucket: entry.bucket,
                position: entry.position,
                at: entry.at,
                account: entry.account,
                order: entry.order,
                entry: whole,
            })
            .ok_or_else(|| StoreError::Damaged {
                what: format!("the ledger entry at {} of bucket {} can't be read or doesn't balance", at.1, at.0.get()),
            })
    };
    entries.into_iter().map(&mut join).collect()
}

fn whole(kind: &str, currency: Currency, postings: Option<Vec<Posting>>) -> Option<Entry> {
    Entry::new(words::entry_kind(kind)?, currency, postings?).ok()
}

impl PostingColumns {
    fn parsed(self) -> Option<Posting> {
        let account = words::ledger_account(&self.account)?;
        Some(Posting { account, amount: self.amount, campaign: self.campaign, seller: self.seller, line: self.line })
    }
}
