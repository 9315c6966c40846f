//! A small world that runs commands as the engine does, and checks everything after each.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    campaign::{Allowance, Availability, Channel, Counters, Terms},
    cart::Cart,
    code::{CodeKind, NewCode},
    command::{
        AddCodes, AddSharedCode, CampaignStep, CancelOrder, Chosen, Claim, ClaimBy, ClaimOf, CloseTransactions,
        Command, CreateCampaign, Decision, ExtendHold, MoveCampaign, Outcome, PayOrder, PlaceOrder, RefundOf,
        RefundOrder, RequestCodes, ReviseOrder, SweepDue,
    },
    event::{Event, Recorded},
    id::{CampaignId, CouponId, IdSource},
    metadata::Metadata,
    money::Amount,
    order::{Order, Refund},
    reason::Refusal,
    slot::{Bucket, Buckets, Slot},
    state::{Aggregate, Key, Kind, Part, State, decode},
    status::CouponStatus,
    time::Timestamp,
    wallet::Coupon,
};
use serde_json::Value;

use super::{build, invariants};

/// Ids from a counter: the same commands always give the same ids.
#[derive(Clone)]
pub struct Ids(u64);

impl IdSource for Ids {
    fn random(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A document as a store has it.
#[derive(Clone)]
struct Stored {
    version: u64,
    body: Vec<u8>,
    value: Aggregate,
}

#[derive(Clone)]
pub struct World {
    pub now: Timestamp,
    pub journal: Vec<Recorded>,
    ids: Ids,
    store: BTreeMap<Key, Stored>,
    /// A replay of the journal on an empty state, an event at a time.
    replay: State,
    books: invariants::Books,
    /// Whether every step checks all invariants; off where a test only fills a wallet.
    pub checked: bool,
}

/// What an order uses.
pub enum Use<'a> {
    Coupon(CouponId),
    Code(&'a str),
}

fn empty() -> State {
    State::new(Bucket::FIRST, Buckets::ONE)
}

/// The code of the first reason.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.expect_err("it should have been refused").first().code()
}

impl World {
    pub fn new() -> Self {
        Self {
            now: build::at("2026-06-01T00:00:00Z"),
            journal: Vec::new(),
            ids: Ids(0),
            store: BTreeMap::new(),
            replay: empty(),
            books: invariants::Books::default(),
            checked: true,
        }
    }

    pub fn later(&mut self, minutes: u32) {
        self.now = self.now.plus_minutes(minutes);
    }

    pub fn later_micros(&mut self, micros: i64) {
        self.now = Timestamp::from_micros(self.now.micros() + micros);
    }

    /// Runs a command as the engine does: load what it names, write down what the clock changed, decide, evolve, save.
    pub fn run(&mut self, command: impl Into<Command>) -> Result<Outcome, Refusal> {
        let command = command.into();
        let mut state = empty();
        self.load(&command, &mut state);
        loop {
            let prelude = command.prelude(&state, self.now);
            if prelude.is_empty() {
                break;
            }
            self.record(&mut state, prelude);
            self.load(&command, &mut state);
        }
        let decision = self.decide(&command, &state);
        if let Ok(Decision { events, .. }) = &decision {
            self.record(&mut state, events.clone());
        }
        self.save(&state);
        if self.checked {
            self.check();
        } else {
            self.books.forget_moves();
        }
        decision.map(|decision| decision.outcome)
    }

    /// What a command would decide, done by nobody: a preview.
    pub fn preview(&self, command: impl Into<Command>) -> Result<Decision, Refusal> {
        let command = command.into();
        let mut state = empty();
        self.load(&command, &mut state);
        assert!(command.prelude(&state, self.now).is_empty(), "a preview of a world at rest");
        command.decide(&state, self.now, &mut self.ids.clone())
    }

