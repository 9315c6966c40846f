//! What happened, in the past tense, with all that is needed to rebuild the state. State changes in no other way.

use minicbor::{Decode, Encode};

use crate::{
    api_key::ApiKey,
    campaign::{Campaign, Counters, Terms},
    cart::Cart,
    code::{Code, NewCode, SecretNumber},
    discount::Applied,
    exchange::{FencingNumber, Lease, Pool},
    id::{CampaignId, CodeHash, CouponId, JobId, KeyId},
    idempotency::{Holder, UsedKey},
    ledger::Entry,
    metadata::Metadata,
    money::Amount,
    name::{AccountId, IndividualId, OrderId, RefundName, SellerId, SourceName},
    order::{Order, OrderCoupon, Refund},
    slot::Bucket,
    status::PausedBy,
    time::Timestamp,
    wallet::Coupon,
};

/// An event at its position in a bucket's journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub position: u64,
    pub at: Timestamp,
    pub event: Event,
}

/// Whose business an event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// What people did with campaigns, codes, coupons, orders and money.
    Business,
    /// What only moves something from one bucket to another: no rule knows of it.
    Exchange,
    /// What Scrip needs to run: keys, idempotency, where coupons stand.
    Housekeeping,
}

/// An id, or something that has one.
trait Named<Id> {
    fn named(&self) -> &Id;
}

macro_rules! named {
    ($($id:ty: $(. $field:ident)? $thing:ty;)*) => {
        $(impl Named<$id> for $thing {
            fn named(&self) -> &$id {
                &self$(.$field)?
            }
        })*
    };
}

named! {
    AccountId: AccountId;
    OrderId: OrderId;
    OrderId: .id Order;
    CampaignId: CampaignId;
    CampaignId: .id Campaign;
    CouponId: CouponId;
    CouponId: .id Coupon;
}

/// The id in the field of this name, if there is one. Fields come twice: to compare the name, and as the binding.
macro_rules! id_in {
    (account [account $binding:ident $($rest:ident)*]) => { Some($binding.named()) };
    (order [order $binding:ident $($rest:ident)*]) => { Some($binding.named()) };
    (campaign [campaign $binding:ident $($rest:ident)*]) => { Some($binding.named()) };
    (coupon [coupon $binding:ident $($rest:ident)*]) => { Some($binding.named()) };
    ($name:ident [$other:ident $binding:ident $($rest:ident)*]) => { id_in!($name [$($rest)*]) };
    ($name:ident []) => { None };
}

