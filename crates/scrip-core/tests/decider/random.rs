//! Random commands on small worlds: every step keeps the invariants, and the journal replays to the same documents.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::Channel,
    cart::{Cart, Line, Shipping},
    command::{
        CampaignStep, ClaimBy, ClaimOf, Command, ImportCoupon, KnownBy, OldStatus, PlaceOrder, RefundOf, RefundOrder,
        SweepDue,
    },
    id::{CampaignId, CouponId},
    metadata::Metadata,
    money::Currency,
    order::{Order, OrderCoupon, OrderStage},
    reason::Refusal,
    state::{Key, Kind},
    status::CouponStatus,
};
use serde_json::{Value, json};

use super::{
    build::{Random, account, amount, by_seller, line_id, product, refund_name, seller, source, terms},
    world::{Use, World, place, revise},
};

/// How many cases a law is tried on; `SCRIP_LAW_CASES` says how many instead.
pub fn cases(default: u32) -> u32 {
    std::env::var("SCRIP_LAW_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

const ACCOUNTS: [&str; 3] = ["ana", "bob", "cleo"];
const SELLERS: [&str; 3] = ["a", "b", "c"];
const CODES: [&str; 4] = ["SHARED-A", "SHARED-B", "UNIQUE-A", "UNIQUE-B"];
const COMMANDS: usize = 40;

/// Campaigns of every kind: each world has some of them.
fn kinds() -> Vec<Value> {
    let fixed = |amount: i64| json!({"type": "amount_off", "amount": amount});
    let free = |stock: Value, budget: Value| json!({"stock": stock, "per_individual": null, "budget": budget});
    vec![
        json!({"benefit": fixed(500), "limits": free(json!(null), json!(1700)), "minimum_spend": {"amount": 900}}),
        json!({"benefit": fixed(9000), "limits": free(json!(4), json!("unlimited")), "stacking": {"group": "x"}}),
        json!({"benefit": {"type": "percent_off", "percent_bp": 1250, "cap": 700}, "limits": {"per_individual": 2, "budget": 3000},
            "validity": {"type": "after_claim", "days": 2, "time_zone": "Asia/Shanghai"}}),
        json!({"benefit": {"type": "tiered_amount_off", "tiers": [{"over": 500, "amount": 50}, {"over": 2500, "amount": 777}]},
            "stacking": {"group": "y"}, "limits": free(json!(6), json!(2500))}),
        json!({"benefit": {"type": "free_shipping", "cap": 333}, "limits": free(json!(null), json!(900))}),
        json!({"benefit": {"type": "free_shipping"}, "issuer": by_seller("a")}),
        json!({"benefit": fixed(250), "issuer": by_seller("a"), "refund_policy": {"full_refund": "return"}}),
        json!({"benefit": {"type": "percent_off", "percent_bp": 3333}, "issuer": by_seller("b"), "limits": free(json!(5), json!("unlimited")),
            "claims": {"sources": [{"source": "acme", "stock": 2}]}}),
        json!({"benefit": fixed(101), "stacking": {"exclusive": true}, "refund_policy": {"full_refund": "keep"}}),
        json!({"benefit": fixed(333), "scope": {"products": ["p1", "p2"]}, "validity": {"type": "after_claim", "days": 1}}),
    ]
}

pub struct Model {
    pub world: World,
    campaigns: Vec<CampaignId>,
    random: Random,
    orders: u32,
    refunds: u32,
    used: u32,
}

/// A world with six campaigns, one of them co-funded, and codes.
pub fn prepared(mut random: Random) -> (World, Vec<CampaignId>) {
    let mut world = World::new();
    world.checked = false;
    let mut kinds = kinds();
    // Three of four may be collected whether or not they have codes.
    for kind in kinds.iter_mut().skip(1) {
        kind["claims"]["channels"] = json!(["web", "partner", "code", "system"]);
    }
    random.shuffle(&mut kinds);
    let mut campaigns: Vec<CampaignId> = kinds[..5].iter().map(|patch| world.campaign(patch)).collect();
    let mut shared = terms(&kinds[5]).checked().expect("valid terms");
    if shared.issuer.seller().is_none() {
        let bp = 1 + random.below(9999);
        let funding = json!([{"funder": "platform", "share_bp": bp}, {"funder": "seller", "share_bp": 10_000 - bp}]);
        shared.funding = serde_json::from_value(funding).expect("valid funding");
    }
    campaigns.push(world.campaign_of(shared));
    for (place, code) in CODES.iter().enumerate() {
        if code.starts_with("SHARED") {
            world.shared_code(campaigns[place], code, (place == 0).then_some(3));
        } else {
            world.unique_code(campaigns[place], code, (place == 2).then_some("acme"));
        }
    }
    world.checked = true;
    world.check();
    (world, campaigns)
}

impl Model {
    pub fn new(world: World, campaigns: Vec<CampaignId>, random: Random) -> Self {
        Self { world, campaigns, random, orders: 0, refunds: 0, used: 0 }
    }

    pub fn cart(&mut self) -> Cart {
        let random = &mut self.random;
        let lines: Vec<Line> = (0..1 + random.below(4))
            .map(|n| Line {
                id: line_id(&format!("l{n}")),
                seller: seller(SELLERS[random.below(3)]),
                product: product(&format!("p{}", random.below(4))),
                categories: Vec::new(),
                unit_price: amount([0, 1, 7, 333, 1000, 2500][random.below(6)]),
                quantity: 1 + random.below(4) as u32,
                on_sale: random.one_in(8),
            })
            .collect();
        let mut shipping: Vec<Shipping> = Vec::new();
        for line in &lines {
            if !shipping.iter().any(|entry| entry.seller == line.seller) && random.one_in(2) {
                shipping.push(Shipping { seller: line.seller.clone(), amount: amount(random.below(500) as i64) });
            }
        }
        Cart::new(Currency::from_code("USD").expect("listed"), lines, shipping).expect("a valid cart")
    }

    pub fn account(&mut self) -> &'static str {
        ACCOUNTS[self.random.below(3)]
    }

    fn find(&self, account: &str, order: &str) -> Option<&Order> {
        self.world.state().order(&super::build::account(account), &super::build::order_id(order))
    }

    /// An order of anybody's, most likely at the stage; now and then one that doesn't exist.
    fn some_order(&mut self, stage: OrderStage) -> (&'static str, String) {
        let all: Vec<_> = self
            .world
            .keys(Kind::Order)
            .into_iter()
            .filter_map(|key| match key {
                Key::Order(of, order) => Some((of, order)),
                _ => None,
            })
            .collect();
        let at_stage: Vec<_> = all
            .iter()
            .filter(|(of, order)| self.world.state().order(of, order).is_some_and(|order| order.stage == stage))
            .cloned()
            .collect();
        let found = if at_stage.is_empty() || self.random.one_in(8) { all } else { at_stage };
        match self.random.pick(&found).cloned() {
            Some((of, order)) if !self.random.one_in(25) => {
                let account = ACCOUNTS.into_iter().find(|account| *account == of.as_str()).expect("one of three");
                (account, order.as_str().to_owned())
            }
            _ => (self.account(), format!("o-{}", self.random.below(20))),
        }
    }

    fn seller(&mut self) -> Option<&'static str> {
        if self.random.one_in(2) { None } else { Some(SELLERS[self.random.below(3)]) }
    }

    fn step(&mut self) -> (&'static str, Result<(), Refusal>) {
        let drop_it = |result: Result<_, Refusal>| result.map(drop);
        match self.random.below(100) {
            0..24 => ("claim", self.claim().map(drop)),
            24..38 => ("place", self.place()),
            38..46 => ("revise", self.revise()),
            46..54 => {
                let late = self.random.one_in(3);
                let stage = if late { OrderStage::TimedOut } else { OrderStage::Placed };
                let (account, order) = self.some_order(stage);
                let was_late = self.find(account, &order).is_some_and(|order| order.stage == OrderStage::TimedOut);
                (if was_late { "pay late" } else { "pay" }, drop_it(self.world.pay(account, &order)))
            }
            54..60 => {
                let (account, order) = self.some_order(OrderStage::Paid);
                let seller = self.seller();
                ("close", drop_it(self.world.close(account, &order, seller)))
            }
            60..65 => {
                let stage = if self.random.one_in(3) { OrderStage::Paid } else { OrderStage::Placed };
                let (account, order) = self.some_order(stage);
                let seller = self.seller();
                ("cancel", drop_it(self.world.cancel(account, &order, seller)))
            }
            65..86 => ("refund", self.refund()),
            86..88 => {
                let (account, order) = self.some_order(OrderStage::Placed);
                let minutes = [1, 30, 60, 10_080][self.random.below(4)];
                ("extend", drop_it(self.world.extend(account, &order, minutes)))
            }
            88..91 => ("sweep", self.sweep()),
            91..93 => {
                let campaign = self.campaigns[self.random.below(6)];
                let step = [CampaignStep::Pause, CampaignStep::Resume, CampaignStep::Resume, CampaignStep::End];
                let end = usize::from(self.random.one_in(4));
                let step = step[self.random.below(3 + end)];
                ("campaign", drop_it(self.world.step(campaign, step)))
            }
            93 => ("import", self.import()),
            _ => {
                let micros = [1, 40_000_000, 600_000_000, 1_799_999_999, 1_800_000_000, 86_400_000_000];
                let micros = micros[self.random.below(6)];
                self.world.later_micros(micros);
                self.world.check();
                ("later", Ok(()))
            }
        }
    }

    pub fn claim(&mut self) -> Result<CouponId, Refusal> {
        let account = self.account();
        if self.random.one_in(4) {
            let code = CODES[self.random.below(4)];
            return self.world.activate(account, code);
        }
        let campaign = self.campaigns[self.random.below(6)];
        let channel = [Channel::Web, Channel::Partner, Channel::SellerStore, Channel::System][self.random.below(4)];
        let of = self.random.one_in(3).then(|| source(if self.random.one_in(2) { "acme" } else { "blog" }));
        let by = if self.random.one_in(5) { ClaimBy::Shopper } else { ClaimBy::Shop };
        self.world.claim_of(account, ClaimOf::Campaign { campaign, channel, source: of, by })
    }

    /// A new order, or one that exists, with up to three coupons and codes; those that don't apply are left out.
    fn place(&mut self) -> Result<(), Refusal> {
        let mut account = self.account();
        for _ in 0..3 {
            let now = self.world.now;
            if self.world.coupons(account).iter().any(|coupon| coupon.status(now) == CouponStatus::Valid) {
                break;
            }
            account = self.account();
        }
        let id = if self.random.one_in(10) {
            format!("o-{}", self.random.below(self.orders as usize + 1))
        } else {
            self.orders += 1;
            format!("o-{}", self.orders - 1)
        };
        let cart = self.cart();
        let uses = self.uses(account, &[]);
        let hold_minutes = if self.random.one_in(6) { 10_080 } else { 30 };
        let fingerprint = [self.random.below(2) as u8; 16];
        self.with_what_applies(uses, |uses| {
            PlaceOrder { hold_minutes, fingerprint, ..place(account, &id, &cart, uses) }.into()
        })
        .map(drop)
    }

    /// A new order with what applies of the coupons and codes, which are answered; `None` if it was refused.
    pub fn placed(
        &mut self,
        account: &str,
        id: &str,
        cart: &Cart,
        uses: Vec<Use<'static>>,
    ) -> Option<Vec<Use<'static>>> {
        self.with_what_applies(uses, |uses| place(account, id, cart, uses).into()).ok()
    }

    /// Another cart, or the same, with coupons and codes that the order has, and others.
    fn revise(&mut self) -> Result<(), Refusal> {
        let (account, id) = self.some_order(OrderStage::Placed);
        let known = self.find(account, &id).cloned();
        let held: Vec<_> = known.iter().flat_map(|order| &order.coupons).cloned().collect();
        let cart = match &known {
            Some(order) if self.random.one_in(4) => order.cart.clone(),
            _ => self.cart(),
        };
        let uses = self.uses(account, &held);
        self.with_what_applies(uses, |uses| revise(account, &id, &cart, uses).into()).map(drop)
    }

    /// Up to three valid coupons and a code, now and then some that aren't; those that are held likely too.
    pub fn uses(&mut self, account: &str, held: &[OrderCoupon]) -> Vec<Use<'static>> {
        let (now, any) = (self.world.now, self.random.one_in(5));
        let mut coupons = self.world.coupons(account);
        coupons.retain(|coupon| any || coupon.status(now) == CouponStatus::Valid);
        let mut coupons: Vec<CouponId> = coupons.iter().map(|coupon| coupon.id).collect();
        self.random.shuffle(&mut coupons);
        coupons.truncate(1 + self.random.below(3));
        let mut uses: Vec<Use<'_>> = coupons.into_iter().map(Use::Coupon).collect();
        if self.random.one_in(3) {
            uses.push(Use::Code(CODES[self.random.below(4)]));
        }
        for coupon in held {
            if self.random.one_in(3) {
                continue;
            }
            let code = CODES.iter().find(|code| coupon.direct_code == Some(super::build::code(code).hash));
            uses.insert(0, code.map_or_else(|| Use::Coupon(coupon.id()), |code| Use::Code(code)));
        }
        uses
    }

    fn with_what_applies(
        &mut self,
        mut uses: Vec<Use<'static>>,
        command: impl Fn(&[Use<'_>]) -> Command,
    ) -> Result<Vec<Use<'static>>, Refusal> {
        loop {
            match self.world.run(command(&uses)) {
                Ok(_) => {
                    self.used += uses.len() as u32;
                    return Ok(uses);
                }
                Err(refusal) => {
                    // As a shopper would: without the one that doesn't apply.
                    let place = refusal.errors[0].pointer.as_deref().and_then(|at| at.rsplit('/').next()?.parse().ok());
                    match place {
                        Some(place) if !uses.is_empty() => drop(uses.remove(place)),
                        _ => return Err(refusal),
                    }
                }
            }
        }
    }

    fn refund(&mut self) -> Result<(), Refusal> {
        let (account, order) = self.some_order(OrderStage::Paid);
        if self.find(account, &order).is_some_and(|order| order.stage == OrderStage::Placed) && !self.random.one_in(8) {
            return self.world.pay(account, &order).map(drop);
        }
        let known = self.find(account, &order).cloned();
        let of = match self.random.below(6) {
            0 => RefundOf::All,
            1 => RefundOf::Seller(seller(SELLERS[self.random.below(3)])),
            _ => self.parts(known.as_ref()),
        };
        let again = known.as_ref().filter(|_| self.random.one_in(10)).and_then(|order| order.refunds.last());
        self.refunds += 1;
        let id = again.map_or_else(|| refund_name(&format!("r{}", self.refunds)), |refund| refund.id.clone());
        let as_seller = self.random.one_in(12).then(|| seller(SELLERS[self.random.below(3)]));
        self.world
            .run(RefundOrder {
                account: super::build::account(account),
                order: super::build::order_id(&order),
                id,
                of,
                as_seller,
                fingerprint: [self.random.below(2) as u8; 16],
                metadata: Metadata::default(),
            })
            .map(drop)
    }

    fn parts(&mut self, order: Option<&Order>) -> RefundOf {
        let random = &mut self.random;
        let (mut lines, mut amounts, mut shipping) = (Vec::new(), Vec::new(), Vec::new());
        let Some(order) = order else { return RefundOf::All };
        for (place, line) in order.cart.lines().iter().enumerate() {
            let units = order.units_left(place) as usize;
            let left = order.lines[place].left(order.paid_for_line(place)).minor();
            match random.below(5) {
                0 | 1 if units > 0 => lines.push((line.id.clone(), 1 + random.below(units) as u32)),
                2 if units > 0 && left > 0 => {
                    let part = 1 + random.below(left as usize) as i64;
                    amounts.push((line.id.clone(), amount(part), None));
                }
                3 if random.one_in(6) => lines.push((line.id.clone(), 1 + random.below(3) as u32)),
                _ => {}
            }
        }
        for (transaction, money) in order.transactions.iter().zip(&order.shipping) {
            if random.one_in(3) {
                let left = (order.paid_for_shipping(&transaction.seller) - money.cash).minor();
                let part = if random.one_in(3) { left } else { random.below(left as usize + 2) as i64 };
                shipping.push((transaction.seller.clone(), amount(part)));
            }
        }
        if lines.is_empty() && amounts.is_empty() && shipping.is_empty() {
            return RefundOf::All;
        }
        RefundOf::Parts { lines, amounts, shipping }
    }

    fn sweep(&mut self) -> Result<(), Refusal> {
        if self.random.one_in(2) {
            self.world.sweep();
            return Ok(());
        }
        let keys = self.world.keys(Kind::Due);
        match self.random.pick(&keys) {
            Some(&Key::Due(bucket, second, chunk)) => self.world.run(SweepDue { bucket, second, chunk }).map(drop),
            _ => Ok(()),
        }
    }

    fn import(&mut self) -> Result<(), Refusal> {
        let (account, campaign) = (account(self.account()), self.campaigns[self.random.below(6)]);
        let starts_at = self.world.now;
        let expires_at = starts_at.plus_minutes(1 + self.random.below(3000) as u32);
        let status = match self.random.below(6) {
            0 | 1 => OldStatus::Pending,
            2 => OldStatus::Used { order: None },
            3 => OldStatus::Reclaimed,
            _ => OldStatus::Valid,
        };
        let known_by = match self.random.below(3) {
            0 => KnownBy::Nth(1 + self.random.below(2) as u32),
            _ => KnownBy::Key([self.random.below(200) as u8; 16]),
        };
        let import = ImportCoupon {
            account,
            campaign,
            status,
            known_by,
            claimed_at: starts_at,
            starts_at: Some(starts_at),
            expires_at: Some(expires_at),
            as_is: true,
        };
        self.world.run(import).map(drop)
    }
}

