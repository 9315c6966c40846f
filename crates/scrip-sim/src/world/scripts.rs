//! Walks that nobody chooses: what was found once, in its shortest form, whatever the workload wishes by then; and what chance
//! would take too long to come to.

use scrip_core::{
    benefit::{AmountOff, Benefit},
    campaign::{
        Budget, Channel, Claims, Issuer, Limits, OnCancel, OnFullRefund, OnPartialRefund, RefundPolicy, Scope,
        Stacking, Terms, Validity,
    },
    cart::{Cart, Line},
    code::{CodeText, EnteredCode},
    command::{
        AddSharedCode, CampaignStep, CancelOrder, Claim, ClaimBy, ClaimOf, CloseTransactions, Command, CreateCampaign,
        MoveCampaign, PayOrder, RefundOf, RefundOrder,
    },
    id::{CampaignId, CouponId},
    metadata::Metadata,
    money::{Amount, Currency},
    name::{AccountId, LineId, OrderId, ProductId, RefundName, SellerId, StackingGroup},
    slot::Slot,
};
use scrip_engine::{Answer, Placement, Receipt, Revision, Use};

use super::{START, World};
use crate::{
    ask::{Ask, Wish},
    model::{Checked, must},
    setting::Setting,
};

/// Coupons that one order can take: a stacking group each.
const GROUPS: usize = 4;

/// One bucket, one node, fair weather: what is sent is done in that order.
const ALONE: Setting = Setting { seed: 1, buckets: 1, nodes: 1, commands: 0 };

/// A coupon that a code made is named for its own order in a revision, which is refused; before the answer is looked at the
/// order is paid and closed, and the coupon used. The judge looked at what the coupon was by then (seeds 8006390, 8006097
/// and 8006388 of an earlier workload).
///
/// Errors: the first thing that isn't as it must be.
pub fn revised_and_closed_in_one_batch() -> Checked {
    let mut world = World::alone();
    let campaign = world.endless_campaign(None)?;
    let code = world.secrets.entered(CodeText::parse("SAVE20").map_err(|error| error.to_string())?);
    world.add_code(campaign, &code)?;
    world.placed("o", Use::Named(Vec::new()), &[])?;
    let Answer::Order { order, .. } = world.revised("o", &[], &[code])?.answer else {
        return Err("a revision answers its order".to_owned());
    };
    let made = order.coupons.first().ok_or("the code is used")?.id();
    world.send_without_waiting(revision("o", &[made], &[]))?;
    world.send_without_waiting(command(PayOrder { account: account(), order: order_id("o") }))?;
    let close = CloseTransactions { account: account(), order: order_id("o"), seller: None };
    world.send_without_waiting(command(close))?;
    world.all_at_once()?;
    world.come_to_rest()
}

/// One seller of two goes, of an order with coupons of two groups: one has a minimum that only both sellers exceed, the other
/// has a budget that it takes to the last minor unit. Unpaid, and after the hold ran out.
///
/// Errors: the first thing that isn't as it must be.
pub fn a_seller_goes_from_an_order_with_coupons_of_two_groups() -> Checked {
    for late in [false, true] {
        let mut world = World::alone();
        let mut dear = terms(Some(0), 1_000);
        dear.minimum_spend = Some(scrip_core::minimum_spend::MinimumSpend {
            amount: Amount::of(4_500),
            comparison: scrip_core::minimum_spend::Comparison::Exceeds,
            base: scrip_core::minimum_spend::MinimumSpendBase::AfterEarlierLanes,
        });
        let mut small = terms(Some(1), 1_000);
        small.scope.products = vec![product("p1")];
        small.limits.budget = Some(Budget::Limited(Amount::of(800)));
        let coupons = [world.published(dear)?, world.published(small)?].map(|campaign| world.claimed(campaign));
        let [dear, small] = coupons;
        world.placed("o", Use::Named(vec![dear?, small?]), &[(4_000, "shop0"), (1_000, "shop1")])?;
        if late {
            world.set_clock(START + 3_600 * 1_000_000);
        }
        let cancel = CancelOrder { account: account(), order: order_id("o"), seller: Some(seller("shop0")) };
        world.done(command(cancel))?;
        world.done(command(PayOrder { account: account(), order: order_id("o") }))?;
        world.done(command(refund("o", RefundOf::All)))?;
        world.come_to_rest()?;
    }
    Ok(())
}

