//! A marketplace under test, driven by hand: every batch of every bucket is a step that a test may stop before.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use scrip_core::{
    campaign::{Channel, Counters},
    cart::{Cart, Line},
    code::{CodeText, EnteredCode},
    command::{
        AddSharedCode, CampaignStep, CancelOrder, Chosen, Claim, ClaimBy, ClaimOf, Command, CreateCampaign,
        MoveCampaign, PlaceOrder, RequestCodes,
    },
    exchange::LEASE_MINUTES,
    id::{CampaignId, CouponId},
    idempotency::Holder,
    metadata::Metadata,
    money::{Amount, Currency},
    name::{AccountId, LineId, OrderId, ProductId, SellerId},
    slot::{Buckets, Slot},
    state::{Aggregate, Kind, decode},
    time::{Timestamp, Zones},
};
use scrip_engine::{
    Answer, ByHand, Engine, EngineError, EngineOptions, Following, KeyUse, ManualClock, Random, Rebuilding, Receipt,
    Renewing, Secrets, Sequencer, verify,
};
use scrip_store::{Store, memory::MemoryStore};
use serde_json::{Value, json};

pub const NOON: &str = "2026-11-10T12:00:00Z";

/// An engine without threads over a store that outlives it.
pub struct Market {
    pub store: Arc<dyn Store>,
    pub clock: Arc<ManualClock>,
    pub engine: Engine,
    sequencers: Vec<Sequencer>,
    pub followers: Vec<Following>,
    pub rebuilding: Vec<Rebuilding>,
    pub renewing: Option<Renewing>,
    /// Steps until everything in memory is lost. `None`: never.
    pub crash_after: Option<usize>,
    /// Batches that were done.
    pub steps: usize,
    seed: u64,
}

/// Everything in memory was lost before there was an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crashed;

pub type Answered = Result<Receipt, EngineError>;

fn options(clock: &Arc<ManualClock>, random: Random) -> EngineOptions {
    EngineOptions {
        secrets: Secrets::from_master(&[7; 32]),
        clock: clock.clone(),
        zones: Zones::bundled(),
        random,
        on_failure: Box::new(|what| panic!("the store failed: {what}")),
    }
}

/// The same with threads, for races.
pub fn in_threads(buckets: u32) -> (Engine, MemoryStore) {
    let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
    (started(Arc::new(store.clone())), store)
}

pub fn started(store: Arc<dyn Store>) -> Engine {
    let clock = Arc::new(ManualClock::new(Timestamp::parse(NOON).expect("a time")));
    Engine::start(store, options(&clock, Random::system())).expect("an empty store")
}

impl Market {
    pub fn new(buckets: u32) -> Self {
        Self::over(Arc::new(MemoryStore::new(Buckets::new(buckets).expect("a power of two"))))
    }