macro_rules! events {
    ($($(#[$doc:meta])* $number:literal $group:ident $name:ident = $type:literal { $($index:literal $field:ident: $kind:ty,)* })*) => {
        /// Everything that can happen. Numbers are stored for ever: append, never renumber; new fields optional.
        #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
        pub enum Event {
            $(
                $(#[$doc])*
                #[n($number)]
                #[cbor(map)]
                $name { $(#[n($index)] $field: $kind,)* },
            )*
        }

        impl Event {
            /// The type in the feed.
            pub const fn type_name(&self) -> &'static str {
                match self { $(Self::$name { .. } => $type,)* }
            }

            /// Every type, in order of its number.
            pub const TYPES: &[&str] = &[$($type),*];

            pub const fn group(&self) -> Group {
                match self { $(Self::$name { .. } => Group::$group,)* }
            }

            /// The order in its field `order`.
            #[allow(unused_variables, reason = "most events have other fields too")]
            pub fn order(&self) -> Option<&OrderId> {
                match self { $(Self::$name { $($field),* } => id_in!(order [$($field $field)*]),)* }
            }

            #[allow(unused_variables, reason = "most events have other fields too")]
            fn in_field_coupon(&self) -> Option<&CouponId> {
                match self { $(Self::$name { $($field),* } => id_in!(coupon [$($field $field)*]),)* }
            }

            #[allow(unused_variables, reason = "most events have other fields too")]
            fn in_field_account(&self) -> Option<&AccountId> {
                match self { $(Self::$name { $($field),* } => id_in!(account [$($field $field)*]),)* }
            }

            #[allow(unused_variables, reason = "most events have other fields too")]
            fn in_field_campaign(&self) -> Option<&CampaignId> {
                match self { $(Self::$name { $($field),* } => id_in!(campaign [$($field $field)*]),)* }
            }
        }
    };
}

events! {
    /// `metadata`: none where none was given.
    0 Business CampaignCreated = "campaign.created" {
        0 campaign: CampaignId, 1 terms: Terms, 2 at: Timestamp, 80 metadata: Option<Metadata>,
    }
    /// `metadata`: all of it as it is now, where it changed. `same_lists`: which lists of the scope stay
    /// ([`Scope::without_same`](crate::campaign::Scope::without_same)).
    1 Business CampaignChanged = "campaign.changed" {
        0 campaign: CampaignId, 1 terms: Terms, 2 counters: Counters, 80 metadata: Option<Metadata>, 81 same_lists: Option<u8>,
    }
    2 Business CampaignPublished = "campaign.published" { 0 campaign: CampaignId, 1 counters: Counters, }
    3 Business CampaignPaused = "campaign.paused" { 0 campaign: CampaignId, 1 counters: Counters, 2 by: Option<PausedBy>, }
    4 Business CampaignResumed = "campaign.resumed" { 0 campaign: CampaignId, 1 counters: Counters, }
    5 Business CampaignEnded = "campaign.ended" { 0 campaign: CampaignId, 1 counters: Counters, }
    6 Business SharedCodeAdded = "code.shared_added" {
        0 campaign: CampaignId, 1 hash: CodeHash, 2 text: String, 3 max_uses: Option<u32>, 4 source: Option<SourceName>,
        5 request: Option<minicbor::bytes::ByteArray<16>>, 40 secret: Option<SecretNumber>,
    }
    /// `seller`: who asked, if it was one.
    7 Business CodesRequested = "code.unique_requested" {
        0 campaign: CampaignId, 1 job: JobId, 2 total: u32, 3 prefix: Option<String>, 4 source: Option<SourceName>, 5 at: Timestamp,
        70 seller: Option<SellerId>,
    }
    8 Business UniqueCodesAdded = "code.unique_added" {
        0 campaign: CampaignId, 1 job: JobId, 2 codes: Vec<NewCode>, 3 source: Option<SourceName>,
    }
    9 Business CouponClaimed = "coupon.claimed" {
        0 account: AccountId, 1 individual: IndividualId, 2 coupon: Coupon, 3 code: Option<CodeHash>,
    }
    /// `counted`: as a claim, for stock, counters and the individual's count. What earlier builds imported isn't.
    10 Business CouponImported = "coupon.imported" {
        0 account: AccountId, 1 individual: IndividualId, 2 coupon: Coupon, 70 counted: Option<bool>,
    }
    /// Expired coupons left the live pages.
    11 Housekeeping CouponsArchived = "coupon.archived" { 0 account: AccountId, 1 coupons: Vec<CouponId>, }
    12 Business OrderPlaced = "order.placed" { 0 order: Order, }
    /// The coupon is inactive from here.
    13 Business CouponHeld = "coupon.held" {
        0 account: AccountId, 1 coupon: CouponId, 2 order: OrderId, 3 campaign: CampaignId, 4 discount: Amount, 5 held_until: Timestamp,
    }
    14 Business HoldExtended = "order.hold_extended" { 0 account: AccountId, 1 order: OrderId, 2 hold_expires_at: Timestamp, }
    15 Business OrderPaid = "order.paid" { 0 account: AccountId, 1 order: OrderId, 2 at: Timestamp, }
    16 Business DiscountFunded = "discount.funded" { 0 account: AccountId, 1 order: OrderId, 2 entry: Entry, }
    17 Business TransactionsClosed = "order.transactions_closed" { 0 account: AccountId, 1 order: OrderId, 2 sellers: Vec<SellerId>, }
    /// The whole order, before payment.
    18 Business OrderCancelled = "order.cancelled" { 0 account: AccountId, 1 order: OrderId, 2 timed_out: bool, }
    /// One seller's transaction, before payment: what the coupons that stay come to on what is left.
    19 Business SellerCancelled = "order.seller_cancelled" {
        0 account: AccountId, 1 order: OrderId, 2 seller: SellerId, 3 applied: Vec<Applied>,
    }
    20 Business OrderRefunded = "order.refunded" { 0 account: AccountId, 1 order: OrderId, 2 refund: Refund, }
    21 Business DiscountReversed = "discount.reversed" { 0 account: AccountId, 1 order: OrderId, 2 entry: Entry, }
    22 Business CouponUsed = "coupon.used" { 0 account: AccountId, 1 coupon: CouponId, 2 order: OrderId, 3 campaign: CampaignId, }
    /// By a refund.
    23 Business CouponReturned = "coupon.returned" { 0 account: AccountId, 1 coupon: CouponId, 2 order: OrderId, 3 campaign: CampaignId, }
    /// By a cancellation or time-out before payment.
    24 Business CouponReleased = "coupon.released" {
        0 account: AccountId, 1 coupon: CouponId, 2 order: OrderId, 3 campaign: CampaignId, 4 discount: Amount,
    }
    /// A code used directly on an order that was cancelled before payment: the claim never was.
    25 Business CouponVoided = "coupon.voided" {
        0 account: AccountId, 1 coupon: CouponId, 2 order: OrderId, 3 campaign: CampaignId, 4 discount: Amount, 5 code: CodeHash,
        6 source: Option<SourceName>,
    }
    26 Housekeeping DueSwept = "order.due_swept" { 0 second: u64, 1 chunk: u64, }
    27 Housekeeping KeyUsed = "idempotency.key_used" { 0 holder: Holder, 1 day: u32, 2 entry: UsedKey, }
    28 Housekeeping ApiKeyCreated = "key.created" { 0 key: ApiKey, }
    29 Housekeeping ApiKeyRevoked = "key.revoked" { 0 key: KeyId, 1 at: Timestamp, }
    /// Face value beyond the discount was lost, or came back with its coupon.
    30 Business SurplusBooked = "discount.surplus" { 0 account: AccountId, 1 order: OrderId, 2 entry: Entry, }
    /// Another cart or other coupons under the same id, before payment: all that is on the order from here. What came off
    /// was released or voided before, what is new is held after.
    31 Business OrderRevised = "order.revised" { 0 account: AccountId, 1 order: OrderId, 2 cart: Cart, 3 coupons: Vec<OrderCoupon>, }
    /// A payment came after the hold had run out and found all free that the order held: what it holds again, to be held
    /// and paid next.
    32 Business OrderRetaken = "order.retaken" { 0 account: AccountId, 1 order: OrderId, 2 coupons: Vec<OrderCoupon>, }
    /// A bucket that isn't its home knows the campaign as it is there.
    40 Exchange CampaignLearned = "campaign.learned" { 0 campaign: Campaign, }
    /// By a pool's home: counts as given out from here on.
    41 Exchange QuotaGranted = "allowance.granted" { 0 pool: Pool, 1 bucket: Bucket, 2 number: u32, 3 amount: u64, }
    42 Exchange QuotaReceived = "allowance.received" { 0 pool: Pool, 1 number: u32, 2 amount: u64, }
    43 Exchange QuotaReturned = "allowance.returned" { 0 pool: Pool, 1 number: u32, 2 amount: u64, }
    44 Exchange QuotaTakenBack = "allowance.taken_back" { 0 pool: Pool, 1 bucket: Bucket, 2 number: u32, 3 amount: u64, }
    /// In the code's home: this account alone may claim with it, in its own bucket.
    45 Exchange CodeLeased = "code.lent" { 0 hash: CodeHash, 1 lease: Lease, }
    /// In an account's bucket: a copy of the code as home has it.
    46 Exchange CodeLearned = "code.learned" { 0 hash: CodeHash, 1 code: Code, }
    /// In the account's bucket: nothing is claimed under this lease any more.
    47 Exchange LeaseClosed = "code.closed" { 0 hash: CodeHash, 1 code: Code, }
    /// In the code's home: anybody may have it again.
    48 Exchange LeaseReleased = "code.released" { 0 hash: CodeHash, 1 fencing: FencingNumber, }
    /// In the code's home: it became a coupon under the lease.
    49 Exchange LeaseConfirmed = "code.settled" { 0 hash: CodeHash, 1 fencing: FencingNumber, 2 coupon: CouponId, }
    /// In the account's bucket: the code is home again.
    50 Exchange LeaseForgotten = "code.forgotten" { 0 hash: CodeHash, 1 fencing: FencingNumber, }
    /// In the campaign's bucket: its shared code lives in another one.
    51 Exchange SharedCodeNoted = "code.shared_noted" { 0 campaign: CampaignId, 1 hash: CodeHash, }
    /// The account counts together with the others of an individual from here on.
    52 Business AccountLinked = "account.linked" { 0 account: AccountId, 1 individual: IndividualId, }
    /// Its first codes were asked for: unless its terms name channels, it is offered on `code` and `system` alone from here on.
    53 Business CampaignCoded = "campaign.coded" { 0 campaign: CampaignId, }
    /// A draft, with its codes and its jobs.
    54 Business CampaignDeleted = "campaign.deleted" { 0 campaign: CampaignId, }
    /// The codes that it has made stay.
    55 Business JobCancelled = "job.cancelled" { 0 campaign: CampaignId, 1 job: JobId, }
    /// In the campaign's bucket: it has one shared code more.
    59 Exchange SharedCodeCounted = "code.shared_counted" { 0 campaign: CampaignId, }
    /// In the code's bucket: nobody can enter it from here on. What was claimed with it stays.
    60 Business CodeRevoked = "code.revoked" { 0 campaign: CampaignId, 1 hash: CodeHash, 2 at: Timestamp, }
    /// In the campaign's bucket: so many accounts are to get coupons, each by an event of its own.
    61 Business GrantsRequested = "campaign.grants_requested" { 0 campaign: CampaignId, 1 accounts: u32, }
    /// In another bucket: so here too, whether or not it was known.
    62 Exchange CodeRevokedHere = "code.revoked_here" { 0 hash: CodeHash, 1 code: Code, }
    /// Idempotency keys whose time is over: whose, of which day.
    68 Housekeeping KeysForgotten = "idempotency.keys_forgotten" { 0 documents: Vec<(Holder, u32)>, }
    /// `metadata`: all of it as it is now.
    80 Business OrderMetadataChanged = "order.metadata_changed" { 0 account: AccountId, 1 order: OrderId, 2 metadata: Metadata, }
    /// The same of one of the order's refunds.
    81 Business RefundMetadataChanged = "refund.metadata_changed" {
        0 account: AccountId, 1 order: OrderId, 2 refund: RefundName, 3 metadata: Metadata,
    }
    /// `metadata`: all of it as it is now.
    82 Housekeeping ApiKeyMetadataChanged = "key.metadata_changed" { 0 key: KeyId, 1 metadata: Metadata, }
    /// A key was used, at least once, up to this time.
    90 Housekeeping ApiKeySeen = "key.seen" { 0 key: KeyId, 1 at: Timestamp, }
}

impl Event {
    /// The account in its field `account`; a placed order's is in the order.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::OrderPlaced { order } => Some(&order.account),
            other => other.in_field_account(),
        }
    }

    /// The coupon in its field `coupon`.
    pub fn coupon(&self) -> Option<CouponId> {
        self.in_field_coupon().copied()
    }

    /// The campaign in its field `campaign`; a new coupon's is in the coupon.
    pub fn campaign(&self) -> Option<CampaignId> {
        match self {
            Self::CouponClaimed { coupon, .. } | Self::CouponImported { coupon, .. } => Some(coupon.campaign),
            other => other.in_field_campaign().copied(),
        }
    }
}