/// Coupons that come back until one wallet has `most` live ones, far beyond the 500 that it may claim: none is refused, and
/// none is a fault.
///
/// Errors: the first thing that isn't as it must be.
pub fn a_wallet_beyond_its_limit(most: usize) -> Checked {
    let mut world = World::alone();
    let campaigns = (0..GROUPS).map(|group| world.endless_campaign(Some(group))).collect::<Checked<Vec<_>>>()?;
    let orders: Vec<String> = (0..most.div_ceil(GROUPS)).map(|number| format!("o{number}")).collect();
    for order in &orders {
        let coupons = campaigns.iter().map(|campaign| world.claimed(*campaign)).collect::<Checked<Vec<_>>>()?;
        world.placed(order, Use::Named(coupons), &[])?;
        world.done(command(PayOrder { account: account(), order: order_id(order) }))?;
        world.done(command(CloseTransactions { account: account(), order: order_id(order), seller: None }))?;
    }
    for order in &orders {
        world.done(command(refund(order, RefundOf::All)))?;
    }
    let live = world.model.wallets.get(&account()).map_or(0, Vec::len);
    must!(live == orders.len() * GROUPS, "{live} coupons are there");
    world.come_to_rest()
}

impl World {
    fn alone() -> Self {
        let mut world = Self::new(ALONE);
        world.scripted = true;
        world.weather.clear_up();
        world.set_clock(START);
        world.start(0);
        world
    }

    /// On its way, and not yet decided.
    fn send_without_waiting(&mut self, wish: Wish) -> Checked {
        self.asks.push(Ask::new(wish, None));
        self.deliver(self.asks.len() - 1)
    }

    /// All that waits goes into one batch; then every answer is judged.
    fn all_at_once(&mut self) -> Checked {
        while self.nodes[0].sequencers[0].waiting() > 0 {
            self.nodes[0].sequencers[0].step(256);
            self.take_commits()?;
        }
        while !self.flights.is_empty() {
            self.poll(0)?;
        }
        Ok(())
    }

    /// Sent, done and answered. Errors: it was refused.
    fn done(&mut self, wish: Wish) -> Checked<Receipt> {
        self.send_without_waiting(wish)?;
        let name = self.asks.last().map_or("", Ask::name);
        // What takes several steps (an order is searched for before it is placed) queues again.
        for _ in 0..20 {
            if self.flights.is_empty() {
                break;
            }
            self.nodes[0].sequencers[0].step(256);
            self.take_commits()?;
            self.poll(0)?;
        }
        must!(self.flights.is_empty(), "{name} isn't answered");
        self.asks.pop().and_then(|ask| ask.answer).ok_or_else(|| format!("{name} is refused"))
    }

    fn published(&mut self, terms: Terms) -> Checked<CampaignId> {
        let created =
            self.done(command(CreateCampaign { terms, metadata: Metadata::default(), slot: Slot::from_u16(7) }))?;
        let Answer::Campaign { campaign, .. } = created.answer else { return Err("no campaign".to_owned()) };
        let publish = MoveCampaign { campaign: campaign.id, as_seller: None, step: CampaignStep::Publish };
        self.done(command(publish))?;
        Ok(campaign.id)
    }

    fn endless_campaign(&mut self, group: Option<usize>) -> Checked<CampaignId> {
        self.published(terms(group, 1))
    }

    fn add_code(&mut self, campaign: CampaignId, code: &EnteredCode) -> Checked<Receipt> {
        let code = code.clone();
        self.done(command(AddSharedCode {
            campaign,
            as_seller: None,
            code,
            max_uses: None,
            source: None,
            request: None,
        }))
    }