    /// Over any store that is empty.
    pub fn over(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse(NOON).expect("a time")));
        Self::of_seed(store, clock, 1)
    }

    fn of_seed(store: Arc<dyn Store>, clock: Arc<ManualClock>, seed: u64) -> Self {
        let ByHand { engine, sequencers, followers, rebuilding, renewing } =
            Engine::by_hand(store.clone(), options(&clock, Random::seeded(seed))).expect("an empty store");
        Self { store, clock, engine, sequencers, followers, rebuilding, renewing, crash_after: None, steps: 0, seed }
    }

    /// A second one, on a store that several serve from, with the same clock.
    pub fn beside(&self, store: Arc<dyn Store>) -> Self {
        Self::of_seed(store, self.clock.clone(), self.seed + 100)
    }

    /// As its own thread does five times a second.
    pub fn renew(&mut self) {
        self.renewing.as_mut().expect("several serve").step().expect("the store works");
    }

    pub fn tenths_pass(&self, tenths: i64) {
        self.clock.set(Timestamp::from_micros(self.engine.now().micros() + tenths * 100_000));
    }

    /// Everything in memory is lost; what was committed is found again.
    pub fn restart(&mut self) {
        self.seed += 1;
        self.crash_after = None;
        self.sequencers.clear();
        let started = Engine::by_hand(self.store.clone(), options(&self.clock, Random::seeded(self.seed)));
        let ByHand { engine, sequencers, followers, rebuilding, renewing } =
            started.expect("what was committed can be read");
        (self.engine, self.sequencers, self.followers, self.renewing) = (engine, sequencers, followers, renewing);
        self.rebuilding = rebuilding;
    }

    pub fn minutes_pass(&self, minutes: u32) {
        self.clock.set(self.engine.now().plus_minutes(minutes));
    }

    /// Polls, doing one batch after the other, until there is an answer or a crash.
    pub fn drive<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Crashed> {
        let mut work = pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
                return Ok(done);
            }
            self.batches()?;
            for follower in &mut self.followers {
                follower.catch_up().expect("the store works");
            }
        }
    }

    /// Does what waits in each bucket.
    pub fn batches(&mut self) -> Result<(), Crashed> {
        for sequencer in &mut self.sequencers {
            if sequencer.waiting() == 0 {
                continue;
            }
            if self.crash_after == Some(self.steps) {
                return Err(Crashed);
            }
            sequencer.step(usize::MAX);
            self.steps += 1;
        }
        Ok(())
    }

    pub fn tries(&mut self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Answered, Crashed> {
        let engine = self.engine.clone();
        let command = command.into();
        self.drive(async move { engine.submit(command, key).await })
    }

    pub fn does(&mut self, command: impl Into<Command>) -> Answered {
        self.tries(command, None).expect("no crash was asked for")
    }

    /// Runs the maintenance until there is nothing left to do.
    pub fn tidy(&mut self) {
        let engine = self.engine.clone();
        while self.drive(async { engine.tidy().await }).expect("no crash was asked for").expect("the store works") {}
    }

    pub fn live(&mut self, patch: &Value) -> CampaignId {
        let created = create(patch);
        let Ok(Receipt { answer: Answer::Campaign { campaign, .. }, .. }) = self.does(created) else {
            panic!("valid terms");
        };
        self.does(step(campaign.id, CampaignStep::Publish)).expect("a draft");
        campaign.id
    }

    /// A new unique code of the campaign.
    pub fn unique_code(&mut self, campaign: CampaignId) -> EnteredCode {
        let request = RequestCodes { campaign, as_seller: None, count: 1, prefix: None, source: None };
        self.does(request).expect("a campaign");
        self.tidy();
        let rows = self.engine.read(|reader| reader.codes(campaign, None, 1_000)).expect("readable");
        let row = rows.last().expect("a unique one");
        let sealed = row.sealed.as_deref().expect("a unique one");
        let text = self.engine.secrets().open_code(row.secret, sealed).expect("ours");
        self.engine.secrets().entered(CodeText::parse(&text).expect("well-formed"))
    }

    pub fn counters(&self, campaign: CampaignId) -> Counters {
        self.engine.read(|reader| reader.counters(campaign)).expect("readable")
    }

    /// Nothing is held and nothing underway.
    pub fn assert_at_rest(&self) {
        self.assert_nothing_underway();
        self.assert_none(&[Kind::Due]);
    }

    /// Journals, documents and tables agree, and nothing is underway between buckets but leases that are over, whose time isn't.
    pub fn assert_nothing_underway(&self) {
        let report = verify::verify(&*self.store).expect("readable");
        assert!(report.is_clean(), "{:#?}", report.problems);
        self.assert_none(&[Kind::LeasesOut]);
        let mut snapshot = self.store.snapshot().expect("readable");
        for bucket in self.store.buckets().all() {
            for (_, document) in snapshot.scan(bucket, Kind::LeasesReturning, &[], &[], 1_000).expect("readable") {
                let Ok(Aggregate::LeasesReturning(pending)) = decode(Kind::LeasesReturning, &document.body) else {
                    panic!("pending leases")
                };
                for pending in pending.leases {
                    assert!(pending.closed && self.engine.now() < pending.lease.until, "it returns still: {pending:?}");
                }
            }
        }
    }

    /// A minute later no bucket remembers anything of a code that isn't its own.
    pub fn assert_leases_are_forgotten(&mut self) {
        self.minutes_pass(LEASE_MINUTES);
        self.tidy();
        self.assert_none(&[Kind::LeasesOut, Kind::LeasesReturning]);
    }

    fn assert_none(&self, kinds: &[Kind]) {
        let mut snapshot = self.store.snapshot().expect("readable");
        for bucket in self.store.buckets().all() {
            for kind in kinds {
                let left = snapshot.scan(bucket, *kind, &[], &[], 1_000).expect("readable");
                assert!(left.is_empty(), "{kind:?} in {bucket:?}: {left:?}");
            }
        }
    }
}

