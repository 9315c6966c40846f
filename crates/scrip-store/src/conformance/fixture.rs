//! What the properties are made of: a hand that commits batches, and rows with something in every column.

use scrip_core::{
    campaign::Channel,
    code::SecretNumber,
    discount::Funder,
    event::Event,
    id::{CampaignId, CouponId, JobId, Uid},
    ledger::{Entry, EntryKind, LedgerAccount, Posting},
    metadata::{Members, MetadataValue},
    money::{Amount, Currency},
    name::{AccountId, IndividualId, LineId, MetadataKey, OrderId, ProductId, RefundName, SellerId, SourceName},
    order::RefundedOrder,
    slot::{Bucket, Buckets},
    state::Key,
    status::OrderStatus,
    time::Timestamp,
};

use crate::{
    Batch, Document, Followed, Head, Projection, Save, Snapshot, Store, StoreError, TableSet, Writer,
    frame::Frame,
    people::{
        CampaignRow, CodeRow, CouponRow, LedgerEntryRow, OrderLineRow, OrderRow, OrderTransactionRow, RedemptionRow,
        RefundRow, Row, campaign, code, coupon, order_transaction, redemption,
    },
    sums::{self, Added},
};

/// Who follows, in the properties.
pub(super) const FOLLOWER: &str = "hand";

/// Commits one batch after another to a bucket, and follows it with rows.
pub(super) struct Hand {
    pub(super) bucket: Bucket,
    pub(super) writer: Box<dyn Writer>,
    pub(super) projection: Box<dyn Projection>,
    pub(super) followed: u64,
}

impl Hand {
    /// Of the store's last bucket, so that a store of many isn't only tried in its first.
    pub(super) fn of(store: &dyn Store) -> Self {
        Self::of_bucket(store, last_bucket(store))
    }

    pub(super) fn of_bucket(store: &dyn Store, bucket: Bucket) -> Self {
        let writer = store.writer(bucket).expect("nobody else writes");
        let projection = store.projection(FOLLOWER).expect("the store is open for writing");
        let followed = snapshot(store).followed(FOLLOWER, bucket).expect("reads");
        Self { bucket, writer, projection, followed }
    }

    /// A batch of two events that continues the journal.
    pub(super) fn next(&mut self, saves: Vec<Save>) -> Batch {
        let head = self.writer.begin().expect("begins").head().expect("has a head");
        batch(self.bucket, head, 2, saves)
    }

    /// Follows the journal to its end with these rows.
    pub(super) fn try_follow(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.try_add(rows, Vec::new())
    }

    /// And adds to sums.
    pub(super) fn try_add(&mut self, rows: Vec<Row>, added: Vec<Added>) -> Result<(), StoreError> {
        let to = self.writer.begin().expect("begins").head().expect("has a head").position;
        self.projection
            .write(TableSet::Shown, &Followed { bucket: self.bucket, from: self.followed, to, rows, added })?;
        self.followed = to;
        Ok(())
    }

    pub(super) fn try_commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.writer.begin().expect("begins").commit(batch)
    }

    /// Commits and answers the version of the batch.
    pub(super) fn commit(&mut self, saves: Vec<Save>, rows: Vec<Row>) -> u64 {
        let batch = self.next(saves);
        self.try_commit(&batch).expect("commits");
        self.try_follow(rows).expect("follows");
        batch.frame.last_position()
    }

    pub(super) fn write(&mut self, rows: Vec<Row>) {
        self.commit(vec![], rows);
    }

    /// Commits what must be refused, and checks that the store is as before.
    pub(super) fn refused(&mut self, store: &dyn Store, saves: Vec<Save>) -> StoreError {
        let batch = self.next(saves);
        self.refused_batch(store, &batch)
    }

    /// Follows with what must be refused, and checks that the store is as before.
    pub(super) fn refused_rows(&mut self, store: &dyn Store, rows: Vec<Row>) -> StoreError {
        let before = all(store);
        let error = self.try_follow(rows).expect_err("must be refused");
        assert_eq!(all(store), before, "refused rows changed something ({error})");
        error
    }

    pub(super) fn refused_batch(&mut self, store: &dyn Store, batch: &Batch) -> StoreError {
        let before = all(store);
        let error = self.try_commit(batch).expect_err("must be refused");
        assert_eq!(all(store), before, "a refused batch changed something ({error})");
        // The writer lives on.
        let head = self.writer.begin().expect("begins").head().expect("has a head");
        assert_eq!(head, snapshot(store).head(self.bucket).expect("has a head"));
        error
    }
}

pub(super) fn last_bucket(store: &dyn Store) -> Bucket {
    store.buckets().all().last().expect("a store has a bucket")
}

pub(super) fn snapshot(store: &dyn Store) -> Box<dyn Snapshot + '_> {
    store.snapshot().expect("reads")
}

