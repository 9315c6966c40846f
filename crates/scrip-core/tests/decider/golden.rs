//! Golden bytes: every event and document that was ever written can be read, so none of these lines may change.
//!
//! `SCRIP_BLESS=1` writes the file anew: right only for what was added, or before the first release.

use std::{collections::BTreeMap, fmt::Write as _};

use minicbor::{Decoder, Encoder, data::Type};
use scrip_core::{
    api_key::{ApiKey, Role},
    campaign::{Allowance, Campaign, CampaignStage, Channel, Counters, Terms},
    code::{Code, CodeKind, Job, NewCode, SecretNumber},
    discount::{Applied, FundedUnits, Funder, LineShare, ShippingShare},
    event::Event,
    exchange::{
        ClaimedBy, FencingNumber, GrantBook, Granted, Lease, LeaseState, PendingLease, PendingLeases, Pool, Quota,
    },
    id::{CampaignId, CodeHash, CouponId, JobId, KeyId, Uid},
    idempotency::{AnswerKind, Holder, RecentKeys, UsedKey},
    individual::Individual,
    ledger::{Entry, EntryKind, LedgerAccount, Posting},
    metadata::{Changes, Metadata, Writer},
    money::{Currency, Runs},
    order::{
        CouponOutcome, Due, DueOrder, GivenBack, LineMoney, Order, OrderCoupon, OrderCouponState, OrderStage, Refund,
        RefundCoupon, RefundLocation, RefundPage, RefundedAmount, RefundedLine, RefundedOrder, RefundedShipping,
        ShippingMoney, StatusAfter, Transaction, TransactionState,
    },
    slot::{Bucket, Slot},
    state::{Aggregate, Kind, decode},
    status::PausedBy,
    time::Timestamp,
    wallet::{Coupon, CouponState, History, Origin, Wallet, WalletPage},
};
use serde_json::json;

use super::build::{account, amount, cart, line_id, order_id, refund_name, seller, source, terms};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decider/golden/v1.txt");

const AT: Timestamp = Timestamp::from_micros(1_780_000_000_123_456);
const LATER: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn campaign() -> CampaignId {
    CampaignId::from_uid(Uid::from_bytes([1; 16]))
}

fn coupon_id() -> CouponId {
    CouponId::from_uid(Uid::from_bytes([2; 16]))
}

fn job_id() -> JobId {
    JobId::from_uid(Uid::from_bytes([3; 16]))
}

fn key_id() -> KeyId {
    KeyId::from_uid(Uid::from_bytes([4; 16]))
}

const HASH: CodeHash = CodeHash::from_bytes([5; 16]);

/// Terms with every member given, and, by number, each kind of benefit and validity.
fn full_terms(kind: usize) -> Terms {
    let benefits = [
        json!({"type": "amount_off", "amount": 500}),
        json!({"type": "percent_off", "percent_bp": 1250, "cap": 700}),
        json!({"type": "tiered_amount_off", "tiers": [{"over": 0, "amount": 1}, {"over": 5000, "amount": 500}]}),
        json!({"type": "free_shipping", "cap": 300}),
    ];
    let even = kind.is_multiple_of(2);
    terms(&json!({
        "name": "Welcome 5.00",
        "issuer": if even { json!({"type": "platform"}) } else { json!({"type": "seller", "seller": "luma"}) },
        "benefit": benefits[kind],
        "minimum_spend": {
            "amount": 2000,
            "comparison": if even { "exceeds" } else { "reaches" },
            "base": if even { "after_earlier_lanes" } else { "before_discounts" },
        },
        "scope": {
            "include_on_sale": true, "products": ["p1"], "categories": ["c1"], "exclude_products": ["p2"],
            "exclude_categories": ["c2"],
        },
        "validity": if even {
            json!({"type": "after_claim", "days": 7, "time_zone": "Asia/Shanghai"})
        } else {
            json!({"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"})
        },
        "claims": {
            "starts_at": "2026-10-01T00:00:00Z", "ends_at": "2026-11-30T00:00:00Z",
            "channels": ["web", "social", "partner", "code", "system"], "sources": [{"source": "acme", "stock": 10}],
        },
        "limits": {"stock": 1000, "per_individual": 2, "budget": if even { json!(500_000) } else { json!("unlimited") }},
        "funding": [{"funder": "platform", "share_bp": 2500}, {"funder": "seller", "share_bp": 7500}],
        "stacking": {"group": "spring", "exclusive": true},
        "refund_policy": {"full_refund": if even { "return" } else { "keep" }},
    }))
}

