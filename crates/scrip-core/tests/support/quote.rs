//! Carts and wallets as plain figures: a generator makes them, a search changes them, `build` gives the core's types.

#![allow(dead_code, reason = "each test and bench uses a part")]

use scrip_core::{
    benefit::{AmountOff, Benefit, FreeShipping, PercentOff, Tier, TieredAmountOff},
    campaign::{Claims, FunderKind, Funding, Issuer, Limits, Scope, Stacking, Terms, Validity},
    candidate::Candidate,
    cart::{Cart, Line, Shipping},
    id::{CampaignId, CouponId, Uid},
    minimum_spend::{Comparison, MinimumSpend, MinimumSpendBase},
    money::{Amount, BasisPoints, Currency},
    name::{CategoryId, LineId, ProductId, SellerId, StackingGroup},
    reason::{Reason, UsedBy},
    time::Timestamp,
};

pub const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
const DAY: i64 = 86_400_000_000;

/// SplitMix64: the same figures from the same seed on every machine.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).expect("low is at most high") + 1;
        low + i64::try_from(self.next() % span).expect("below the span")
    }

    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length as u64).expect("below the length")
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    pub lines: Vec<LineSpec>,
    /// By seller; of those that have a line it counts.
    pub shipping: Vec<i64>,
    pub coupons: Vec<CouponSpec>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineSpec {
    pub seller: u8,
    pub product: u8,
    pub category: Option<u8>,
    pub price: i64,
    pub quantity: u32,
    pub on_sale: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponSpec {
    /// `None`: the platform's.
    pub seller: Option<u8>,
    pub benefit: BenefitSpec,
    pub minimum: Option<MinimumSpec>,
    pub include_on_sale: bool,
    pub products: Vec<u8>,
    pub categories: Vec<u8>,
    pub exclude_products: Vec<u8>,
    pub exclude_categories: Vec<u8>,
    pub group: Option<u8>,
    pub exclusive: bool,
    pub budget_left: Option<i64>,
    /// Days from now; 0 has just expired.
    pub expires: u8,
    /// Coupons of a larger one come later in ties.
    pub id: u8,
    /// A code used directly.
    pub code: bool,
    /// Another coupon of an earlier one's campaign: all but `id`, `expires` and `code` are that one's.
    pub same_campaign_as: Option<usize>,
    /// The platform's share in basis points beside the sellers'.
    pub platform_share: Option<u16>,
    pub trouble: Option<Trouble>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BenefitSpec {
    Amount(i64),
    Percent(u16, Option<i64>),
    /// Steps: each tier's distance from the one before, over and amount.
    Tiers(Vec<(i64, i64)>),
    Shipping(Option<i64>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinimumSpec {
    pub amount: i64,
    pub reaches: bool,
    pub before_discounts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    NotStarted,
    Paused,
    Used,
    Foreign,
}

impl CouponSpec {
    pub fn new(seller: Option<u8>, benefit: BenefitSpec) -> Self {
        Self {
            seller,
            benefit,
            minimum: None,
            include_on_sale: false,
            products: Vec::new(),
            categories: Vec::new(),
            exclude_products: Vec::new(),
            exclude_categories: Vec::new(),
            group: None,
            exclusive: false,
            budget_left: None,
            expires: 5,
            id: 0,
            code: false,
            same_campaign_as: None,
            platform_share: None,
            trouble: None,
        }
    }
}

/// A scenario in the core's types.
#[derive(Clone, Debug)]
pub struct Built {
    pub cart: Cart,
    pub coupons: Vec<BuiltCoupon>,
}

#[derive(Clone, Debug)]
pub struct BuiltCoupon {
    pub used_by: UsedBy,
    pub campaign: CampaignId,
    pub terms: Terms,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub paused: bool,
    pub budget_left: Option<Amount>,
    pub reasons_on_any_cart: Vec<Reason>,
}

impl Built {
    pub fn candidates(&self) -> Vec<Candidate<'_>> {
        self.coupons.iter().map(BuiltCoupon::candidate).collect()
    }
}

impl BuiltCoupon {
    pub fn candidate(&self) -> Candidate<'_> {
        Candidate {
            used_by: self.used_by.clone(),
            campaign: self.campaign,
            terms_version: 1,
            terms: &self.terms,
            starts_at: self.starts_at,
            expires_at: self.expires_at,
            paused: self.paused,
            budget_left: self.budget_left,
            reasons_on_any_cart: self.reasons_on_any_cart.clone(),
            at_most: None,
        }
    }
}

fn seller(number: u8) -> SellerId {
    SellerId::new(&format!("s{number}")).expect("a name")
}

fn products(numbers: &[u8]) -> Vec<ProductId> {
    numbers.iter().map(|number| ProductId::new(&format!("p{number}")).expect("a name")).collect()
}

fn categories(numbers: &[u8]) -> Vec<CategoryId> {
    numbers.iter().map(|number| CategoryId::new(&format!("c{number}")).expect("a name")).collect()
}

impl Scenario {
    /// # Panics
    /// If the figures are none that a cart or terms may have.
    pub fn build(&self) -> Built {
        let currency = Currency::from_code("USD").expect("known");
        let lines: Vec<Line> = self
            .lines
            .iter()
            .enumerate()
            .map(|(place, line)| Line {
                id: LineId::new(&format!("l{place}")).expect("a name"),
                seller: seller(line.seller),
                product: products(&[line.product]).remove(0),
                categories: line.category.map_or(Vec::new(), |category| categories(&[category])),
                unit_price: Amount::of(line.price),
                quantity: line.quantity,
                on_sale: line.on_sale,
            })
            .collect();
        let shipping = (0_u8..)
            .zip(&self.shipping)
            .filter(|(number, _)| self.lines.iter().any(|line| line.seller == *number))
            .map(|(number, amount)| Shipping { seller: seller(number), amount: Amount::of(*amount) })
            .collect();
        let cart = Cart::new(currency, lines, shipping).expect("a cart within the limits");
        let coupons = (0..self.coupons.len()).map(|place| self.build_coupon(place)).collect();
        Built { cart, coupons }
    }

    fn build_coupon(&self, place: usize) -> BuiltCoupon {
        let own = &self.coupons[place];
        let mut of = place;
        while let Some(earlier) = self.coupons[of].same_campaign_as.filter(|&earlier| earlier < of) {
            of = earlier;
        }
        let shared = &self.coupons[of];
        let expires_at = Timestamp::from_micros(NOW.micros() + i64::from(own.expires) * DAY);
        let starts_at = if own.trouble == Some(Trouble::NotStarted) {
            Timestamp::from_micros(NOW.micros() + 1)
        } else {
            Timestamp::from_micros(0)
        };
        let mut bytes = [0; 16];
        bytes[0] = own.id;
        bytes[1] = u8::try_from(place).expect("at most 256 coupons");
        let coupon = CouponId::from_uid(Uid::from_bytes(bytes));
        let used_by =
            if own.code { UsedBy::Code(format!("CODE{:03}-{place:03}", own.id)) } else { UsedBy::Coupon(coupon) };
        let mut campaign = [0; 16];
        campaign[0] = u8::try_from(of).expect("at most 256 coupons");
        BuiltCoupon {
            used_by,
            campaign: CampaignId::from_uid(Uid::from_bytes(campaign)),
            terms: shared.terms(),
            starts_at,
            expires_at,
            paused: shared.trouble == Some(Trouble::Paused),
            budget_left: shared.budget_left.map(Amount::of),
            reasons_on_any_cart: if own.trouble == Some(Trouble::Used) { vec![Reason::CouponUsed] } else { Vec::new() },
        }
    }
}

impl CouponSpec {
    pub fn terms(&self) -> Terms {
        let benefit = match &self.benefit {
            BenefitSpec::Amount(amount) => Benefit::AmountOff(AmountOff { amount: Amount::of(*amount) }),
            BenefitSpec::Percent(points, cap) => Benefit::PercentOff(PercentOff {
                percent_bp: BasisPoints::new(*points).expect("1 to 10000"),
                cap: cap.map(Amount::of),
            }),
            BenefitSpec::Tiers(steps) => {
                let mut tier = Tier { over: Amount::ZERO, amount: Amount::ZERO };
                let tiers = steps
                    .iter()
                    .map(|&(over, amount)| {
                        tier.over += Amount::of(over);
                        tier.amount += Amount::of(amount);
                        tier
                    })
                    .collect();
                Benefit::TieredAmountOff(TieredAmountOff { tiers })
            }
            BenefitSpec::Shipping(cap) => Benefit::FreeShipping(FreeShipping { cap: cap.map(Amount::of) }),
        };
        let currency = if self.trouble == Some(Trouble::Foreign) { "EUR" } else { "USD" };
        let terms = Terms {
            name: "generated".to_owned(),
            issuer: self.seller.map_or(Issuer::PLATFORM, |number| Issuer::Seller { seller: seller(number) }),
            currency: Currency::from_code(currency).expect("known"),
            benefit,
            minimum_spend: self.minimum.map(|minimum| MinimumSpend {
                amount: Amount::of(minimum.amount),
                comparison: if minimum.reaches { Comparison::Reaches } else { Comparison::Exceeds },
                base: if minimum.before_discounts {
                    MinimumSpendBase::BeforeDiscounts
                } else {
                    MinimumSpendBase::AfterEarlierLanes
                },
            }),
            scope: Scope {
                include_on_sale: self.include_on_sale,
                products: products(&self.products),
                categories: categories(&self.categories),
                exclude_products: products(&self.exclude_products),
                exclude_categories: categories(&self.exclude_categories),
            },
            validity: Validity::AfterClaim { days: 7, time_zone: None },
            claims: Claims::default(),
            limits: Limits::default(),
            funding: None,
            stacking: Stacking {
                group: self.group.map(|number| StackingGroup::new(&format!("g{number}")).expect("a name")),
                exclusive: self.exclusive,
            },
            refund_policy: None,
        };
        let mut terms = terms.checked().expect("terms within the limits");
        // Co-funding isn't offered yet; the split is right already.
        if let Some(points) = self.platform_share {
            let part = |funder, points| Funding { funder, share_bp: BasisPoints::new(points).expect("1 to 10000") };
            terms.funding = Some(vec![part(FunderKind::Platform, points), part(FunderKind::Seller, 10_000 - points)]);
        }
        terms
    }
}

/// What a generator makes.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub sellers: (i64, i64),
    pub lines: (i64, i64),
    pub coupons: (i64, i64),
    /// Percent of the coupons that are a seller's, and that are for shipping.
    pub of_sellers: u64,
    pub for_shipping: u64,
    pub with_minimum: u64,
    pub with_group: u64,
    pub with_budget: u64,
    pub exclusive: u64,
    pub narrow: u64,
    pub odd: u64,
    /// Minima lie where a seller coupon may spoil them.
    pub spoiling: u64,
}

/// P6: 10 sellers, 50 lines, 30 coupons.
pub const LARGE: Shape = Shape {
    sellers: (10, 10),
    lines: (50, 50),
    coupons: (30, 30),
    of_sellers: 60,
    for_shipping: 12,
    with_minimum: 60,
    with_group: 20,
    with_budget: 12,
    exclusive: 4,
    narrow: 30,
    odd: 4,
    spoiling: 40,
};

/// Small enough to try every set.
pub const SMALL: Shape = Shape {
    sellers: (1, 4),
    lines: (2, 6),
    coupons: (5, 8),
    of_sellers: 55,
    for_shipping: 12,
    with_minimum: 65,
    with_group: 20,
    with_budget: 12,
    exclusive: 5,
    narrow: 15,
    odd: 4,
    spoiling: 85,
};

impl Shape {
    pub fn scenario(&self, random: &mut Random) -> Scenario {
        let sellers = random.range(self.sellers.0, self.sellers.1);
        let count = random.range(self.lines.0, self.lines.1);
        let dear = if random.percent(10) { 1_000_000_000 } else { 10_000 };
        let lines: Vec<LineSpec> = (0..count)
            .map(|place| LineSpec {
                // Every seller has a line, while lines last.
                seller: small(if place < sellers { place } else { random.range(0, sellers - 1) }),
                product: small(random.range(0, 9)),
                category: random.percent(70).then(|| small(random.range(0, 3))),
                price: if random.percent(4) { 0 } else { round(random, 100, dear) },
                quantity: if random.percent(60) { 1 } else { u32::from(small(random.range(2, 5))) },
                on_sale: random.percent(8),
            })
            .collect();
        let shipping = (0..sellers).map(|_| if random.percent(25) { 0 } else { round(random, 100, 1_500) }).collect();
        let mut scenario = Scenario { lines, shipping, coupons: Vec::new() };
        for place in 0..random.range(self.coupons.0, self.coupons.1) {
            let coupon = self.coupon(random, &scenario, sellers);
            scenario.coupons.push(CouponSpec {
                same_campaign_as: (place > 0 && random.percent(self.odd)).then(|| random.index(scenario.coupons.len())),
                ..coupon
            });
        }
        self.spoil(random, &mut scenario);
        scenario
    }

    /// Sets minima where some seller coupons, and only some, take the amount below them.
    fn spoil(&self, random: &mut Random, scenario: &mut Scenario) {
        for place in 0..scenario.coupons.len() {
            let own = &scenario.coupons[place];
            let spoilt = own.seller.is_none() || matches!(own.benefit, BenefitSpec::Shipping(_));
            if !spoilt || !random.percent(self.spoiling) {
                continue;
            }
            let counts = |line: &&LineSpec| {
                let listed = own.products.contains(&line.product)
                    || line.category.is_some_and(|category| own.categories.contains(&category));
                let excluded = own.exclude_products.contains(&line.product)
                    || line.category.is_some_and(|category| own.exclude_categories.contains(&category));
                own.seller.is_none_or(|seller| seller == line.seller)
                    && (listed || own.products.is_empty() && own.categories.is_empty())
                    && !excluded
                    && (!line.on_sale || own.include_on_sale)
            };
            let lines = || scenario.lines.iter().filter(counts);
            let amount: i64 = lines().map(LineSpec::amount).sum();
            let mut off = Vec::new();
            for coupon in scenario.coupons.iter().filter(|coupon| coupon.seller.is_some()) {
                let of_seller = lines().filter(|line| Some(line.seller) == coupon.seller).map(LineSpec::amount).sum();
                if !matches!(coupon.benefit, BenefitSpec::Shipping(_)) && of_seller > 0 {
                    off.push(coupon.worth(of_seller));
                }
            }
            let all: i64 = off.iter().sum();
            if all == 0 || amount == 0 {
                continue;
            }
            let low = (amount - all).max(0);
            let minimum = MinimumSpec {
                amount: random.range(low.min(amount - 1), amount - 1),
                reaches: random.percent(20),
                before_discounts: random.percent(5),
            };
            let one = off[random.index(off.len())];
            let worth = random.range(one / 2 + 1, all + 1);
            let shipping = matches!(own.benefit, BenefitSpec::Shipping(_));
            let own = &mut scenario.coupons[place];
            own.minimum = Some(minimum);
            if !shipping && random.percent(80) {
                own.benefit = if random.percent(50) {
                    BenefitSpec::Amount(worth)
                } else {
                    let points = (worth * 10_000 / amount).clamp(1, 10_000);
                    BenefitSpec::Percent(u16::try_from(points).expect("basis points"), None)
                };
            }
        }
    }

    pub fn coupon(&self, random: &mut Random, scenario: &Scenario, sellers: i64) -> CouponSpec {
        let seller = random.percent(self.of_sellers).then(|| small(random.range(0, sellers - 1)));
        let lines = scenario.lines.iter().filter(|line| seller.is_none_or(|seller| line.seller == seller));
        let within: i64 = lines.map(LineSpec::amount).sum();
        let within = within.max(100);
        let benefit = if random.percent(self.for_shipping) {
            BenefitSpec::Shipping(random.percent(50).then(|| round(random, 100, 1_500)))
        } else {
            match random.index(10) {
                0..=4 => BenefitSpec::Amount(round(random, 1 + within / 50, 1 + within / 3)),
                5..=8 => BenefitSpec::Percent(
                    u16::try_from(100 * random.range(2, 40)).expect("small"),
                    random.percent(40).then(|| round(random, 1 + within / 50, 1 + within / 4)),
                ),
                _ => BenefitSpec::Tiers(
                    (0..random.range(1, 4))
                        .map(|_| {
                            (
                                round(random, 1 + within / 10, 1 + within / 3),
                                round(random, 1 + within / 40, 1 + within / 8),
                            )
                        })
                        .collect(),
                ),
            }
        };
        let mut coupon = CouponSpec::new(seller, benefit);
        if random.percent(self.with_minimum) {
            let amount = random.range(0, within * 5 / 4);
            coupon.minimum =
                Some(MinimumSpec { amount, reaches: random.percent(20), before_discounts: random.percent(15) });
        }
        if random.percent(self.narrow) {
            match random.index(4) {
                0 => coupon.products = (0..random.range(1, 5)).map(|_| small(random.range(0, 9))).collect(),
                1 => coupon.categories = (0..random.range(1, 2)).map(|_| small(random.range(0, 3))).collect(),
                2 => coupon.exclude_products = (0..random.range(1, 3)).map(|_| small(random.range(0, 9))).collect(),
                _ => coupon.exclude_categories = vec![small(random.range(0, 3))],
            }
        }
        coupon.include_on_sale = random.percent(10);
        coupon.group = random.percent(self.with_group).then(|| small(random.range(0, 1)));
        coupon.exclusive = random.percent(self.exclusive);
        if random.percent(self.with_budget) {
            let worth = coupon.worth(within).max(2);
            coupon.budget_left = Some(random.range(worth / 2, worth * 3 / 2));
        }
        coupon.expires = small(random.range(1, 4));
        coupon.id = small(random.range(0, 255));
        coupon.code = random.percent(self.odd);
        if random.percent(self.odd) {
            coupon.trouble =
                Some([Trouble::NotStarted, Trouble::Paused, Trouble::Used, Trouble::Foreign][random.index(4)]);
        }
        coupon
    }
}

impl LineSpec {
    pub fn amount(&self) -> i64 {
        self.price * i64::from(self.quantity)
    }
}

impl CouponSpec {
    /// Roughly what it takes off an amount.
    pub fn worth(&self, amount: i64) -> i64 {
        match &self.benefit {
            BenefitSpec::Amount(off) => (*off).min(amount),
            BenefitSpec::Percent(points, cap) => {
                let off = i64::try_from(i128::from(amount) * i128::from(*points) / 10_000).expect("a part");
                off.min(cap.unwrap_or(off))
            }
            BenefitSpec::Tiers(steps) => steps.iter().map(|step| step.1).sum::<i64>().min(amount),
            BenefitSpec::Shipping(cap) => cap.unwrap_or(1_000).min(1_000),
        }
    }
}

/// Whole, half or any: round figures make ties.
fn round(random: &mut Random, low: i64, high: i64) -> i64 {
    let any = random.range(low, high.max(low));
    match random.index(3) {
        0 => any,
        1 => (any / 50 * 50).max(low),
        _ => (any / 500 * 500).max(low),
    }
}

fn small(number: i64) -> u8 {
    u8::try_from(number).expect("small")
}
