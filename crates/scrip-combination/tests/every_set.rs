//! The best combination against every set tried.

#[path = "support/problems.rs"]
mod problems;
#[path = "support/rules.rs"]
mod rules;

use std::sync::atomic::{AtomicUsize, Ordering};

use problems::{Draft, DraftCoupon, DraftLine, Mix, ROUND, Random, SMALL, SPOILT, STACKED, TIED, percent};
use rules::Rules;
use scrip_combination::{Minimum, MinimumBase, Shape, best, saving};

const PROBLEMS: usize = 40_000;
/// Of them with shapes that the search doesn't know.
const OPAQUE: usize = 8_000;
/// Of which many sets save as much.
const TIED_PROBLEMS: usize = 12_000;
/// With many stacking groups in a lane, of which each takes some thousand sets to try.
const LANED: usize = 200;

/// Compares one; says whether a greedy pass saves less than the best.
fn compare(draft: &Draft, number: usize) -> bool {
    let problem = draft.build();
    let rules = Rules(&problem);
    let (most, expected) = rules.best();
    let found = best(&problem);
    assert_eq!(
        (rules.saving(&found), &found),
        (Some(most), &expected),
        "problem {number}: found on the left, best on the right, of {problem:#?}"
    );
    assert_eq!(saving(&problem, &found), Some(most), "problem {number}: evaluated, of {problem:#?}");
    let greedy = rules.greedy();
    assert!(greedy <= most, "problem {number}: greedy {greedy} exceeds the best {most}");
    greedy < most
}

/// On both cores, each number once.
fn each(count: usize, judge: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    judge(number);
                }
            });
        }
    });
}

#[test]
fn the_best_combination_is_the_best_of_all_sets() {
    let count = std::env::var("SCRIP_BEST_PROBLEMS").ok().and_then(|text| text.parse().ok()).unwrap_or(PROBLEMS);
    let worse = AtomicUsize::new(0);
    each(count, |number| {
        let mix = [SMALL, STACKED, SPOILT, ROUND][number % 4];
        let draft = mix.draft(&mut Random(number as u64));
        worse.fetch_add(usize::from(compare(&draft, number)), Ordering::Relaxed);
    });
    let part = worse.load(Ordering::Relaxed) * 100 / count;
    println!("{count} problems; greedy saves less on {part} %");
    assert!(part >= 30, "the problems must be ones where greedy fails: {part} %");
}

#[test]
fn of_sets_that_save_as_much_the_first_is_found() {
    each(TIED_PROBLEMS, |number| {
        compare(&TIED.draft(&mut Random(0x7_0000 + number as u64)), number);
    });
}

#[test]
fn coupons_of_a_shape_that_the_search_does_not_know_are_searched_whole() {
    each(OPAQUE, |number| {
        let mix = [SMALL, STACKED, SPOILT, ROUND][number % 4];
        let opaque = [15, 40, 100][number / 4 % 3];
        compare(&Mix { opaque, ..mix }.draft(&mut Random(0x5_0000 + number as u64)), number);
    });
}

/// A lane with many stacking groups, and what else there may be.
#[derive(Clone, Copy, Debug)]
struct ManyGroups {
    for_shipping: bool,
    /// Or the platform's.
    of_seller: bool,
}

const LANES: [ManyGroups; 4] = [
    ManyGroups { for_shipping: false, of_seller: true },
    ManyGroups { for_shipping: false, of_seller: false },
    ManyGroups { for_shipping: true, of_seller: false },
    ManyGroups { for_shipping: true, of_seller: true },
];

/// Percent of the coupons with a minimum, with a budget, exclusive, and with another in their group.
#[derive(Clone, Copy, Debug)]
struct Spice {
    minimum: u64,
    budget: u64,
    exclusive: u64,
    more: u64,
    /// Coupons of other lanes.
    others: i64,
    /// What the coupons come to at most, as parts of what there is.
    amounts: i64,
}

const SPICES: [Spice; 5] = [
    Spice { minimum: 0, budget: 0, exclusive: 0, more: 0, others: 0, amounts: 1 },
    Spice { minimum: 30, budget: 20, exclusive: 5, more: 0, others: 0, amounts: 1 },
    Spice { minimum: 0, budget: 0, exclusive: 0, more: 30, others: 0, amounts: 3 },
    Spice { minimum: 40, budget: 10, exclusive: 3, more: 20, others: 1, amounts: 1 },
    Spice { minimum: 20, budget: 30, exclusive: 0, more: 20, others: 2, amounts: 3 },
];