    /// Records events that no command decided, such as terms that [`Terms::checked`] doesn't allow yet.
    pub fn emit(&mut self, events: Vec<Event>) {
        let mut state = empty();
        for (key, stored) in &self.store {
            state.insert(key.clone(), Some((stored.version, stored.value.clone())));
        }
        self.record(&mut state, events);
        self.save(&state);
        self.check();
    }

    fn load(&self, command: &Command, state: &mut State) {
        loop {
            let missing: BTreeSet<Key> =
                command.needs(state, self.now).into_iter().filter(|key| !state.has(key)).collect();
            if missing.is_empty() {
                return;
            }
            for key in missing {
                let found = self.store.get(&key).map(|stored| {
                    (stored.version, decode(key.kind(), &stored.body).expect("what was written can be read"))
                });
                state.insert(key, found);
            }
        }
    }

    /// The decision follows from what the command named: with everything loaded it is the same.
    fn decide(&mut self, command: &Command, state: &State) -> Result<Decision, Refusal> {
        let mut same_ids = self.ids.clone();
        let decision = command.decide(state, self.now, &mut self.ids);
        let with_all = command.decide(&self.replay, self.now, &mut same_ids);
        assert_eq!(decision, with_all, "{command:?} looks at more than it names");
        decision
    }

    fn record(&mut self, state: &mut State, events: Vec<Event>) {
        for event in events {
            let position = self.journal.len() as u64 + 1;
            let bytes = minicbor::to_vec(&event).expect("writing to memory doesn't fail");
            let read: Event = minicbor::decode(&bytes).expect("what was written can be read");
            assert_eq!(read, event);
            let recorded = Recorded { position, at: self.now, event: read };
            let before = invariants::order_of(&recorded.event, &self.replay).cloned();
            state.evolve(&recorded);
            self.replay.evolve(&recorded);
            if let Some(order) = invariants::order_of(&recorded.event, &self.replay) {
                invariants::check_figures(&recorded.event, before.as_ref(), order);
            }
            self.books.book(&recorded);
            invariants::Books::check_budget(&recorded.event, &self.replay);
            self.journal.push(recorded);
        }
    }

    fn save(&mut self, state: &State) {
        let mut changed = BTreeSet::new();
        for change in state.changes() {
            let version = self.store.get(&change.key).map(|stored| stored.version);
            assert_eq!(change.read, version, "{:?} was written without having been read", change.key);
            match change.value {
                None => {
                    self.store.remove(&change.key);
                }
                Some(value) => {
                    let body = value.encode();
                    let read = decode(change.key.kind(), &body).expect("what was written can be read");
                    assert_eq!(read, value);
                    let stored = Stored { version: version.unwrap_or(0) + 1, body, value };
                    self.store.insert(change.key.clone(), stored);
                }
            }
            changed.insert(change.key);
        }
        // The tables equal the replay: of what changed now, and in number.
        let mut documents = 0;
        for (key, value) in self.replay.documents() {
            documents += 1;
            if changed.contains(key) {
                assert_eq!(self.store.get(key).map(|stored| &stored.value), Some(value), "replay of {key:?}");
            }
        }
        assert_eq!(documents, self.store.len(), "the replay has the same documents");
    }

    pub fn check(&mut self) {
        let documents = self.store.iter().map(|(key, stored)| (key, &stored.value));
        self.books.check(documents, self.now);
    }

    /// I9: replaying the whole journal on an empty state gives the same documents, byte for byte.
    pub fn check_replay(&self) {
        let mut state = empty();
        for recorded in &self.journal {
            state.evolve(recorded);
        }
        let replayed: BTreeMap<&Key, Vec<u8>> = state.documents().map(|(key, value)| (key, value.encode())).collect();
        let stored: BTreeMap<&Key, Vec<u8>> =
            self.store.iter().map(|(key, stored)| (key, stored.body.clone())).collect();
        assert_eq!(replayed, stored);
        self.check_parts();
    }