    fn claimed(&mut self, campaign: CampaignId) -> Checked<CouponId> {
        let of = ClaimOf::Campaign { campaign, channel: Channel::Web, source: None, by: ClaimBy::Shop };
        match self.done(command(Claim { account: account(), of }))?.answer {
            Answer::Coupon { coupon, .. } => Ok(coupon.id),
            other => Err(format!("a claim answers {other:?}")),
        }
    }

    /// `lines`: price and seller of each; without any one of 10.00.
    fn placed(&mut self, order: &str, r#use: Use, lines: &[(i64, &str)]) -> Checked<Receipt> {
        let lines = if lines.is_empty() { &[(1_000, "shop0")] } else { lines };
        let mut fingerprint = [0; 16];
        fingerprint[..order.len().min(16)].copy_from_slice(&order.as_bytes()[..order.len().min(16)]);
        self.done(Wish::Place(Box::new(Placement {
            account: account(),
            id: order_id(order),
            cart: cart(lines),
            r#use,
            codes: Vec::new(),
            expect_discount: None,
            hold_minutes: 30,
            metadata: Metadata::default(),
            fingerprint,
        })))
    }

    fn revised(&mut self, order: &str, coupons: &[CouponId], codes: &[EnteredCode]) -> Checked<Receipt> {
        self.done(revision(order, coupons, codes))
    }
}

fn command(command: impl Into<Command>) -> Wish {
    Wish::Command(Box::new(command.into()))
}

fn revision(order: &str, coupons: &[CouponId], codes: &[EnteredCode]) -> Wish {
    Wish::Revise(Box::new(Revision {
        account: account(),
        order: order_id(order),
        cart: cart(&[(1_000, "shop0")]),
        r#use: Use::Named(coupons.to_vec()),
        codes: codes.to_vec(),
        expect_discount: None,
    }))
}

fn refund(order: &str, of: RefundOf) -> RefundOrder {
    let id = RefundName::new("r").expect("a valid name");
    let metadata = Metadata::default();
    RefundOrder { account: account(), order: order_id(order), id, of, as_seller: None, fingerprint: [3; 16], metadata }
}

fn account() -> AccountId {
    AccountId::new("ana").expect("a valid name")
}

fn order_id(text: &str) -> OrderId {
    OrderId::new(text).expect("a valid name")
}

fn seller(text: &str) -> SellerId {
    SellerId::new(text).expect("a valid name")
}

fn product(text: &str) -> ProductId {
    ProductId::new(text).expect("a valid name")
}

fn cart(lines: &[(i64, &str)]) -> Cart {
    let line = |(index, (price, of)): (usize, &(i64, &str))| Line {
        id: LineId::new(&format!("l{index}")).expect("a valid name"),
        seller: seller(of),
        product: product(&format!("p{index}")),
        categories: Vec::new(),
        unit_price: Amount::of(*price),
        quantity: 1,
        on_sale: false,
    };
    let lines = lines.iter().enumerate().map(line).collect();
    Cart::new(Currency::from_code("USD").expect("listed"), lines, Vec::new()).expect("a small cart")
}

/// Of the platform, without limits, for a year; a coupon comes back by a full refund.
fn terms(group: Option<usize>, amount: i64) -> Terms {
    Terms {
        name: "scripted".to_owned(),
        issuer: Issuer::PLATFORM,
        currency: Currency::from_code("USD").expect("listed"),
        benefit: Benefit::AmountOff(AmountOff { amount: Amount::of(amount) }),
        minimum_spend: None,
        scope: Scope::default(),
        validity: Validity::AfterClaim { days: 365, time_zone: None },
        claims: Claims::default(),
        limits: Limits { stock: None, per_individual: None, budget: Some(Budget::Unlimited) },
        funding: None,
        stacking: Stacking {
            group: group.map(|group| StackingGroup::new(&format!("g{group}")).expect("a valid name")),
            exclusive: false,
        },
        refund_policy: Some(RefundPolicy {
            cancel_before_payment: OnCancel::Return,
            partial_refund: OnPartialRefund::Keep,
            full_refund: OnFullRefund::Return,
        }),
    }
}