fn counters() -> Counters {
    Counters {
        claimed: 7,
        on_orders: 2,
        used: 3,
        returned: 1,
        reclaimed: 0,
        budget_held: amount(500),
        budget_spent: amount(1_250),
    }
}

fn coupon(state: CouponState, origin: Origin) -> Coupon {
    Coupon {
        id: coupon_id(),
        campaign: campaign(),
        terms_version: 1,
        claimed_at: AT,
        starts_at: AT,
        expires_at: LATER,
        channel: Channel::Partner,
        source: Some(source("acme")),
        origin,
        state,
        import_key: None,
        as_is: false,
        code: None,
    }
}

fn runs(parts: &[(u32, i64)]) -> Runs {
    let mut runs = Runs::default();
    for (count, part) in parts {
        runs.push(*count, amount(*part));
    }
    runs
}

fn applied() -> Applied {
    Applied {
        coupon: Some(coupon_id()),
        code: Some("SAVE10".to_owned()),
        campaign: campaign(),
        terms_version: 1,
        issuer: full_terms(1).issuer,
        discount: amount(503),
        surplus: amount(97),
        shares: vec![LineShare {
            line: 0,
            amount: amount(500),
            units: runs(&[(2, 167), (1, 166)]),
            funding: vec![
                FundedUnits { funder: Funder::Platform, units: runs(&[(3, 100)]) },
                FundedUnits { funder: Funder::Seller(seller("luma")), units: runs(&[(2, 67), (1, 66)]) },
            ],
        }],
        shipping_shares: vec![ShippingShare {
            seller: seller("luma"),
            amount: amount(3),
            funding: vec![(Funder::Platform, amount(1)), (Funder::Seller(seller("luma")), amount(2))],
        }],
    }
}

fn refund_recorded() -> Refund {
    Refund {
        id: refund_name("r-1"),
        at: LATER,
        amount: amount(1_133),
        goods: amount(1_033),
        lines: vec![RefundedLine { line: 0, quantity: 1, amount: amount(833) }],
        amounts: vec![RefundedAmount { line: 1, amount: amount(200), reason: Some("dispute".to_owned()) }],
        shipping: vec![RefundedShipping { seller: seller("luma"), amount: amount(100) }],
        coupons: vec![RefundCoupon {
            coupon: coupon_id(),
            outcome: CouponOutcome::Returned,
            status: StatusAfter::Valid,
        }],
        funding: vec![(Funder::Platform, amount(101)), (Funder::Seller(seller("luma")), amount(67))],
        campaigns: vec![(campaign(), amount(168))],
        order_refunded: RefundedOrder::Partial,
        cancelled: vec![seller("b")],
        fingerprint: [9; 16],
        page: None,
        metadata: Metadata::default(),
    }
}

fn order() -> Order {
    Order {
        account: account("ana"),
        id: order_id("A-1001"),
        cart: cart("l1:luma:1000*3 l2:b:500*1! +luma:300"),
        coupons: vec![OrderCoupon {
            applied: applied(),
            expires_at: LATER,
            direct_code: Some(HASH),
            state: OrderCouponState::Returned,
            history_page: Some(2),
            channel: Channel::Code,
            source: Some(source("acme")),
        }],
        stage: OrderStage::Paid,
        placed_at: AT,
        hold_expires_at: AT.plus_minutes(30),
        paid_at: Some(AT.plus_minutes(5)),
        transactions: vec![
            Transaction { seller: seller("luma"), state: TransactionState::Closed, gone: false },
            Transaction { seller: seller("b"), state: TransactionState::Cancelled, gone: false },
        ],
        lines: vec![
            LineMoney { units: 1, cash: amount(833), respread: None },
            LineMoney { units: 0, cash: amount(200), respread: Some((0, amount(300))) },
        ],
        shipping: vec![ShippingMoney { cash: amount(100), done: false }, ShippingMoney::default()],
        refunds: vec![refund_recorded()],
        fingerprint: [8; 16],
        events: vec![17, 18, 300],
        refund_pages: Vec::new(),
        reversed_on_pages: Vec::new(),
        metadata: Metadata::default(),
        metadata_changes: 0,
    }
}

fn timed_out() -> Order {
    let mut order = order();
    (order.stage, order.paid_at, order.refunds) = (OrderStage::TimedOut, None, Vec::new());
    order.coupons[0].state = OrderCouponState::Lapsed;
    order
}

