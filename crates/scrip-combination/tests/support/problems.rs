//! Random problems: a generator makes drafts, a search for slow ones changes them, `build` gives the crate's types.

#![allow(dead_code, reason = "each test and bench uses a part")]

use scrip_combination::{Coupon, Lane, Line, Minimum, MinimumBase, Problem, Shape, Tier};

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

/// A cart and coupons in the words of a shop: lines are of products, coupons name products.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    pub lines: Vec<DraftLine>,
    /// By seller.
    pub shipping: Vec<i64>,
    /// In the order of ties.
    pub coupons: Vec<DraftCoupon>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftLine {
    pub seller: usize,
    pub product: i64,
    pub amount: i64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct DraftCoupon {
    /// `None`: the platform's.
    pub seller: Option<usize>,
    pub for_shipping: bool,
    pub shape: Shape,
    pub minimum: Option<Minimum>,
    /// None named: all.
    pub products: Vec<i64>,
    pub group: Option<u32>,
    pub exclusive: bool,
    pub budget: Option<i64>,
    /// Within its group a lower one goes first.
    pub id: i64,
}

impl DraftCoupon {
    pub fn new(seller: Option<usize>, shape: Shape) -> Self {
        Self {
            seller,
            for_shipping: false,
            shape,
            minimum: None,
            products: Vec::new(),
            group: None,
            exclusive: false,
            budget: None,
            id: 0,
        }
    }

    fn covers(&self, line: &DraftLine) -> bool {
        self.seller.is_none_or(|seller| seller == line.seller)
            && (self.products.is_empty() || self.products.contains(&line.product))
    }
}

impl Draft {
    pub fn build(&self) -> Problem {
        let mut in_order: Vec<usize> = (0..self.coupons.len()).collect();
        in_order.sort_by_key(|&index| {
            let coupon = &self.coupons[index];
            (coupon.seller.is_none(), coupon.group, coupon.id, index)
        });
        let mut order = vec![0; self.coupons.len()];
        (0..).zip(in_order).for_each(|(rank, index)| order[index] = rank);
        let coupon = |(index, draft): (usize, &DraftCoupon)| Coupon {
            lane: match draft.seller {
                _ if draft.for_shipping => Lane::Shipping,
                Some(_) => Lane::Seller,
                None => Lane::Platform,
            },
            seller: draft.seller,
            group: draft.group,
            order: order[index],
            exclusive: draft.exclusive,
            lines: (0..self.lines.len()).filter(|&line| draft.covers(&self.lines[line])).collect(),
            minimum: draft.minimum,
            budget: draft.budget,
            shape: draft.shape.clone(),
        };
        Problem {
            lines: self.lines.iter().map(|line| Line { amount: line.amount, seller: line.seller }).collect(),
            shipping: self.shipping.clone(),
            coupons: self.coupons.iter().enumerate().map(coupon).collect(),
        }
    }

    /// What the lines that it covers amount to.
    pub fn covered(&self, coupon: &DraftCoupon) -> i64 {
        self.lines.iter().filter(|line| coupon.covers(line)).map(|line| line.amount).sum()
    }
}

/// What the generator makes: ranges, and percentages of the coupons.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    pub sellers: (i64, i64),
    pub lines: (i64, i64),
    pub coupons: (i64, i64),
    pub of_sellers: u64,
    pub for_shipping: u64,
    pub with_minimum: u64,
    pub with_group: u64,
    pub with_budget: u64,
    pub exclusive: u64,
    /// Of some products only.
    pub narrow: u64,
    /// The same figures as another's, maybe of another seller.
    pub alike: u64,
    /// All lines and all shipping cost the same.
    pub even: u64,
    /// Minima lie where a seller coupon may spoil them.
    pub spoiling: u64,
    /// Of a shape that the search doesn't know.
    pub opaque: u64,
}

/// 10 sellers, 50 lines, 30 coupons.
pub const LARGE: Mix = Mix {
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
    alike: 4,
    even: 0,
    spoiling: 40,
    opaque: 0,
};

