//! The tables for people: plain rows for lists, reports, the console and anyone's SQL. Decisions never read them.
//!
//! A follower of the journal writes them: a row whole (an upsert by its key), or what an event says anew of rows that are there.

mod check;
pub mod words;

use scrip_core::{
    code::SecretNumber,
    id::{CampaignId, CouponId, JobId},
    ledger::Entry,
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, IndividualId, LineId, OrderId, ProductId, RefundName, SellerId, SourceName},
    slot::Bucket,
    time::Timestamp,
};

/// A table for people whose key doesn't begin with an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableBesideAccounts {
    Campaign,
    Coupon,
    LedgerEntry,
    Code,
}

/// One row, upserted by the fields marked as key; or what changes of one, if it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Row {
    Campaign(CampaignRow),
    /// The draft was deleted.
    CampaignGone(CampaignId),
    Coupon(CouponRow),
    /// What was last done with the coupon, as in [`CouponRow`].
    CouponState {
        coupon: CouponId,
        state: &'static str,
        order: Option<OrderId>,
        held_until: Option<Timestamp>,
    },
    /// The coupon was voided: it never was.
    CouponGone(CouponId),
    /// The order has another cart: its lines and transactions are gone; those that it has now follow.
    OrderEmptied {
        account: AccountId,
        order: OrderId,
    },
    Order(OrderRow),
    OrderLine(OrderLineRow),
    OrderTransaction(OrderTransactionRow),
    Redemption(RedemptionRow),
    /// Of a coupon that isn't on the order any more: what it came to and what became of it, where that changed.
    RedemptionChanged {
        account: AccountId,
        order: OrderId,
        coupon: CouponId,
        discount: Option<Amount>,
        state: Option<&'static str>,
    },
    Refund(RefundRow),
    RefundMetadata {
        account: AccountId,
        order: OrderId,
        refund: RefundName,
        metadata: Members,
    },
    LedgerEntry(LedgerEntryRow),
    Code(CodeRow),
}

impl Row {
    /// Whose account the row belongs to, where it says so.
    pub const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Coupon(row) => Some(&row.account),
            Self::Order(row) => Some(&row.account),
            Self::OrderLine(row) => Some(&row.account),
            Self::OrderTransaction(row) => Some(&row.account),
            Self::Redemption(row) => Some(&row.account),
            Self::Refund(row) => Some(&row.account),
            Self::LedgerEntry(row) => Some(&row.account),
            Self::OrderEmptied { account, .. }
            | Self::RedemptionChanged { account, .. }
            | Self::RefundMetadata { account, .. } => Some(account),
            Self::Campaign(_)
            | Self::CampaignGone(_)
            | Self::CouponState { .. }
            | Self::CouponGone(_)
            | Self::Code(_) => None,
        }
    }

    /// Which campaign it is, or whose code.
    pub const fn of_campaign(&self) -> Option<CampaignId> {
        match self {
            Self::Campaign(row) => Some(row.id),
            Self::CampaignGone(campaign) => Some(*campaign),
            Self::Code(row) => Some(row.campaign),
            Self::Coupon(_)
            | Self::CouponState { .. }
            | Self::CouponGone(_)
            | Self::OrderEmptied { .. }
            | Self::Order(_)
            | Self::OrderLine(_)
            | Self::OrderTransaction(_)
            | Self::Redemption(_)
            | Self::RedemptionChanged { .. }
            | Self::Refund(_)
            | Self::RefundMetadata { .. }
            | Self::LedgerEntry(_) => None,
        }
    }
}

/// Table `campaign`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignRow {
    /// Key.
    pub id: CampaignId,
    pub name: String,
    /// `None`: the platform.
    pub seller: Option<SellerId>,
    pub currency: Currency,
    /// `draft`, `published`, `paused`, `ended`.
    pub stage: &'static str,
    pub created_at: Timestamp,
    /// Whoever wrote it.
    pub metadata: Members,
}

/// Table `coupon`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponRow {
    /// Key.
    pub id: CouponId,
    pub account: AccountId,
    pub individual: IndividualId,
    pub campaign: CampaignId,
    pub claimed_at: Timestamp,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    /// As in the API: `web`, `social` …
    pub channel: &'static str,
    pub source: Option<SourceName>,
    /// `valid`, `inactive`, `used`, `reclaimed`, `pending`. Expired is `valid` with `expires_at` passed.
    pub state: &'static str,
    /// Of an inactive one always; of a used one unless it was used in another system before.
    pub order: Option<OrderId>,
    /// Inactive on an unpaid order: valid again from here.
    pub held_until: Option<Timestamp>,
}