/// All that a store has, for comparing.
pub(super) fn all(store: &dyn Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut snapshot = snapshot(store);
    let mut buckets = Vec::new();
    for bucket in store.buckets().all() {
        let head = snapshot.head(bucket).expect("has a head");
        let documents = snapshot.all_documents(bucket).expect("reads");
        let followed = snapshot.followed(FOLLOWER, bucket).expect("reads");
        buckets.push((bucket, head, documents, snapshot.frames(bucket, 0, usize::MAX).expect("reads"), followed));
    }
    let sums: Vec<_> = sums::ALL.iter().map(|table| snapshot.sums(table, None).expect("reads")).collect();
    (buckets, snapshot.all_rows().expect("reads"), sums)
}

/// A batch that continues the journal after `head` by a second and `count` events.
pub(super) fn batch(bucket: Bucket, head: Head, count: u64, saves: Vec<Save>) -> Batch {
    let first = head.position + 1;
    let events: Vec<Event> = (0..count).map(|chunk| Event::DueSwept { second: first, chunk }).collect();
    let at = Timestamp::from_micros(head.at.micros() + 1_000_000);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&first.to_be_bytes());
    let frame = Frame::new(bucket, first, at, id, head.hash, &events.iter().collect::<Vec<_>>());
    Batch { frame, saves }
}

pub(super) fn save(key: &Key, read: Option<u64>, body: Option<&str>) -> Save {
    Save { key: key.clone(), read, body: body.map(|body| body.as_bytes().to_vec()) }
}

pub(super) fn document(version: u64, body: &str) -> Option<Document> {
    Some(Document { version, body: body.as_bytes().to_vec() })
}

/// The `number`-th account that lives in a bucket.
pub(super) fn account_in(buckets: Buckets, bucket: Bucket, number: usize) -> AccountId {
    let accounts = (0..).map(|number: u32| account(&format!("account-{number}")));
    accounts.filter(|account| account.slot().bucket(buckets) == bucket).nth(number).expect("there are enough")
}

pub(super) fn wallet_in(store: &dyn Store, bucket: Bucket, number: usize) -> Key {
    Key::Wallet(account_in(store.buckets(), bucket, number))
}

pub(super) fn account(name: &str) -> AccountId {
    AccountId::new(name).expect("a name")
}

pub(super) fn order_id(name: &str) -> OrderId {
    OrderId::new(name).expect("a name")
}

pub(super) fn seller(name: &str) -> SellerId {
    SellerId::new(name).expect("a name")
}

pub(super) fn source(name: &str) -> SourceName {
    SourceName::new(name).expect("a name")
}

pub(super) fn usd() -> Currency {
    Currency::from_code("USD").expect("listed")
}

fn uid(number: u8) -> Uid {
    Uid::from_bytes([number; 16])
}

pub(super) fn campaign_id(number: u8) -> CampaignId {
    CampaignId::from_uid(uid(number))
}

pub(super) fn coupon_id(number: u8) -> CouponId {
    CouponId::from_uid(uid(number))
}

pub(super) const fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// Keys and values.
pub(super) fn metadata(members: &[(&str, &str)]) -> Members {
    let member = |(key, value): &(&str, &str)| (MetadataKey::stored(key), MetadataValue::new(value).expect("short"));
    members.iter().map(member).collect()
}

pub(super) fn campaign(number: u8) -> CampaignRow {
    CampaignRow {
        id: campaign_id(number),
        name: "Summer ☀ 'sale'".to_owned(),
        seller: Some(seller("s1")),
        currency: usd(),
        stage: campaign::Stage::Draft,
        created_at: seconds(1),
        metadata: metadata(&[("erp_id", "C-7"), ("note", "")]),
    }
}

/// Claimed on the web from source `home`, valid.
pub(super) fn coupon(number: u8) -> CouponRow {
    CouponRow {
        id: coupon_id(number),
        account: account("ana"),
        individual: IndividualId::new("ana-herself").expect("a name"),
        campaign: campaign_id(1),
        claimed_at: seconds(2),
        starts_at: seconds(3),
        expires_at: Timestamp::MAX,
        channel: Channel::Web,
        source: Some(source("home")),
        state: coupon::State::Valid,
        order: coupon::OfOrder::None,
        held_until: None,
    }
}

/// Placed at second 10, held until second 100.
pub(super) fn order(account_name: &str, id: &str) -> OrderRow {
    OrderRow {
        account: account(account_name),
        id: order_id(id),
        currency: usd(),
        status: OrderStatus::Placed,
        refunded: RefundedOrder::None,
        placed_at: seconds(10),
        hold_expires_at: seconds(100),
        paid_at: None,
        subtotal: Amount::of(3_000),
        shipping: Amount::of(500),
        discount: Amount::of(700),
        total: Amount::of(2_800),
        metadata: Members::default(),
    }
}