    /// What accounts have by themselves and what is beside them, each replayed without the other, make the whole.
    fn check_parts(&self) {
        let (mut accounts, mut beside) = (empty().only(Part::Accounts), empty().only(Part::Beside));
        for recorded in &self.journal {
            beside.evolve(recorded);
            if recorded.event.account().is_some() {
                accounts.evolve(recorded);
            }
            for (individual, change) in accounts.take_individual_changes() {
                beside.change_individual(&individual, change);
            }
        }
        let mut together: BTreeMap<&Key, Aggregate> =
            beside.documents().map(|(key, value)| (key, value.clone())).collect();
        for (key, value) in accounts.documents() {
            let both = match (together.remove(key), value) {
                (None, value) => value.clone(),
                (Some(Aggregate::Allowance(beside)), Aggregate::Allowance(of_accounts)) => {
                    assert!(of_accounts.claimed_by_source.is_empty());
                    let counters = beside.counters.plus(of_accounts.counters);
                    Aggregate::Allowance(Allowance { counters, ..beside })
                }
                (Some(_), _) => panic!("{key:?} is in both parts"),
            };
            together.insert(key, both);
        }
        let whole: BTreeMap<&Key, Aggregate> =
            self.replay.documents().map(|(key, value)| (key, value.clone())).collect();
        assert_eq!(together, whole);
    }

    // What there is.

    pub fn keys(&self, kind: Kind) -> Vec<Key> {
        self.store.keys().filter(|key| key.kind() == kind).cloned().collect()
    }

    /// With all its refunds.
    pub fn order(&self, account: &str, order: &str) -> Order {
        let order = self.replay.order(&build::account(account), &build::order_id(order)).expect("it exists");
        self.replay.whole_order(order.clone())
    }

    /// As it is stored.
    pub fn order_alone(&self, account: &str, order: &str) -> &Order {
        self.replay.order(&build::account(account), &build::order_id(order)).expect("it exists")
    }

    pub fn coupon(&self, account: &str, coupon: CouponId) -> Option<&Coupon> {
        self.replay.coupon(&build::account(account), coupon)
    }

    pub fn coupons(&self, account: &str) -> Vec<&Coupon> {
        let account = build::account(account);
        self.replay.live_coupons(&account).chain(self.replay.past_coupons(&account)).collect()
    }

    pub fn status(&self, account: &str, coupon: CouponId) -> CouponStatus {
        self.coupon(account, coupon).expect("it exists").status(self.now)
    }

    pub fn allowance(&self, campaign: CampaignId) -> Availability {
        self.replay.allowance(campaign)
    }

    pub fn counters(&self, campaign: CampaignId) -> Counters {
        self.allowance(campaign).counters
    }

    /// `claimed on_orders used returned held spent`
    pub fn figures(&self, campaign: CampaignId) -> String {
        let c = self.counters(campaign);
        let (held, spent) = (c.budget_held, c.budget_spent);
        format!("{} {} {} {} {held} {spent}", c.claimed, c.on_orders, c.used, c.returned)
    }

    pub fn state(&self) -> &State {
        &self.replay
    }

    /// How often a code gave a coupon that still counts.
    pub fn code_uses(&self, text: &str) -> u32 {
        let code = self.replay.code(build::code(text).hash).expect("it exists");
        match &code.kind {
            CodeKind::Shared { uses, .. } => *uses,
            CodeKind::Unique { state, .. } => u32::from(state.claimed_by().is_some()),
        }
    }

    // What can be done.

    pub fn create(&mut self, terms: Terms) -> Result<CampaignId, Refusal> {
        match self.run(CreateCampaign { terms, metadata: Metadata::default(), slot: Slot::of(b"a place") })? {
            Outcome::Campaign { campaign, created: true } => Ok(campaign),
            other => panic!("creating led to {other:?}"),
        }
    }