/// Table `orders`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderRow {
    /// Key, with `id`.
    pub account: AccountId,
    pub id: OrderId,
    pub currency: Currency,
    /// `placed`, `paid`, `closed`, `cancelled`. A placed one whose hold ran out is cancelled.
    pub status: &'static str,
    /// `none`, `partial`, `full`.
    pub refunded: &'static str,
    pub placed_at: Timestamp,
    pub hold_expires_at: Timestamp,
    pub paid_at: Option<Timestamp>,
    pub subtotal: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    pub total: Amount,
    /// Whoever wrote it.
    pub metadata: Members,
}

/// Table `order_line`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderLineRow {
    /// Key, with `order` and `line`.
    pub account: AccountId,
    pub order: OrderId,
    pub line: LineId,
    pub seller: SellerId,
    pub product: ProductId,
    pub unit_price: Amount,
    pub quantity: u32,
    pub on_sale: bool,
    pub discount: Amount,
    pub units_refunded: u32,
    pub cash_refunded: Amount,
}

/// Table `order_transaction`: one seller's part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderTransactionRow {
    /// Key, with `order` and `seller`.
    pub account: AccountId,
    pub order: OrderId,
    pub seller: SellerId,
    /// `open`, `closed`, `refunded`, `cancelled`.
    pub state: &'static str,
    /// As of its order: what a seller's list is ordered by.
    pub placed_at: Timestamp,
}

/// Table `redemption`: a coupon on an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedemptionRow {
    /// Key, with `order` and `coupon`.
    pub account: AccountId,
    pub order: OrderId,
    pub coupon: CouponId,
    pub campaign: CampaignId,
    pub channel: &'static str,
    pub source: Option<SourceName>,
    pub discount: Amount,
    /// What refunds reversed of it.
    pub reversed: Amount,
    /// `held`, `used`, `returned`, `released`.
    pub state: &'static str,
}

/// Table `refund`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundRow {
    /// Key, with `order` and `id`.
    pub account: AccountId,
    pub order: OrderId,
    pub id: RefundName,
    pub at: Timestamp,
    pub amount: Amount,
    pub goods: Amount,
    pub shipping: Amount,
    /// Whoever wrote it.
    pub metadata: Members,
}

/// Tables `ledger_entry` and `ledger_posting`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerEntryRow {
    /// Key, with `position`.
    pub bucket: Bucket,
    pub position: u64,
    pub at: Timestamp,
    pub account: AccountId,
    pub order: OrderId,
    pub entry: Entry,
}

/// Table `code`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRow {
    /// Key, with `position` and `number`.
    pub campaign: CampaignId,
    /// Where in the journal of the campaign's bucket it was added; `number` is its index in that event.
    pub position: u64,
    pub number: u32,
    pub job: Option<JobId>,
    pub source: Option<SourceName>,
    /// `shared`, `unique`.
    pub kind: &'static str,
    /// A shared code itself; of a unique one its last four symbols.
    pub label: String,
    /// A unique code, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// The secret of codes that it was hashed and encrypted with.
    pub secret: SecretNumber,
}

/// Which orders, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    pub account: Option<AccountId>,
    /// Unique in an account only.
    pub id: Option<OrderId>,
    pub seller: Option<SellerId>,
    /// `placed`, `paid`, `closed` or `cancelled`, as of `now`.
    pub status: Option<&'static str>,
    /// Placed at this time or later.
    pub from: Option<Timestamp>,
    /// Placed before this time.
    pub until: Option<Timestamp>,
    pub now: Timestamp,
    /// Those that come after this one in the order of the list: (placed at, account, order), all descending.
    pub after: Option<OrderCursor>,
}

/// Where an order stands in lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OrderCursor {
    pub placed_at: Timestamp,
    pub account: AccountId,
    pub order: OrderId,
}

/// What a channel and source brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DistributionRow {
    pub campaign: CampaignId,
    pub channel: String,
    pub source: Option<SourceName>,
    /// Coupons in wallets by this channel and source.
    pub claimed: u64,
    /// Coupons on paid orders that count.
    pub redeemed: u64,
    /// Coupons on orders that aren't paid.
    pub on_unpaid: u64,
    /// Discounts of paid orders, less what refunds reversed. In the campaign's currency.
    pub cost: Amount,
}