/// One of its sellers was cancelled before payment.
fn without_a_seller() -> Order {
    let mut order = timed_out();
    order.transactions[1].gone = true;
    order
}

fn entry(kind: EntryKind) -> Entry {
    let posting = |account, amount, line: Option<&str>| Posting {
        account,
        amount,
        campaign: campaign(),
        seller: line.map(|_| seller("luma")),
        line: line.map(line_id),
    };
    let postings = vec![
        posting(LedgerAccount::Funder(Funder::Seller(seller("luma"))), 500, Some("l1")),
        posting(LedgerAccount::Discount(account("ana"), order_id("A-1001")), -500, Some("l1")),
        posting(LedgerAccount::Forfeited(campaign()), 97, None),
        posting(LedgerAccount::FaceValue(campaign()), -97, None),
    ];
    Entry::new(kind, Currency::from_code("USD").expect("listed"), postings).expect("balanced")
}

fn used_key() -> UsedKey {
    UsedKey { key_hash: [6; 16], command_hash: [7; 16], position: 4_711, count: 3, at: AT, answer: AnswerKind::Refund }
}

fn api_key() -> ApiKey {
    ApiKey {
        id: key_id(),
        role: Role::Seller,
        seller: Some(seller("luma")),
        secret_hash: [10; 32],
        created_at: AT,
        revoked_at: Some(LATER),
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    }
}

fn named_api_key() -> ApiKey {
    ApiKey { name: Some("Back office".to_owned()), expires_at: Some(LATER), last_used_at: Some(AT), ..api_key() }
}

fn new_code() -> NewCode {
    NewCode { hash: HASH, last4: "WXYZ".to_owned(), sealed: vec![1, 2, 3, 255], secret: SecretNumber::FIRST }
}