    pub fn step(&mut self, campaign: CampaignId, step: CampaignStep) -> Result<Outcome, Refusal> {
        self.run(MoveCampaign { campaign, as_seller: None, step })
    }

    /// A draft; see [`build::terms`].
    pub fn draft(&mut self, patch: &Value) -> CampaignId {
        self.create(build::terms(patch)).expect("valid terms")
    }

    /// A published campaign; see [`build::terms`].
    pub fn campaign(&mut self, patch: &Value) -> CampaignId {
        let campaign = self.draft(patch);
        self.step(campaign, CampaignStep::Publish).expect("a draft");
        campaign
    }

    /// A published campaign with terms that no command allows, such as funders that didn't agree.
    pub fn campaign_of(&mut self, terms: Terms) -> CampaignId {
        let slot = scrip_core::slot::Slot::from_u16(7);
        let campaign = CampaignId::new(self.now, slot, &mut self.ids);
        self.emit(vec![
            Event::CampaignCreated { campaign, terms, at: self.now, metadata: None },
            Event::CampaignPublished { campaign, counters: Counters::default() },
        ]);
        campaign
    }

    pub fn shared_code(&mut self, campaign: CampaignId, text: &str, max_uses: Option<u32>) {
        let code = build::code(text);
        self.run(AddSharedCode { campaign, as_seller: None, code, max_uses, source: None, request: None })
            .expect("a new code");
    }

    pub fn unique_code(&mut self, campaign: CampaignId, text: &str, source: Option<&str>) {
        let source = source.map(build::source);
        let request = RequestCodes { campaign, as_seller: None, count: 1, prefix: None, source };
        let Outcome::Job(job) = self.run(request).expect("accepted") else { panic!("codes are made by a job") };
        let entered = build::code(text);
        let last4 = entered.text.last4().to_owned();
        let codes =
            vec![NewCode { hash: entered.hash, last4, sealed: text.as_bytes().to_vec(), secret: entered.secret }];
        self.run(AddCodes { job, codes, done_before: 0 }).expect("added");
    }

    pub fn claim_by(
        &mut self,
        account: &str,
        campaign: CampaignId,
        channel: Channel,
        source: Option<&str>,
    ) -> Result<CouponId, Refusal> {
        let source = source.map(build::source);
        self.claim_of(account, ClaimOf::Campaign { campaign, channel, source, by: ClaimBy::Shop })
    }

    pub fn claim(&mut self, account: &str, campaign: CampaignId) -> Result<CouponId, Refusal> {
        self.claim_by(account, campaign, Channel::Web, None)
    }

    pub fn activate(&mut self, account: &str, code: &str) -> Result<CouponId, Refusal> {
        self.claim_of(account, ClaimOf::Code(build::code(code)))
    }

    pub fn claim_of(&mut self, account: &str, of: ClaimOf) -> Result<CouponId, Refusal> {
        match self.run(Claim { account: build::account(account), of })? {
            Outcome::Coupon { coupon, .. } => Ok(coupon),
            other => panic!("a claim led to {other:?}"),
        }
    }