pub(super) fn paid(order: OrderRow) -> OrderRow {
    OrderRow { status: OrderStatus::Paid, paid_at: Some(seconds(20)), ..order }
}

pub(super) fn line(order: &OrderRow, line: &str) -> OrderLineRow {
    OrderLineRow {
        account: order.account.clone(),
        order: order.id.clone(),
        line: LineId::new(line).expect("a name"),
        seller: seller("s1"),
        product: ProductId::new("p:1").expect("a name"),
        unit_price: Amount::of(1_000),
        quantity: 3,
        on_sale: true,
        discount: Amount::of(700),
        units_refunded: 1,
        cash_refunded: Amount::of(766),
    }
}

pub(super) fn part(order: &OrderRow, seller_name: &str) -> OrderTransactionRow {
    OrderTransactionRow {
        account: order.account.clone(),
        order: order.id.clone(),
        seller: seller(seller_name),
        state: order_transaction::State::Open,
        placed_at: order.placed_at,
    }
}

/// Of campaign 1, by the channel and source of [`coupon`]: 7.00 off, 2.00 reversed.
pub(super) fn redemption(order: &OrderRow, coupon: u8) -> RedemptionRow {
    RedemptionRow {
        account: order.account.clone(),
        order: order.id.clone(),
        coupon: coupon_id(coupon),
        campaign: campaign_id(1),
        channel: Channel::Web,
        source: Some(source("home")),
        discount: Amount::of(700),
        reversed: Amount::of(200),
        state: redemption::State::Used,
    }
}

pub(super) fn refund(order: &OrderRow, id: &str) -> RefundRow {
    RefundRow {
        account: order.account.clone(),
        order: order.id.clone(),
        id: RefundName::new(id).expect("a name"),
        at: seconds(30),
        amount: Amount::of(1_266),
        goods: Amount::of(766),
        shipping: Amount::of(500),
        metadata: metadata(&[("ticket", "4711")]),
    }
}

/// With every ledger account, with and without seller and line.
pub(super) fn entry(bucket: Bucket, position: u64) -> LedgerEntryRow {
    let line = Some(LineId::new("l:1").expect("a name"));
    let posting = |account, amount, seller, line| Posting { account, amount, campaign: campaign_id(1), seller, line };
    let postings = vec![
        posting(LedgerAccount::Funder(Funder::Platform), 400, None, line.clone()),
        posting(LedgerAccount::Funder(Funder::Seller(seller("s:1"))), 300, Some(seller("s:1")), line),
        posting(LedgerAccount::Discount(account("ana:x"), order_id("o.1")), -700, Some(seller("s:1")), None),
        posting(LedgerAccount::FaceValue(campaign_id(1)), -50, None, None),
        posting(LedgerAccount::Forfeited(campaign_id(1)), 50, None, None),
    ];
    LedgerEntryRow {
        bucket,
        position,
        at: seconds(20),
        account: account("ana:x"),
        order: order_id("o.1"),
        entry: Entry::new(EntryKind::DiscountFunded, usd(), postings).expect("balances"),
    }
}

pub(super) fn shared_code(campaign: u8, position: u64) -> CodeRow {
    CodeRow {
        campaign: campaign_id(campaign),
        position,
        number: 0,
        job: None,
        source: Some(source("mail")),
        kind: code::Kind::Shared,
        label: "SAVE10".to_owned(),
        sealed: None,
        secret: SecretNumber::FIRST,
    }
}

pub(super) fn unique_code(campaign: u8, position: u64, number: u32) -> CodeRow {
    CodeRow {
        number,
        job: Some(JobId::from_uid(uid(9))),
        source: None,
        kind: code::Kind::Unique,
        label: "7K3Q".to_owned(),
        sealed: Some(vec![0, 1, 2, 255]),
        secret: SecretNumber::new(2),
        ..shared_code(campaign, position)
    }
}

/// A row of every table, in the order of [`Row`]: those of orders of this account, the others by this number. Whoever adds a table adds
/// one of its rows here.
pub(super) fn of_each(bucket: Bucket, account_name: &str, number: u8) -> Vec<Row> {
    let order = paid(order(account_name, "o1"));
    vec![
        Row::Campaign(campaign(number)),
        Row::Coupon(CouponRow { account: account(account_name), ..coupon(number) }),
        Row::Order(order.clone()),
        Row::OrderLine(line(&order, "l1")),
        Row::OrderTransaction(part(&order, "s1")),
        Row::Redemption(redemption(&order, 1)),
        Row::Refund(refund(&order, "r1")),
        Row::LedgerEntry(entry(bucket, number.into())),
        Row::Code(shared_code(1, number.into())),
    ]
}

/// The same of ana, with number 1.
pub(super) fn one_of_each(bucket: Bucket) -> Vec<Row> {
    of_each(bucket, "ana", 1)
}