/// One example of every event; some have a second, where an enum in it has more to show.
fn events() -> Vec<(String, Event)> {
    let (ana, id) = (account("ana"), order_id("A-1001"));
    let individual = scrip_core::name::IndividualId::from(&ana);
    let (campaign, coupon_id, counters) = (campaign(), coupon_id(), counters());
    let second_secret = vec![NewCode { secret: SecretNumber::new(2), ..new_code() }];
    let mut list = vec![
        Event::CampaignCreated { campaign, terms: full_terms(0), at: AT, metadata: None },
        Event::CampaignCreated { campaign, terms: full_terms(1), at: AT, metadata: None },
        Event::CampaignCreated { campaign, terms: full_terms(2), at: AT, metadata: None },
        Event::CampaignCreated { campaign, terms: full_terms(3), at: AT, metadata: None },
        Event::CampaignChanged { campaign, terms: full_terms(0), counters, metadata: None, same_lists: None },
        Event::CampaignPublished { campaign, counters: Counters::default() },
        Event::CampaignPaused { campaign, counters, by: None },
        Event::CampaignResumed { campaign, counters },
        Event::CampaignEnded { campaign, counters },
        Event::SharedCodeAdded {
            campaign,
            hash: HASH,
            text: "SAVE10".to_owned(),
            max_uses: Some(1_000),
            source: Some(source("acme")),
            request: None,
            secret: None,
        },
        Event::CodesRequested {
            campaign,
            job: job_id(),
            total: 100_000,
            prefix: Some("ACME".to_owned()),
            source: Some(source("acme")),
            at: AT,
            seller: None,
        },
        Event::UniqueCodesAdded { campaign, job: job_id(), codes: vec![new_code()], source: None },
        Event::UniqueCodesAdded { campaign, job: job_id(), codes: second_secret, source: None },
    ];
    list.extend([
        Event::CouponClaimed {
            account: ana.clone(),
            individual: individual.clone(),
            coupon: coupon(CouponState::Valid, Origin::ActivatedCode),
            code: Some(HASH),
        },
        Event::CouponImported {
            account: ana.clone(),
            individual,
            coupon: coupon(CouponState::Pending, Origin::Imported),
            counted: None,
        },
        Event::CouponsArchived { account: ana.clone(), coupons: vec![coupon_id] },
        Event::OrderPlaced { order: order() },
        Event::CouponHeld {
            account: ana.clone(),
            coupon: coupon_id,
            order: id.clone(),
            campaign,
            discount: amount(500),
            held_until: LATER,
        },
        Event::HoldExtended { account: ana.clone(), order: id.clone(), hold_expires_at: LATER },
        Event::OrderPaid { account: ana.clone(), order: id.clone(), at: AT },
        Event::DiscountFunded { account: ana.clone(), order: id.clone(), entry: entry(EntryKind::DiscountFunded) },
        Event::TransactionsClosed {
            account: ana.clone(),
            order: id.clone(),
            sellers: vec![seller("luma"), seller("b")],
        },
        Event::OrderCancelled { account: ana.clone(), order: id.clone(), timed_out: true },
        Event::SellerCancelled {
            account: ana.clone(),
            order: id.clone(),
            seller: seller("b"),
            applied: vec![applied()],
        },
        Event::OrderRefunded { account: ana.clone(), order: id.clone(), refund: refund_recorded() },
        Event::DiscountReversed { account: ana.clone(), order: id.clone(), entry: entry(EntryKind::DiscountReversed) },
        Event::CouponUsed { account: ana.clone(), coupon: coupon_id, order: id.clone(), campaign },
        Event::CouponReturned { account: ana.clone(), coupon: coupon_id, order: id.clone(), campaign },
        Event::CouponReleased {
            account: ana.clone(),
            coupon: coupon_id,
            order: id.clone(),
            campaign,
            discount: amount(500),
        },
        Event::CouponVoided {
            account: ana.clone(),
            coupon: coupon_id,
            order: id.clone(),
            campaign,
            discount: amount(500),
            code: HASH,
            source: Some(source("acme")),
        },
        Event::DueSwept { second: 1_780_001_800, chunk: 63 },
        Event::KeyUsed { holder: Holder::Account(ana.clone()), day: 20_601, entry: used_key() },
        Event::KeyUsed { holder: Holder::Campaign(campaign), day: 20_601, entry: used_key() },
        Event::KeyUsed { holder: Holder::Campaigns(Slot::of(b"ana")), day: 20_601, entry: used_key() },
        Event::KeyUsed { holder: Holder::Keys, day: 20_601, entry: used_key() },
        Event::ApiKeyCreated { key: api_key() },
        Event::ApiKeyCreated { key: named_api_key() },
        Event::ApiKeyRevoked { key: key_id(), at: LATER },
        Event::SurplusBooked { account: ana.clone(), order: id.clone(), entry: entry(EntryKind::SurplusForfeited) },
        Event::OrderRevised { account: ana.clone(), order: id.clone(), cart: order().cart, coupons: order().coupons },
        Event::OrderRetaken { account: ana, order: id, coupons: order().coupons },
    ]);
    list.extend(between_buckets());
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    list.into_iter()
        .map(|event| {
            let nth = seen.entry(event.type_name()).or_default();
            *nth += 1;
            (format!("event {} {nth}", event.type_name()), event)
        })
        .collect()
}

fn pools() -> Vec<Pool> {
    vec![
        Pool::Stock(campaign()),
        Pool::SourceStock(campaign(), source("acme")),
        Pool::Budget(campaign()),
        Pool::CodeUses(HASH),
        Pool::Individual(scrip_core::name::IndividualId::from(&account("ana")), campaign()),
    ]
}

const fn quota() -> Quota {
    Quota { received: 400, grants: 3, returns: 2, last_return: 7 }
}

const fn granted() -> Granted {
    Granted { bucket: Bucket::from_u16(5), amount: 400, grants: 3, last_grant: 200, returns: 2 }
}

fn lease() -> Lease {
    Lease { account: account("ana"), fencing: FencingNumber::new(0x1234_5678_9ABC_DEF0), until: LATER }
}

/// As it was written before codes noted the number of their last lease.
fn leased_code(state: impl FnOnce(Lease) -> LeaseState) -> Code {
    let kind = unique(state(lease()), FencingNumber::NONE);
    Code { campaign: campaign(), source: None, kind, request: None, revoked_at: None, secret: SecretNumber::FIRST }
}

fn unique(state: LeaseState, fencing: FencingNumber) -> CodeKind {
    CodeKind::Unique { last4: "WXYZ".to_owned(), state, fencing }
}

/// In its home as in the account's bucket.
fn claimed_elsewhere() -> Code {
    let by = ClaimedBy { account: account("ana"), coupon: coupon_id() };
    let kind = unique(LeaseState::ClaimedUnder(lease(), by), lease().fencing);
    Code { kind, ..leased_code(LeaseState::Leased) }
}

