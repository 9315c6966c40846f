//! The same random walks on every store: in memory and SQLite to the last byte, one bucket and eight to the last answer.

use std::sync::Arc;

use rand::{Rng, SeedableRng, rngs::StdRng};
use scrip_core::{
    campaign::Campaign,
    code::EnteredCode,
    command::{CampaignStep, CloseTransactions, ExtendHold, PayOrder, RefundOf, RefundOrder},
    id::{CampaignId, CouponId},
    metadata::Metadata,
    name::{OrderId, RefundName, SellerId},
    order::Order,
    slot::{Bucket, Buckets},
};
use scrip_engine::{Answer, EngineError, Placement, Receipt, Revision, Use};
use scrip_sqlite::SqliteStore;
use scrip_store::{Store, memory::MemoryStore};
use serde_json::json;

use crate::market::{
    Answered, Market, account, activate, cancel, cart, claim, coupon, entered, names, place, shared, step, with_code,
    with_coupon,
};

/// Random walks, and commands in each.
fn walks() -> u64 {
    std::env::var("SCRIP_WALKS").map_or(20, |walks| walks.parse().expect("a number"))
}
const COMMANDS: usize = 80;

/// What a walk has to choose from. Everything is named by its place, so that walks with other ids are the same.
struct Walk {
    market: Market,
    random: StdRng,
    names: Vec<String>,
    campaigns: Vec<CampaignId>,
    codes: Vec<EnteredCode>,
    coupons: Vec<(String, CouponId)>,
    orders: Vec<(String, String)>,
    /// What was answered, without ids.
    answers: Vec<String>,
}

impl Walk {
    fn new(store: Option<Arc<dyn Store>>, buckets: u32, seed: u64) -> Self {
        let market = store.map_or_else(|| Market::new(buckets), Market::over);
        // Accounts of all eight buckets, whatever the store has.
        let names = names(8, 10);
        let mut walk = Self {
            market,
            random: StdRng::seed_from_u64(seed),
            names,
            campaigns: Vec::new(),
            codes: Vec::new(),
            coupons: Vec::new(),
            orders: Vec::new(),
            answers: Vec::new(),
        };
        walk.furnish();
        walk
    }

    fn furnish(&mut self) {
        // Different ends and one of each a head, so that no two coupons tie for the best combination: ids decide then.
        for (number, patch) in [
            json!({"limits": {"stock": 6, "budget": 900}}),
            json!({"limits": {"stock": 9, "budget": "unlimited"},
                   "benefit": {"type": "percent_off", "percent_bp": 1250, "cap": 700}}),
            json!({"issuer": {"type": "seller", "seller": "luma"}, "limits": {"budget": 1_500}}),
            json!({"limits": {"budget": "unlimited"}, "minimum_spend": {"amount": 9_900}}),
        ]
        .into_iter()
        .enumerate()
        {
            let mut patch = patch;
            patch["validity"] = json!({"type": "fixed", "starts_at": "2026-11-01T00:00:00Z",
                "expires_at": format!("2026-12-0{}T00:00:00Z", number + 1)});
            let campaign = self.market.live(&patch);
            self.campaigns.push(campaign);
        }
        let engine = self.market.engine.clone();
        for (campaign, text, uses) in [(0, "SAVE10", 4), (1, "SAVE20", 3)] {
            self.market.does(shared(&engine, self.campaigns[campaign], text, uses)).expect("new");
            self.codes.push(entered(&engine, text));
        }
        for campaign in [0, 1, 2] {
            let code = self.market.unique_code(self.campaigns[campaign]);
            self.codes.push(code);
        }
    }

