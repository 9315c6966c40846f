use scrip_core::{
    id::{CampaignId, EventId, IdSource},
    ledger::EntryKind,
    money::Currency,
    name::{AccountId, LineId, OrderId, SellerId},
    slot::Slot,
    time::Timestamp,
};
use scrip_desk::LedgerEntryRow;
use serde::Serialize;
use utoipa::ToSchema;

/// Postings that add up to zero.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct LedgerEntryDocument {
    /// The event that it is.
    pub id: EventId,
    pub kind: EntryKind,
    pub at: Timestamp,
    pub currency: Currency,
    pub account: AccountId,
    pub order: OrderId,
    pub postings: Vec<PostingDocument>,
}

/// One side: a debit or a credit.
#[derive(Serialize, ToSchema)]
#[schema(as = Posting)]
pub struct PostingDocument {
    /// `funder:platform`, `funder:seller:<id>`, `discount:<account>/<order>`, `face_value:<campaign>`, `forfeited:<campaign>`,
    /// with ids percent-encoded.
    pub ledger_account: String,
    pub debit: u64,
    pub credit: u64,
    pub campaign: CampaignId,
    pub seller: Option<SellerId>,
    pub line: Option<LineId>,
}

impl LedgerEntryDocument {
    pub fn new(row: &LedgerEntryRow) -> Self {
        struct Position(u64);
        impl IdSource for Position {
            fn random(&mut self) -> u64 {
                self.0
            }
        }
        Self {
            id: EventId::new(row.at, Slot::from_u16(0), &mut Position(row.position)),
            kind: row.entry.kind(),
            at: row.at,
            currency: row.entry.currency(),
            account: row.account.clone(),
            order: row.order.clone(),
            postings: row
                .entry
                .postings()
                .iter()
                .map(|posting| PostingDocument {
                    ledger_account: posting.account.to_string(),
                    debit: posting.amount.max(0).unsigned_abs(),
                    credit: posting.amount.min(0).unsigned_abs(),
                    campaign: posting.campaign,
                    seller: posting.seller.clone(),
                    line: posting.line.clone(),
                })
                .collect(),
        }
    }
}