fn pending() -> PendingLeases {
    PendingLeases { leases: vec![PendingLease { hash: HASH, lease: lease(), closed: false }] }
}

fn known_elsewhere() -> Campaign {
    Campaign {
        id: campaign(),
        terms: full_terms(0),
        terms_version: 1,
        stage: CampaignStage::Published,
        revision: 2,
        created_at: AT,
        events: Vec::new(),
        coded: false,
        paused_by: None,
        shared_codes: 0,
        metadata: Metadata::default(),
    }
}

/// What moves between buckets.
fn between_buckets() -> Vec<Event> {
    let bucket = Bucket::from_u16(5);
    let fencing = lease().fencing;
    let mut list = vec![Event::CampaignLearned { campaign: known_elsewhere() }];
    for pool in pools() {
        list.push(Event::QuotaGranted { pool: pool.clone(), bucket, number: 3, amount: 200 });
        list.push(Event::QuotaReceived { pool: pool.clone(), number: 3, amount: 200 });
        list.push(Event::QuotaReturned { pool: pool.clone(), number: 2, amount: 7 });
        list.push(Event::QuotaTakenBack { pool, bucket, number: 2, amount: 7 });
    }
    list.extend([
        Event::CodeLeased { hash: HASH, lease: lease() },
        Event::CodeLearned { hash: HASH, code: leased_code(LeaseState::Leased) },
        Event::LeaseClosed { hash: HASH, code: leased_code(LeaseState::Closed) },
        Event::LeaseReleased { hash: HASH, fencing },
        Event::LeaseConfirmed { hash: HASH, fencing, coupon: coupon_id() },
        Event::LeaseForgotten { hash: HASH, fencing },
        Event::SharedCodeNoted { campaign: campaign(), hash: HASH },
        Event::GrantsRequested { campaign: campaign(), accounts: 1_000 },
        Event::SharedCodeCounted { campaign: campaign() },
        Event::CodeRevoked { campaign: campaign(), hash: HASH, at: AT },
        Event::CodeRevokedHere { hash: HASH, code: Code { revoked_at: Some(AT), ..leased_code(LeaseState::Closed) } },
        Event::AccountLinked {
            account: account("ben"),
            individual: scrip_core::name::IndividualId::from(&account("ana")),
        },
        Event::KeysForgotten { documents: vec![(Holder::Account(account("ana")), 20_601), (Holder::Keys, 20_600)] },
        Event::ApiKeySeen { key: key_id(), at: LATER },
    ]);
    list.extend(of_campaigns_since());
    list
}

/// What campaigns learned to say after the first release.
fn of_campaigns_since() -> Vec<Event> {
    let campaign = campaign();
    let imported =
        Coupon { import_key: Some([9; 16]), as_is: true, ..coupon(CouponState::UsedBefore, Origin::Imported) };
    vec![
        Event::CampaignPaused { campaign, counters: Counters::default(), by: Some(PausedBy::Operator) },
        Event::CampaignCoded { campaign },
        Event::CampaignDeleted { campaign },
        Event::JobCancelled { campaign, job: job_id() },
        Event::CodesRequested {
            campaign,
            job: job_id(),
            total: 7,
            prefix: None,
            source: None,
            at: AT,
            seller: Some(seller("luma")),
        },
        Event::CouponImported {
            account: account("ana"),
            individual: scrip_core::name::IndividualId::from(&account("ana")),
            coupon: imported,
            counted: Some(true),
        },
        Event::CampaignCreated { campaign, terms: full_terms(0), at: AT, metadata: Some(metadata()) },
        Event::CampaignChanged {
            campaign,
            terms: full_terms(0),
            counters: Counters::default(),
            metadata: Some(Metadata::default()),
            same_lists: None,
        },
        Event::CampaignChanged {
            campaign,
            terms: full_terms(1),
            counters: Counters::default(),
            metadata: None,
            same_lists: Some(9),
        },
        Event::ApiKeyMetadataChanged { key: key_id(), metadata: metadata() },
        Event::ApiKeyCreated { key: ApiKey { metadata: metadata(), ..named_api_key() } },
        Event::OrderMetadataChanged { account: account("ana"), order: order_id("A-1001"), metadata: metadata() },
        Event::RefundMetadataChanged {
            account: account("ana"),
            order: order_id("A-1001"),
            refund: refund_name("r-1"),
            metadata: metadata(),
        },
    ]
}