    fn pick<'a, T>(random: &mut StdRng, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| &list[random.random_range(0..list.len())])
    }

    fn go(mut self, commands: usize) -> Self {
        for number in 0..commands {
            self.one(number);
        }
        self
    }

    fn one(&mut self, number: usize) {
        let name = Self::pick(&mut self.random, &self.names).expect("names").clone();
        let id = format!("A-{number}");
        match self.random.random_range(0..20) {
            0..=4 => {
                let campaign = *Self::pick(&mut self.random, &self.campaigns).expect("campaigns");
                let answer = self.market.does(claim(&name, campaign));
                self.claimed(&name, answer);
            }
            5..=6 => {
                let code = Self::pick(&mut self.random, &self.codes).expect("codes").clone();
                let answer = self.market.does(activate(&name, &code));
                self.claimed(&name, answer);
            }
            7..=8 => {
                let code = Self::pick(&mut self.random, &self.codes).expect("codes").clone();
                let answer = self.market.does(place(&name, &id, with_code(&code)));
                self.placed(&name, &id, &answer);
            }
            9..=10 => {
                if let Some((name, coupon)) = Self::pick(&mut self.random, &self.coupons).cloned() {
                    let answer = self.market.does(place(&name, &id, with_coupon(coupon)));
                    self.placed(&name, &id, &answer);
                }
            }
            11..=12 => self.best(&name, &id),
            13 => self.minutes(),
            14 => {
                let campaign = *Self::pick(&mut self.random, &self.campaigns).expect("campaigns");
                let next = if self.random.random_bool(0.5) { CampaignStep::Pause } else { CampaignStep::Resume };
                let answer = self.market.does(step(campaign, next));
                self.note("step", &answer);
            }
            15 => {
                let engine = self.market.engine.clone();
                let other = Self::pick(&mut self.random, &self.names).expect("names").clone();
                if self.random.random_bool(0.2) && name != other {
                    let linked = self.market.drive(engine.link(&account(&other), &account(&name)));
                    self.answers.push(format!("linked {}", linked.expect("no crash").is_ok()));
                }
            }
            _ => self.goes_on(number),
        }
    }

    /// Something that an order of before may still have before it.
    fn goes_on(&mut self, number: usize) {
        let Some((name, id)) = Self::pick(&mut self.random, &self.orders).cloned() else { return };
        let (account, order) = (account(&name), OrderId::new(&id).expect("a name"));
        let seller = self.random.random_bool(0.4).then(|| SellerId::new("tako").expect("a name"));
        let answer = match self.random.random_range(0..7) {
            6 => {
                let codes = Self::pick(&mut self.random, &self.codes).cloned().into_iter();
                let codes = codes.filter(|_| seller.is_some()).collect();
                let revision =
                    Revision { account, order, cart: cart(), r#use: Use::Best, codes, expect_discount: None };
                let engine = self.market.engine.clone();
                self.market.drive(async move { engine.revise(revision, None).await }).expect("no crash")
            }
            0 => self.market.does(cancel(&name, &id)),
            1..=2 => self.market.does(PayOrder { account, order }),
            3 => self.market.does(CloseTransactions { account, order, seller }),
            4 => self.market.does(ExtendHold { account, order, hold_minutes: 45 }),
            _ => {
                let of = seller.map_or(RefundOf::All, RefundOf::Seller);
                let id = RefundName::new(&format!("r-{number}")).expect("a name");
                let (fingerprint, metadata) = ([2; 16], Metadata::default());
                self.market.does(RefundOrder { account, order, id, of, fingerprint, as_seller: None, metadata })
            }
        };
        self.note("order", &answer);
    }

    fn best(&mut self, name: &str, id: &str) {
        let placement = Placement {
            account: account(name),
            id: OrderId::new(id).expect("a name"),
            cart: cart(),
            r#use: Use::Best,
            codes: Vec::new(),
            expect_discount: None,
            hold_minutes: 30,
            metadata: Metadata::default(),
            fingerprint: [1; 16],
        };
        let engine = self.market.engine.clone();
        let answer = self.market.drive(async move { engine.place(placement, None).await }).expect("no crash");
        self.placed(name, id, &answer);
    }

    fn minutes(&mut self) {
        let minutes = self.random.random_range(1..40);
        self.market.minutes_pass(minutes);
        if self.random.random_bool(0.5) {
            self.market.tidy();
        }
    }

    fn claimed(&mut self, name: &str, answer: Answered) {
        self.note("claim", &answer);
        if answer.is_ok() {
            self.coupons.push((name.to_owned(), coupon(answer)));
        }
    }

    fn placed(&mut self, name: &str, id: &str, answer: &Answered) {
        self.note("place", answer);
        if answer.is_ok() {
            self.orders.push((name.to_owned(), id.to_owned()));
        }
    }

    fn note(&mut self, what: &str, answer: &Answered) {
        let text = match answer {
            Ok(Receipt { answer, at, .. }) => match answer {
                Answer::Order { order, .. } => order_text(order),
                Answer::Refund { order, refund, .. } => {
                    let outcomes: Vec<_> = refund.coupons.iter().map(|coupon| coupon.outcome).collect();
                    format!("{} {outcomes:?} {}", refund.amount.minor(), order_text(order))
                }
                Answer::Coupon { coupon, .. } => format!("{:?} {:?}", coupon.status(*at), coupon.expires_at),
                Answer::Campaign { campaign, counters, .. } => format!("{} {counters:?}", campaign_text(campaign)),
                _ => "done".to_owned(),
            },
            Err(EngineError::Refused(refusal)) => {
                // An id is another one in another walk.
                let reasons = refusal.errors.iter().map(|error| match &error.reason {
                    scrip_core::reason::Reason::ExclusiveCouponApplied { .. }
                    | scrip_core::reason::Reason::StackingGroupTaken { .. } => error.reason.code().to_owned(),
                    scrip_core::reason::Reason::HoldExpired { gone, .. } => format!("hold expired, {gone:?} is gone"),
                    reason => format!("{reason:?}"),
                });
                reasons.collect::<Vec<_>>().join(", ")
            }
            Err(error) => panic!("{error}"),
        };
        self.answers.push(format!("{what}: {text}"));
    }

    /// How it all stands at the end.
    fn end(&mut self) -> Vec<String> {
        self.market.minutes_pass(60);
        self.market.tidy();
        self.market.assert_at_rest();
        let campaigns = self.campaigns.iter().map(|campaign| format!("{:?}", self.market.counters(*campaign)));
        campaigns.collect()
    }
}