/// Small enough to try every set.
pub const SMALL: Mix = Mix {
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
    alike: 4,
    even: 0,
    spoiling: 85,
    opaque: 0,
};

/// Many coupons of a lane together, with budgets.
pub const STACKED: Mix = Mix { sellers: (1, 2), with_group: 60, with_budget: 30, with_minimum: 45, ..SMALL };
/// Shipping coupons whose minimum the other lanes spoil.
pub const SPOILT: Mix = Mix { for_shipping: 35, of_sellers: 65, spoiling: 100, narrow: 5, ..SMALL };
/// Many sellers with a coupon each under one of the platform's.
pub const ROUND: Mix =
    Mix { sellers: (3, 5), lines: (4, 8), with_minimum: 25, spoiling: 100, narrow: 5, exclusive: 2, ..SMALL };

/// Coupons alike at sellers alike: many sets save as much, and which of them is the best is decided by the order of the coupons.
pub const TIED: Mix =
    Mix { alike: 60, even: 80, coupons: (6, 9), for_shipping: 20, with_budget: 5, exclusive: 1, ..ROUND };

impl Mix {
    pub fn draft(&self, random: &mut Random) -> Draft {
        let sellers = random.range(self.sellers.0, self.sellers.1);
        let count = random.range(self.lines.0, self.lines.1);
        let dear = if random.percent(10) { 1_000_000_000 } else { 10_000 };
        let even = (self.even > 0 && random.percent(self.even)).then(|| round(random, 100, dear));
        let lines = (0..count)
            .map(|line| DraftLine {
                // Every seller has a line, while lines last.
                seller: index(if line < sellers { line } else { random.range(0, sellers - 1) }),
                product: random.range(0, 9),
                amount: if let Some(even) = even {
                    even
                } else if random.percent(4) {
                    0
                } else {
                    round(random, 100, dear) * if random.percent(60) { 1 } else { random.range(2, 5) }
                },
            })
            .collect();
        let shipping = (0..sellers)
            .map(|_| match even {
                Some(even) => even / 4,
                None if random.percent(25) => 0,
                None => round(random, 100, 1_500),
            })
            .collect();
        let mut draft = Draft { lines, shipping, coupons: Vec::new() };
        for number in 0..random.range(self.coupons.0, self.coupons.1) {
            let coupon = if number > 0 && random.percent(self.alike) {
                let id = random.range(0, 255);
                let other = draft.coupons[random.index(draft.coupons.len())].clone();
                let seller = match other.seller {
                    Some(_) if even.is_some() => Some(index(random.range(0, sellers - 1))),
                    seller => seller,
                };
                DraftCoupon { id, seller, ..other }
            } else {
                self.coupon(random, &draft, sellers)
            };
            draft.coupons.push(coupon);
        }
        self.spoil(random, &mut draft);
        for coupon in &mut draft.coupons {
            if random.percent(self.opaque) {
                coupon.shape = opaque(random, &coupon.shape);
            }
        }
        draft
    }

    /// Sets minima where some seller coupons, and only some, take the amount below them.
    fn spoil(&self, random: &mut Random, draft: &mut Draft) {
        for number in 0..draft.coupons.len() {
            let own = &draft.coupons[number];
            if own.seller.is_some() && !own.for_shipping || !random.percent(self.spoiling) {
                continue;
            }
            let amount = draft.covered(own);
            let of_sellers = draft.coupons.iter().filter(|coupon| coupon.seller.is_some() && !coupon.for_shipping);
            let off: Vec<i64> = of_sellers
                .map(|coupon| {
                    let lines =
                        draft.lines.iter().filter(|line| Some(line.seller) == coupon.seller && own.covers(line));
                    coupon.shape.off(lines.map(|line| line.amount).sum())
                })
                .filter(|&off| off > 0)
                .collect();
            let all: i64 = off.iter().sum();
            if all == 0 || amount == 0 {
                continue;
            }
            let low = (amount - all).max(0);
            let needed = random.range(low.min(amount - 1), amount - 1) + i64::from(!random.percent(20));
            let base = if random.percent(5) { MinimumBase::BeforeDiscounts } else { MinimumBase::OnEnteringTheLane };
            let one = off[random.index(off.len())];
            let worth = random.range(one / 2 + 1, all + 1);
            let own = &mut draft.coupons[number];
            own.minimum = Some(Minimum { needed, base });
            if !own.for_shipping && random.percent(80) {
                own.shape = if random.percent(50) { Shape::Amount(worth) } else { percent(worth, amount) };
            }
        }
    }