/// A member of everybody who writes some.
fn metadata() -> Metadata {
    let writers =
        [("channel", Writer::Operator), ("erp_id", Writer::Seller(seller("luma"))), ("ip", Writer::Storefront)];
    writers.iter().fold(Metadata::default(), |metadata, (key, writer)| {
        let changes: Changes = serde_json::from_value(json!({*key: "C-7 ☀"})).expect("changes");
        metadata.changed(&changes, writer).expect("room")
    })
}

fn with_metadata() -> Order {
    let refund = Refund { metadata: metadata(), ..refund_recorded() };
    Order { metadata: metadata(), metadata_changes: 3, refunds: vec![refund], ..order() }
}

/// One example of every document; codes and coupons in every state.
fn documents() -> Vec<(String, Kind, Aggregate)> {
    let ana = account("ana");
    let id = order_id("A-1001");
    let states = vec![
        coupon(CouponState::Valid, Origin::Claimed),
        coupon(CouponState::Inactive { order: id.clone(), held_until: Some(LATER) }, Origin::ActivatedCode),
        coupon(CouponState::Inactive { order: id.clone(), held_until: None }, Origin::DirectCode),
        coupon(CouponState::Used { order: id.clone() }, Origin::Claimed),
        coupon(CouponState::Reclaimed, Origin::Claimed),
        coupon(CouponState::Pending, Origin::Imported),
    ];
    let mut wallet = Wallet::new(scrip_core::name::IndividualId::from(&ana));
    wallet.counts = vec![(campaign(), 3)];
    wallet.live.clone_from(&states);
    wallet.further = vec![32, 7];
    wallet.history = vec![200, 3];
    let code = |kind| Code { source: Some(source("acme")), kind, ..leased_code(LeaseState::Leased) };
    let list = vec![
        (Kind::Wallet, Aggregate::Wallet(wallet)),
        (Kind::WalletPage, Aggregate::WalletPage(WalletPage { live: states.clone() })),
        (Kind::History, Aggregate::History(History { coupons: states })),
        (Kind::Order, Aggregate::Order(order())),
        (Kind::Order, Aggregate::Order(timed_out())),
        (
            Kind::Campaign,
            Aggregate::Campaign(Campaign {
                id: campaign(),
                terms: full_terms(0),
                terms_version: 1,
                stage: CampaignStage::Paused,
                revision: 4,
                created_at: AT,
                events: vec![1, 2, 70_000],
                coded: false,
                paused_by: None,
                shared_codes: 0,
                metadata: Metadata::default(),
            }),
        ),
        (
            Kind::Allowance,
            Aggregate::Allowance(Allowance {
                counters: counters(),
                claimed_by_source: vec![(source("acme"), 4)],
                quotas: Vec::new(),
            }),
        ),
        (
            Kind::Allowance,
            Aggregate::Allowance(Allowance {
                counters: counters(),
                claimed_by_source: Vec::new(),
                quotas: pools().into_iter().map(|pool| (pool, quota())).collect(),
            }),
        ),
        (
            Kind::Code,
            Aggregate::Code(code(CodeKind::Shared {
                text: "SAVE10".to_owned(),
                max_uses: Some(1_000),
                uses: 12,
                quota: None,
            })),
        ),
        (
            Kind::Code,
            Aggregate::Code(code(unique(
                LeaseState::Claimed(ClaimedBy { account: ana.clone(), coupon: coupon_id() }),
                FencingNumber::NONE,
            ))),
        ),
        (Kind::Code, Aggregate::Code(leased_code(LeaseState::Leased))),
        (Kind::Code, Aggregate::Code(code(unique(LeaseState::Free, FencingNumber::new(3))))),
        (Kind::CodeHere, Aggregate::CodeHere(leased_code(LeaseState::Closed))),
        (Kind::Code, Aggregate::Code(Code { secret: SecretNumber::new(2), ..leased_code(LeaseState::Leased) })),
        (
            Kind::CodeHere,
            Aggregate::CodeHere(Code {
                request: Some([9; 16]),
                ..code(CodeKind::Shared {
                    text: "SAVE10".to_owned(),
                    max_uses: Some(1_000),
                    uses: 12,
                    quota: Some(quota()),
                })
            }),
        ),
        (Kind::CampaignHere, Aggregate::CampaignHere(known_elsewhere())),
        (Kind::GrantBook, Aggregate::GrantBook(GrantBook { granted: vec![granted()] })),
        (
            Kind::Wallet,
            Aggregate::Wallet(Wallet {
                linked: true,
                ..Wallet::new(scrip_core::name::IndividualId::from(&account("ben")))
            }),
        ),
        (
            Kind::Individual,
            Aggregate::Individual(Individual { counts: vec![(campaign(), 3)], permits: vec![(campaign(), quota())] }),
        ),
        (Kind::LeasesOut, Aggregate::LeasesOut(pending())),
        (Kind::LeasesReturning, Aggregate::LeasesReturning(pending())),
        (Kind::RecentKeys, Aggregate::RecentKeys(RecentKeys { used: vec![used_key()] })),
        (Kind::Due, Aggregate::Due(Due { orders: vec![DueOrder { account: ana, order: id }] })),
        (Kind::ApiKey, Aggregate::ApiKey(api_key())),
        (Kind::ApiKey, Aggregate::ApiKey(named_api_key())),
        (Kind::Campaign, Aggregate::Campaign(Campaign { coded: true, ..known_elsewhere() })),
        (
            Kind::Campaign,
            Aggregate::Campaign(Campaign {
                stage: CampaignStage::Paused,
                paused_by: Some(PausedBy::Seller),
                ..known_elsewhere()
            }),
        ),
        (
            Kind::WalletPage,
            Aggregate::WalletPage(WalletPage {
                live: vec![Coupon {
                    import_key: Some([9; 16]),
                    as_is: true,
                    ..coupon(CouponState::UsedBefore, Origin::Imported)
                }],
            }),
        ),
        (
            Kind::Job,
            Aggregate::Job(Job {
                id: job_id(),
                campaign: campaign(),
                total: 100_000,
                done: 3_000,
                prefix: Some("ACME".to_owned()),
                source: Some(source("acme")),
                created_at: AT,
                seller: None,
                cancelled: false,
            }),
        ),
        (
            Kind::Job,
            Aggregate::Job(Job {
                id: job_id(),
                campaign: campaign(),
                total: 7,
                done: 3,
                prefix: None,
                source: None,
                created_at: AT,
                seller: Some(seller("luma")),
                cancelled: true,
            }),
        ),
        (
            Kind::Code,
            Aggregate::Code(Code {
                revoked_at: Some(LATER),
                ..code(CodeKind::Shared { text: "SAVE10".to_owned(), max_uses: None, uses: 7, quota: None })
            }),
        ),
        (Kind::Campaign, Aggregate::Campaign(Campaign { shared_codes: 3, ..known_elsewhere() })),
        (
            Kind::WalletPage,
            Aggregate::WalletPage(WalletPage {
                live: vec![Coupon { code: Some(HASH), ..coupon(CouponState::Valid, Origin::ActivatedCode) }],
            }),
        ),
        (Kind::Order, Aggregate::Order(without_a_seller())),
        (
            Kind::Order,
            Aggregate::Order(Order {
                refund_pages: vec![32, 7],
                reversed_on_pages: vec![(campaign(), amount(168))],
                ..order()
            }),
        ),
        (
            Kind::RefundPage,
            Aggregate::RefundPage(RefundPage {
                before: GivenBack { units: vec![1, 0], shipping: vec![amount(100), amount(0)] },
                refunds: vec![Refund { page: Some(1), ..refund_recorded() }],
                events: vec![300],
            }),
        ),
        (Kind::RefundLocation, Aggregate::RefundLocation(RefundLocation { page: 1 })),
        (Kind::Order, Aggregate::Order(with_metadata())),
        (Kind::Campaign, Aggregate::Campaign(Campaign { metadata: metadata(), ..known_elsewhere() })),
        (Kind::Code, Aggregate::Code(claimed_elsewhere())),
        (Kind::CodeHere, Aggregate::CodeHere(claimed_elsewhere())),
    ];
    let mut seen: BTreeMap<u8, u32> = BTreeMap::new();
    list.into_iter()
        .map(|(kind, value)| {
            let nth = seen.entry(kind.number()).or_default();
            *nth += 1;
            (format!("document {kind:?} {nth}"), kind, value)
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to memory doesn't fail");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

fn event_bytes(event: &Event) -> Vec<u8> {
    minicbor::to_vec(event).expect("writing to memory doesn't fail")
}

#[test]
fn events_and_documents_are_written_as_ever_and_what_was_written_can_be_read() {
    let mut lines: Vec<(String, String)> =
        events().iter().map(|(name, event)| (name.clone(), hex(&event_bytes(event)))).collect();
    lines.extend(documents().iter().map(|(name, _, value)| (name.clone(), hex(&value.encode()))));
    let text = lines.iter().fold(String::new(), |text, (name, bytes)| text + name + " = " + bytes + "\n");
    if std::env::var_os("SCRIP_BLESS").is_some() {
        std::fs::write(FILE, &text).expect("the golden file can be written");
    }
    let committed = std::fs::read_to_string(FILE).expect("the golden file is there");
    let committed: BTreeMap<&str, &str> = committed.lines().filter_map(|line| line.split_once(" = ")).collect();
    assert_eq!(committed.len(), lines.len(), "run with SCRIP_BLESS=1 to add what is new");
    for (name, bytes) in &lines {
        assert_eq!(committed.get(name.as_str()), Some(&bytes.as_str()), "{name}: stored for ever, never changed");
    }
    for (name, event) in events() {
        let read: Event = minicbor::decode(&unhex(committed[name.as_str()])).expect("what was written can be read");
        assert_eq!(read, event, "{name}");
    }
    for (name, kind, value) in documents() {
        let read = decode(kind, &unhex(committed[name.as_str()])).expect("what was written can be read");
        assert_eq!(read, value, "{name}");
    }
}

#[test]
fn there_is_an_example_of_every_event_and_every_document() {
    let mut types: Vec<&str> = Vec::new();
    for (_, event) in events() {
        if !types.contains(&event.type_name()) {
            types.push(event.type_name());
        }
    }
    types.sort_unstable();
    let mut all = Event::TYPES.to_vec();
    all.sort_unstable();
    assert_eq!(types, all);
    let kinds: Vec<Kind> = documents().into_iter().map(|entry| entry.1).collect();
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)));
}