/// What a walk leaves in a store in memory.
pub fn walked(buckets: u32, seed: u64) -> MemoryStore {
    let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
    let mut walk = Walk::new(Some(Arc::new(store.clone())), buckets, seed).go(COMMANDS);
    walk.market.tidy();
    store
}

fn order_text(order: &Order) -> String {
    let states: Vec<_> = order.transactions.iter().map(|transaction| transaction.state).collect();
    format!("{:?} {:?} {states:?} {}", order.stage, order.figures(), order.coupons.len())
}

fn campaign_text(campaign: &Campaign) -> String {
    format!("{:?} revision {}", campaign.stage, campaign.revision)
}

#[test]
fn c4_eight_buckets_answer_as_one_does() {
    for seed in 0..walks() {
        let mut one = Walk::new(None, 1, seed).go(COMMANDS);
        let mut eight = Walk::new(None, 8, seed).go(COMMANDS);
        for (number, (one, eight)) in one.answers.iter().zip(&eight.answers).enumerate() {
            assert_eq!(one, eight, "seed {seed}, answer {number}");
        }
        assert_eq!(one.answers.len(), eight.answers.len(), "seed {seed}");
        assert_eq!(one.end(), eight.end(), "seed {seed}");
    }
}

#[test]
fn c4_sqlite_stores_what_memory_does_to_the_last_byte() {
    for seed in 0..walks().div_ceil(4) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("scrip.db");
        let sqlite = SqliteStore::open(&file, scrip_sqlite::Options::default()).expect("a new file");
        let memory = Walk::new(None, 1, seed).go(COMMANDS);
        let sqlite = Walk::new(Some(Arc::new(sqlite)), 1, seed).go(COMMANDS);
        assert_eq!(memory.answers, sqlite.answers, "seed {seed}");
        let (mut expected, mut found) =
            (memory.market.store.snapshot().expect("readable"), sqlite.market.store.snapshot().expect("readable"));
        let bucket = Bucket::FIRST;
        assert_eq!(
            expected.head(bucket).expect("readable"),
            found.head(bucket).expect("readable"),
            "the journals' hashes, seed {seed}"
        );
        assert_eq!(
            expected.all_documents(bucket).expect("readable"),
            found.all_documents(bucket).expect("readable"),
            "seed {seed}"
        );
        assert_eq!(expected.all_rows().expect("readable"), found.all_rows().expect("readable"), "seed {seed}");
    }
}