impl ManyGroups {
    /// With so many groups, and no more than so many sets.
    fn draft(self, random: &mut Random, groups: u32, sets_max: usize, spice: &Spice) -> Draft {
        let line = |seller, product, amount| DraftLine { seller, product, amount };
        let mut lines = vec![line(0, 0, random.range(3_000, 9_000)), line(0, 1, random.range(1_000, 9_000))];
        if random.percent(50) {
            lines.push(line(1, 2, random.range(1_000, 9_000)));
        }
        let shipping = vec![random.range(2_000, 6_000), random.range(500, 3_000)];
        let goods: i64 = lines.iter().map(|line| line.amount).sum();
        let of_one: i64 = lines.iter().filter(|line| line.seller == 0).map(|line| line.amount).sum();
        let there = match self {
            Self { for_shipping: true, .. } => shipping[0],
            Self { of_seller: true, .. } => of_one,
            _ => goods,
        };
        let mut draft = Draft { lines, shipping, coupons: Vec::new() };
        let mut sets = 1;
        for group in 0..groups {
            let members = if random.percent(spice.more) { 2 } else { 1 };
            if sets * (members + 1) > sets_max {
                break;
            }
            sets *= members + 1;
            for _ in 0..members {
                let part = (there * spice.amounts / i64::from(groups)).max(2);
                let amount = random.range(part / 3 + 1, part);
                let coupon = self.coupon(random, amount, there, spice);
                draft.coupons.push(DraftCoupon { group: Some(group), ..coupon });
            }
        }
        for _ in 0..spice.others {
            let other = LANES[random.index(LANES.len())];
            if sets * 2 > sets_max {
                break;
            }
            sets *= 2;
            let amount = random.range(100, 1_500);
            let coupon = other.coupon(random, amount, there, spice);
            draft.coupons.push(DraftCoupon { group: Some(100), ..coupon });
        }
        draft
    }

    fn coupon(self, random: &mut Random, amount: i64, there: i64, spice: &Spice) -> DraftCoupon {
        let shape = match random.index(4) {
            0 if !self.for_shipping => percent(amount, there),
            _ => Shape::Amount(amount),
        };
        let mut coupon =
            DraftCoupon { for_shipping: self.for_shipping, ..DraftCoupon::new(self.of_seller.then_some(0), shape) };
        if random.percent(spice.minimum) {
            let needed = random.range(1_000, 9_000) + i64::from(random.percent(50));
            coupon.minimum = Some(Minimum { needed, base: MinimumBase::OnEnteringTheLane });
        }
        if random.percent(spice.budget) {
            coupon.budget = Some(random.range(amount / 2 + 1, amount * 2));
        }
        coupon.exclusive = random.percent(spice.exclusive);
        coupon.id = random.range(0, 255);
        coupon
    }
}

#[test]
fn up_to_twelve_stacking_groups_in_a_lane_are_searched_whole() {
    each(LANED, |number| {
        let random = &mut Random(0x6_0000 + number as u64);
        let (lane, spice) = (LANES[number % LANES.len()], SPICES[number / LANES.len() % SPICES.len()]);
        let (groups, sets_max) = if number < 20 { (12, 4_096) } else { (random.range(6, 12), 1_024) };
        let groups = u32::try_from(groups).expect("small");
        compare(&lane.draft(random, groups, sets_max, &spice), number);
    });
}

#[test]
fn of_more_groups_than_are_searched_no_coupon_that_could_be_added_is_lost() {
    each(120, |number| {
        let random = &mut Random(0x7_0000 + number as u64);
        let (lane, spice) = (LANES[number % LANES.len()], SPICES[number / LANES.len() % SPICES.len()]);
        let problem = lane.draft(random, [13, 20, 40][number % 3], usize::MAX >> 4, &spice).build();
        let rules = Rules(&problem);
        let found = best(&problem);
        let saving = rules.saving(&found);
        let others = [rules.applying(&rules.all_together()), rules.greedy(), rules.with_one_change(&found)];
        assert!(
            others.iter().all(|&other| Some(other) <= saving),
            "problem {number}: found {saving:?}, all together, greedy and with one change {others:?}, of {problem:#?}"
        );
    });
}

/// What several sellers' options come to together must not be worked out one by one.
#[test]
fn sellers_with_a_dozen_groups_each_are_searched_in_bounds() {
    let random = &mut Random(9);
    let mut draft = Mix { sellers: (10, 10), lines: (20, 20), coupons: (0, 0), ..SMALL }.draft(random);
    for seller in 0..10 {
        for group in 0..12 {
            let coupon = DraftCoupon::new(Some(seller), Shape::Amount(random.range(1, 999_999)));
            draft.coupons.push(DraftCoupon { group: Some(group), ..coupon });
        }
    }
    for line in &mut draft.lines {
        line.amount = 100_000_000;
    }
    let minimum = Some(Minimum { needed: 10_000_000, base: MinimumBase::OnEnteringTheLane });
    let five_percent = Shape::Percent { basis_points: 500, cap: i64::MAX };
    draft.coupons.push(DraftCoupon { minimum, ..DraftCoupon::new(None, five_percent) });
    let problem = draft.build();
    let rules = Rules(&problem);
    assert_eq!(rules.saving(&best(&problem)), Some(rules.applying(&rules.all_together())));
}

/// However many there are, up to what is looked at: a coupon of each of many sellers.
#[test]
fn coupons_beyond_a_word_of_a_set_or_two_are_found() {
    for sellers in [64, 65, 128, 129, 200] {
        let lines = (0..sellers).map(|seller| DraftLine { seller, product: 0, amount: 1_000 }).collect();
        let coupon = |seller| DraftCoupon::new(Some(seller), Shape::Amount(100));
        let coupons = (0..sellers).map(coupon).collect();
        let problem = Draft { lines, shipping: vec![0; sellers], coupons }.build();
        assert_eq!(best(&problem), (0..sellers).collect::<Vec<_>>(), "{sellers}");
    }
}