/// Copies an item, adding to every map a key that nobody knows, with nested content.
fn with_unknown_keys(d: &mut Decoder<'_>, e: &mut Encoder<&mut Vec<u8>>) {
    match d.datatype().expect("an item") {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => drop(e.u64(d.u64().unwrap()).unwrap()),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => drop(e.i64(d.i64().unwrap()).unwrap()),
        Type::Bytes => drop(e.bytes(d.bytes().unwrap()).unwrap()),
        Type::String => drop(e.str(d.str().unwrap()).unwrap()),
        Type::Bool => drop(e.bool(d.bool().unwrap()).unwrap()),
        Type::Null => {
            d.null().unwrap();
            e.null().unwrap();
        }
        Type::Array => {
            let length = d.array().unwrap().expect("of a known length");
            e.array(length).unwrap();
            (0..length).for_each(|_| with_unknown_keys(d, e));
        }
        Type::Map => {
            let length = d.map().unwrap().expect("of a known length");
            e.map(length + 1).unwrap();
            for _ in 0..length {
                e.u64(d.u64().expect("maps have integer keys")).unwrap();
                with_unknown_keys(d, e);
            }
            e.u32(4_999)
                .unwrap()
                .array(2)
                .unwrap()
                .str("future")
                .unwrap()
                .map(1)
                .unwrap()
                .u8(0)
                .unwrap()
                .null()
                .unwrap();
        }
        other => panic!("{other:?} is nothing that we write"),
    }
}

fn from_the_future(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    with_unknown_keys(&mut Decoder::new(bytes), &mut Encoder::new(&mut out));
    assert!(out.len() > bytes.len(), "there is a map in everything that is stored");
    out
}

#[test]
fn keys_that_nobody_knows_are_skipped() {
    for (name, event) in events() {
        let read = minicbor::decode::<Event>(&from_the_future(&event_bytes(&event)));
        assert_eq!(read.unwrap_or_else(|error| panic!("{name}: {error}")), event);
    }
    for (name, kind, value) in documents() {
        let read = decode(kind, &from_the_future(&value.encode()));
        assert_eq!(read.unwrap_or_else(|error| panic!("{name}: {error}")), value);
    }
}

#[test]
fn cut_off_bytes_are_an_error_and_never_a_panic() {
    for (_, event) in events() {
        let bytes = event_bytes(&event);
        for end in 0..bytes.len() {
            assert!(minicbor::decode::<Event>(&bytes[..end]).is_err());
        }
    }
    for (_, kind, value) in documents() {
        let bytes = value.encode();
        for end in 0..bytes.len() {
            assert!(decode(kind, &bytes[..end]).is_err());
        }
    }
}