/// Says which sequence failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the sequence of seed {} failed", self.0);
        }
    }
}

#[test]
fn i1_i2_i5_i6_i8_i9_hold_after_every_random_command() {
    let sequences = u64::from(cases(2_000));
    let templates: Vec<_> = (0..20).map(|seed| prepared(Random(seed))).collect();
    let mut done: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut refused: BTreeMap<&str, u32> = BTreeMap::new();
    let mut both: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let run = |from: u64| {
        let mut answers = Vec::new();
        for seed in (from..sequences).step_by(2) {
            let guard = Seed(seed);
            let (world, campaigns) = templates[seed as usize % templates.len()].clone();
            let mut model = Model::new(world, campaigns, Random(seed << 8));
            for _ in 0..COMMANDS {
                let (name, result) = model.step();
                answers.push((name, result.err().map(|refusal| refusal.first().code())));
            }
            model.world.check_replay();
            for _ in 0..model.used {
                answers.push(("use", None));
            }
            drop(guard);
        }
        answers
    };
    let answers = std::thread::scope(|scope| {
        let halves = [scope.spawn(|| run(0)), scope.spawn(|| run(1))];
        halves.into_iter().flat_map(|half| half.join().expect("a sequence failed")).collect::<Vec<_>>()
    });
    for (name, answer) in answers {
        let counts = done.entry(name).or_default();
        match answer {
            None => counts.0 += 1,
            Some(code) => {
                counts.1 += 1;
                *refused.entry(code).or_default() += 1;
                *both.entry((name, code)).or_default() += 1;
            }
        }
    }
    println!("{done:?}\n{refused:?}\n{both:?}");
    // The sequences are worth something: every command is done and refused, and most ways of "no" are met.
    if sequences >= 500 {
        for (name, (done, no)) in done {
            assert!(
                done > 0 && (no > 0 || matches!(name, "sweep" | "later" | "import" | "use")),
                "{name}: {done} done, {no} refused"
            );
        }
        for code in [
            "amount_exceeds_paid",
            "campaign_not_live",
            "campaign_state",
            "channel_not_allowed",
            "channel_not_offered",
            "code_not_usable",
            "code_used",
            "code_uses_exhausted",
            "hold_expired",
            "individual_limit_reached",
            "not_found",
            "not_in_order",
            "order_exists",
            "order_not_paid",
            "order_state",
            "refund_exists",
            "sold_out",
            "units_already_refunded",
        ] {
            assert!(refused.contains_key(code), "{code} was never met: {refused:?}");
        }
    }
}