    pub fn place(&mut self, account: &str, order: &str, cart: &Cart, uses: &[Use<'_>]) -> Result<Outcome, Refusal> {
        self.run(place(account, order, cart, uses))
    }

    pub fn revise(&mut self, account: &str, order: &str, cart: &Cart, uses: &[Use<'_>]) -> Result<Outcome, Refusal> {
        self.run(revise(account, order, cart, uses))
    }

    /// The coupons on an order, in the order of application.
    pub fn on(&self, account: &str, order: &str) -> Vec<CouponId> {
        self.order(account, order).coupons.iter().map(scrip_core::order::OrderCoupon::id).collect()
    }

    pub fn pay(&mut self, account: &str, order: &str) -> Result<Outcome, Refusal> {
        self.run(PayOrder { account: build::account(account), order: build::order_id(order) })
    }

    pub fn extend(&mut self, account: &str, order: &str, hold_minutes: u32) -> Result<Outcome, Refusal> {
        self.run(ExtendHold { account: build::account(account), order: build::order_id(order), hold_minutes })
    }

    pub fn close(&mut self, account: &str, order: &str, seller: Option<&str>) -> Result<Outcome, Refusal> {
        let seller = seller.map(build::seller);
        self.run(CloseTransactions { account: build::account(account), order: build::order_id(order), seller })
    }

    pub fn cancel(&mut self, account: &str, order: &str, seller: Option<&str>) -> Result<Outcome, Refusal> {
        let seller = seller.map(build::seller);
        self.run(CancelOrder { account: build::account(account), order: build::order_id(order), seller })
    }

    pub fn refund(&mut self, account: &str, order: &str, id: &str, of: RefundOf) -> Result<Refund, Refusal> {
        self.run(refund(account, order, id, of))?;
        Ok(self.order(account, order).refund(&build::refund_name(id)).expect("it was recorded").clone())
    }

    /// Sweeps all that has fallen due, as the engine's job does.
    pub fn sweep(&mut self) {
        for key in self.keys(Kind::Due) {
            let Key::Due(bucket, second, chunk) = key else { unreachable!("of that kind") };
            if second < self.now.seconds().unsigned_abs() {
                self.run(SweepDue { bucket, second, chunk }).expect("a sweep is never refused");
            }
        }
    }
}

fn chosen(uses: &[Use<'_>]) -> Vec<Chosen> {
    uses.iter()
        .enumerate()
        .map(|(place, used)| match used {
            Use::Coupon(coupon) => Chosen::Coupon { coupon: *coupon, pointer: format!("/use/{place}") },
            Use::Code(text) => Chosen::Code { code: build::code(text), pointer: format!("/codes/{place}") },
        })
        .collect()
}

pub fn revise(account: &str, order: &str, cart: &Cart, uses: &[Use<'_>]) -> ReviseOrder {
    ReviseOrder {
        account: build::account(account),
        order: build::order_id(order),
        cart: cart.clone(),
        chosen: chosen(uses),
        expect_discount: None,
    }
}

pub fn place(account: &str, order: &str, cart: &Cart, uses: &[Use<'_>]) -> PlaceOrder {
    PlaceOrder {
        account: build::account(account),
        id: build::order_id(order),
        cart: cart.clone(),
        chosen: chosen(uses),
        expect_discount: None,
        hold_minutes: 30,
        metadata: Metadata::default(),
        fingerprint: [1; 16],
    }
}

pub fn refund(account: &str, order: &str, id: &str, of: RefundOf) -> RefundOrder {
    RefundOrder {
        account: build::account(account),
        order: build::order_id(order),
        id: build::refund_name(id),
        of,
        as_seller: None,
        fingerprint: [1; 16],
        metadata: Metadata::default(),
    }
}

/// `l1*2 l2*1` as units, `=l1:300` as an amount refund, `+a:500` as shipping.
pub fn parts(text: &str) -> RefundOf {
    let (mut lines, mut amounts, mut shipping) = (Vec::new(), Vec::new(), Vec::new());
    let minor = |text: &str| Amount::of(text.parse().expect("an amount"));
    for part in text.split_whitespace() {
        if let Some(entry) = part.strip_prefix('=') {
            let (line, of) = entry.split_once(':').expect("line:amount");
            amounts.push((build::line_id(line), minor(of), Some("dispute".to_owned())));
        } else if let Some(entry) = part.strip_prefix('+') {
            let (seller, of) = entry.split_once(':').expect("seller:amount");
            shipping.push((build::seller(seller), minor(of)));
        } else {
            let (line, units) = part.split_once('*').expect("line*units");
            lines.push((build::line_id(line), units.parse().expect("a number")));
        }
    }
    RefundOf::Parts { lines, amounts, shipping }
}