pub fn create(patch: &Value) -> CreateCampaign {
    let mut terms = json!({
        "name": "Welcome", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 100},
        "validity": {"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"},
        "limits": {"budget": "unlimited"}
    });
    for (name, value) in patch.as_object().expect("members") {
        terms[name] = value.clone();
    }
    CreateCampaign {
        terms: serde_json::from_value(terms).expect("terms"),
        metadata: Metadata::default(),
        slot: Slot::of(patch.to_string().as_bytes()),
    }
}

pub fn step(campaign: CampaignId, step: CampaignStep) -> MoveCampaign {
    MoveCampaign { campaign, as_seller: None, step }
}

pub fn account(name: &str) -> AccountId {
    AccountId::new(name).expect("a name")
}

pub fn claim(name: &str, campaign: CampaignId) -> Claim {
    let of = ClaimOf::Campaign { campaign, channel: Channel::Web, source: None, by: ClaimBy::Shop };
    Claim { account: account(name), of }
}

pub fn activate(name: &str, code: &EnteredCode) -> Claim {
    Claim { account: account(name), of: ClaimOf::Code(code.clone()) }
}

pub fn shared(engine: &Engine, campaign: CampaignId, text: &str, max_uses: u32) -> AddSharedCode {
    let code = entered(engine, text);
    AddSharedCode { campaign, as_seller: None, code, max_uses: Some(max_uses), source: None, request: None }
}

pub fn entered(engine: &Engine, text: &str) -> EnteredCode {
    engine.secrets().entered(CodeText::parse(text).expect("well-formed"))
}

/// 100.00 over two sellers.
pub fn cart() -> Cart {
    let line = |id: &str, seller: &str, price: i64, quantity| Line {
        id: LineId::new(id).expect("a name"),
        seller: SellerId::new(seller).expect("a name"),
        product: ProductId::new("lamp").expect("a name"),
        categories: Vec::new(),
        unit_price: Amount::of(price),
        quantity,
        on_sale: false,
    };
    let lines = vec![line("l1", "luma", 3000, 2), line("l2", "tako", 4000, 1)];
    Cart::new(Currency::from_code("USD").expect("listed"), lines, Vec::new()).expect("valid")
}

pub fn place(name: &str, id: &str, chosen: Vec<Chosen>) -> PlaceOrder {
    PlaceOrder {
        account: account(name),
        id: OrderId::new(id).expect("a name"),
        cart: cart(),
        chosen,
        expect_discount: None,
        hold_minutes: 30,
        metadata: Metadata::default(),
        fingerprint: [1; 16],
    }
}

pub fn with_coupon(coupon: CouponId) -> Vec<Chosen> {
    vec![Chosen::Coupon { coupon, pointer: "/use/coupons/0".to_owned() }]
}

pub fn with_code(code: &EnteredCode) -> Vec<Chosen> {
    vec![Chosen::Code { code: code.clone(), pointer: "/codes/0".to_owned() }]
}

pub fn cancel(name: &str, id: &str) -> CancelOrder {
    CancelOrder { account: account(name), order: OrderId::new(id).expect("a name"), seller: None }
}

pub fn key(holder: Holder, text: &str) -> KeyUse {
    let mut key_hash = [0; 16];
    key_hash[..text.len().min(16)].copy_from_slice(&text.as_bytes()[..text.len().min(16)]);
    KeyUse { holder, key_hash, command_hash: [9; 16] }
}

/// The coupon of an answer.
pub fn coupon(answered: Answered) -> CouponId {
    match answered {
        Ok(Receipt { answer: Answer::Coupon { coupon, .. }, .. }) => coupon.id,
        other => panic!("no coupon: {other:?}"),
    }
}

/// The code of the first reason.
pub fn refused(answered: Answered) -> &'static str {
    match answered {
        Err(EngineError::Refused(refusal)) => refusal.first().code(),
        other => panic!("it should have been refused: {other:?}"),
    }
}

/// Names whose accounts live in as many different buckets as there are, in turn.
pub fn names(buckets: u32, count: usize) -> Vec<String> {
    let buckets = Buckets::new(buckets).expect("a power of two");
    let mut by_bucket: Vec<Vec<String>> = vec![Vec::new(); buckets.count() as usize];
    for number in 0.. {
        let name = format!("a{number}");
        by_bucket[usize::from(account(&name).slot().bucket(buckets).get())].push(name);
        if by_bucket.iter().all(|names| names.len() * by_bucket.len() >= count) {
            break;
        }
    }
    let rows = (0..).take_while(|row| row * by_bucket.len() < count);
    rows.flat_map(|row| by_bucket.iter().map(move |names| names[row].clone())).take(count).collect()
}