    pub fn coupon(&self, random: &mut Random, draft: &Draft, sellers: i64) -> DraftCoupon {
        let seller = random.percent(self.of_sellers).then(|| index(random.range(0, sellers - 1)));
        let within = draft.covered(&DraftCoupon::new(seller, Shape::Amount(1))).max(100);
        let for_shipping = random.percent(self.for_shipping);
        let shape = if for_shipping {
            match random.index(6) {
                0 => percent(random.range(100, 1_500), 1_500),
                1 => Shape::Tiers(vec![Tier { over: random.range(0, 1_000), amount: random.range(1, 1_500) }]),
                2 | 3 => Shape::Amount(round(random, 100, 1_500)),
                _ => Shape::Amount(i64::MAX),
            }
        } else {
            match random.index(10) {
                0..=4 => Shape::Amount(round(random, 1 + within / 50, 1 + within / 3)),
                5..=8 => Shape::Percent {
                    basis_points: u16::try_from(100 * random.range(2, 40)).expect("small"),
                    cap: if random.percent(40) { round(random, 1 + within / 50, 1 + within / 4) } else { i64::MAX },
                },
                _ => {
                    let mut tier = Tier { over: 0, amount: 0 };
                    let tiers = (0..random.range(1, 4)).map(|_| {
                        tier.over += round(random, 1 + within / 10, 1 + within / 3);
                        tier.amount += round(random, 1 + within / 40, 1 + within / 8);
                        tier
                    });
                    Shape::Tiers(tiers.collect())
                }
            }
        };
        let mut coupon = DraftCoupon { for_shipping, ..DraftCoupon::new(seller, shape) };
        if random.percent(self.with_minimum) {
            let needed = random.range(0, within * 5 / 4) + i64::from(!random.percent(20));
            let base = if random.percent(15) { MinimumBase::BeforeDiscounts } else { MinimumBase::OnEnteringTheLane };
            coupon.minimum = Some(Minimum { needed, base });
        }
        if random.percent(self.narrow) {
            coupon.products = (0..random.range(1, 7)).map(|_| random.range(0, 9)).collect();
        }
        coupon.group = random.percent(self.with_group).then(|| u32::from(random.percent(50)));
        coupon.exclusive = random.percent(self.exclusive);
        if random.percent(self.with_budget) {
            let worth = coupon.shape.off(within).clamp(2, 1_000_000_000_000);
            coupon.budget = Some(random.range(worth / 2, worth * 3 / 2));
        }
        coupon.id = random.range(0, 255);
        coupon
    }
}

/// A shape that the search can't see through: the same, with a hole, falling, or in steps.
pub fn opaque(random: &mut Random, shape: &Shape) -> Shape {
    let (own, least) = (shape.clone(), random.range(1, 3_000));
    match random.index(4) {
        0 => Shape::opaque(move |base| own.off(base)),
        1 => Shape::opaque(move |base| if base / least % 2 == 0 { own.off(base) } else { 0 }),
        2 => Shape::opaque(move |base| (own.off(base) + 500 - base / 10).max(0)),
        _ => Shape::opaque(move |base| base / least * least / 3),
    }
}

/// About so much of the amount.
pub fn percent(off: i64, amount: i64) -> Shape {
    let points = i128::from(off) * 10_000 / i128::from(amount.max(1));
    Shape::Percent { basis_points: u16::try_from(points.clamp(1, 10_000)).expect("basis points"), cap: i64::MAX }
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

fn index(number: i64) -> usize {
    usize::try_from(number).expect("an index")
}
