//! That no bound is below what it bounds: of every choice, against every set that belongs to it.

use super::{Search, choices::Choice, usable::usable};
use crate::{
    Lane, Minimum, MinimumBase, Problem, Shape, Tier, best,
    cart::{Cart, saving},
    coupon_set::CouponSet,
    problems::{Draft, DraftCoupon, DraftLine, LARGE, Mix, ROUND, Random, SMALL, SPOILT, STACKED},
};

/// The set's platform coupons, by index in `later_coupons`.
fn platform_of(search: &Search<'_, 1>, problem: &Problem, set: &[usize]) -> Vec<usize> {
    let number = |index: &usize| {
        let same = |later: &super::LaterCoupon<'_>| search.usable[later.member].index == *index;
        search.later_coupons.iter().position(same).expect("every usable platform coupon")
    };
    let platform = |index: &&usize| problem.coupons[**index].lane == Lane::Platform;
    let mut platform: Vec<usize> = set.iter().filter(platform).map(number).collect();
    platform.sort_unstable();
    platform
}

/// Every set of usable coupons that applies, but exclusive ones, and what it saves.
fn sets(search: &Search<'_, 1>, problem: &Problem) -> Vec<(Vec<usize>, i64)> {
    let shared: Vec<usize> = search.in_order.iter().map(|&member| search.usable[member].index).collect();
    (0..1 << shared.len())
        .filter_map(|bits| {
            let in_set = |(number, _): &(usize, &usize)| bits >> number & 1 == 1;
            let set: Vec<usize> = shared.iter().enumerate().filter(in_set).map(|(_, &index)| index).collect();
            saving(problem, &set).map(|saved| (set, saved))
        })
        .collect()
}

/// Compares the bounds of every choice of platform coupons with the best of its sets.
fn assert_bounds_hold(problem: &Problem, number: u64) {
    let start = Cart::new(problem);
    let usable = usable(&start);
    let mut search = Search::<1>::new(start, &usable);
    let sets = sets(&search, problem);
    let variants = search.variants();
    for coupons in search.platform_sets() {
        let of_choice = sets.iter().filter(|(set, _)| platform_of(&search, problem, set) == coupons);
        let Some((set, most)) = of_choice.max_by_key(|(_, saved)| *saved) else { continue };
        let (mut by_maxima, mut by_multipliers) = (0, 0);
        for variant in &variants {
            // So that nothing is left out for being worse than another.
            search.best = (0, CouponSet::EMPTY);
            let mut choice = Choice::new(&coupons, variant, i64::MAX);
            by_maxima = by_maxima.max(search.bound_by_maxima(&coupons, variant));
            search.note_overlaps(&choice);
            if !search.drop_lost(&mut choice) {
                continue;
            }
            search.note_losses(&choice);
            by_multipliers = by_multipliers.max(search.relax(&choice).map_or(0, |relaxation| relaxation.bound()));
        }
        assert!(*most <= by_maxima, "problem {number}: {set:?} saves {most}, not {by_maxima}, of {problem:#?}");
        assert!(
            *most <= by_multipliers,
            "problem {number}: {set:?} saves {most}, not {by_multipliers}, of {problem:#?}"
        );
    }
}

#[test]
fn no_set_saves_more_than_the_bounds_of_its_choice() {
    let many_of_platform = Mix { of_sellers: 30, with_group: 90, with_minimum: 30, with_budget: 30, ..SMALL };
    for number in 0..4_000 {
        let mix = [SMALL, STACKED, SPOILT, ROUND, many_of_platform][usize::try_from(number % 5).expect("small")];
        let mix = Mix { coupons: (4, 7), opaque: if number % 3 == 0 { 30 } else { 0 }, ..mix };
        assert_bounds_hold(&mix.draft(&mut Random(0x9_0000 + number)).build(), number);
    }
}

/// 60 and 80 of the same 100: the bound knows that 40 find no room, whatever else is chosen.
#[test]
fn what_never_finds_room_is_no_part_of_the_bound() {
    let line = |product, amount| DraftLine { seller: 0, product, amount };
    let coupon = |group, product, amount| DraftCoupon {
        group: Some(group),
        products: vec![product],
        ..DraftCoupon::new(None, Shape::Amount(amount))
    };
    let mut draft = Draft {
        lines: vec![line(0, 100), line(1, 1_000)],
        shipping: vec![0],
        coupons: vec![coupon(0, 0, 60), coupon(1, 0, 80), coupon(2, 1, 500)],
    };
    let never_taken = |draft: &Draft, coupons: &[usize]| {
        let problem = draft.build();
        let start = Cart::new(&problem);
        let usable = usable(&start);
        let mut search = Search::<1>::new(start, &usable);
        let variants = search.variants();
        let choice = Choice::new(coupons, &variants[0], i64::MAX);
        search.note_overlaps(&choice);
        search.never_taken(&choice)
    };
    assert_eq!(never_taken(&draft, &[0, 1]), 40);
    assert_eq!(never_taken(&draft, &[0, 1, 2]), 40);
    assert_eq!((never_taken(&draft, &[0]), never_taken(&draft, &[0, 2])), (0, 0));
    // Of tiers less may be left of more, so nothing is said of them.
    draft.coupons[1].shape = Shape::Tiers(vec![Tier { over: 0, amount: 80 }]);
    assert_eq!(never_taken(&draft, &[0, 1]), 0);
}

/// A larger sum may have a tier more taken off it, and less of it left.
#[test]
fn coupons_in_tiers_lack_no_room_that_a_smaller_sum_has() {
    for number in 0..4_000 {
        let random = &mut Random(0xA_0000 + number);
        let tiered = |random: &mut Random| {
            let first = Tier { over: random.range(0, 200), amount: random.range(1, 60) };
            let second =
                Tier { over: first.over + random.range(500, 990), amount: first.amount + random.range(300, 900) };
            DraftCoupon { group: Some(1), ..DraftCoupon::new(None, Shape::Tiers(vec![first, second])) }
        };
        let line = |seller, product, amount| DraftLine { seller, product, amount };
        let mut draft = Draft {
            lines: vec![line(0, 0, random.range(800, 1_200)), line(0, 1, random.range(2_000, 9_000)), line(1, 2, 50)],
            shipping: vec![0, 0],
            coupons: Vec::new(),
        };
        // The seller's leaves little less of the first line, where the platform's two meet.
        draft.coupons.push(DraftCoupon::new(Some(0), Shape::Amount(random.range(50, 900))));
        let all_of_it = DraftCoupon::new(None, Shape::Amount(random.range(300, 900)));
        draft.coupons.push(DraftCoupon { products: vec![0], ..all_of_it });
        draft.coupons.push(DraftCoupon { products: vec![0], ..tiered(random) });
        assert_bounds_hold(&draft.build(), number);
    }
}

/// The first sum that reaches a cap may lie below the line of the percentage by nearly a minor unit.
#[test]
fn a_percentage_that_reaches_its_cap_is_bounded_on_both_sides_of_it() {
    for number in 0..6_000 {
        let random = &mut Random(0x19_0000 + number);
        let line = |seller, product, amount| DraftLine { seller, product, amount };
        let mut draft = Draft {
            lines: vec![
                line(0, 0, random.range(20, 90)),
                line(1, 1, random.range(5, 40)),
                line(2, 2, random.range(5, 40)),
            ],
            shipping: vec![random.range(0, 20), 0, 0],
            coupons: Vec::new(),
        };
        for seller in [0, 0, 0, 1, 2] {
            draft.coupons.push(DraftCoupon::new(Some(seller), Shape::Amount(random.range(1, 40))));
        }
        let basis_points = u16::try_from(random.range(5_000, 10_000)).expect("small");
        let shape = Shape::Percent { basis_points, cap: random.range(10, 70) };
        draft.coupons.push(DraftCoupon::new(None, shape));
        if random.percent(50) {
            draft
                .coupons
                .push(DraftCoupon { for_shipping: true, ..DraftCoupon::new(Some(0), Shape::Amount(i64::MAX)) });
            draft.coupons[6].minimum =
                Some(Minimum { needed: random.range(1, 60), base: MinimumBase::OnEnteringTheLane });
        }
        assert_bounds_hold(&draft.build(), number);
    }
}

/// Where so many coupons meet on lines of a few minor units, rounding alone leaves some without room.
#[test]
fn many_coupons_on_small_lines_move_no_more_than_rounding_may() {
    for number in 0..60 {
        let random = &mut Random(0xB_0000 + number);
        let lines = random.range(6, 30);
        let line = |amount| DraftLine { seller: 0, product: 0, amount };
        let mut draft = Draft {
            lines: (0..lines).map(|_| line(random.range(1, 9))).collect(),
            shipping: vec![500],
            coupons: Vec::new(),
        };
        draft.lines.push(line(random.range(500, 5_000)));
        let goods: i64 = draft.lines.iter().map(|line| line.amount).sum();
        for group in 0..9 {
            let coupon = DraftCoupon::new(None, Shape::Amount(random.range(1, goods / 12)));
            draft.coupons.push(DraftCoupon { group: Some(group), ..coupon });
        }
        draft.coupons.push(DraftCoupon { for_shipping: true, ..DraftCoupon::new(Some(0), Shape::Amount(100)) });
        let problem = draft.build();
        assert_bounds_hold(&problem, number);
        assert!(saving(&problem, &best(&problem)).is_some());
    }
}

/// Where coupons contend for room, whatever option each seller takes.
fn assert_estimates_hold(problem: &Problem, random: &mut Random, number: u64) -> usize {
    let start = Cart::new(problem);
    let usable = usable(&start);
    let mut search = Search::<1>::new(start, &usable);
    let variants = search.variants();
    let mut contended = 0;
    for coupons in search.platform_sets() {
        let choice = Choice::new(&coupons, &variants[0], i64::MAX);
        search.note_overlaps(&choice);
        if search.has_room(&coupons) {
            continue;
        }
        let mut classes = search.line_classes(&choice);
        for _ in 0..4 {
            let picks: Vec<usize> = search.sellers.iter().map(|seller| random.index(seller.options.len())).collect();
            let estimate = search.off_by_classes(&choice, &mut classes, &picks);
            let mut applying = choice.shipping;
            if let Some(off) = search.exact_off(&choice, &picks, &mut applying) {
                contended += 1;
                let most = estimate.map(|(_, most)| most);
                assert!(most >= Some(off), "problem {number}: {coupons:?} take {off}, not {most:?}, of {problem:#?}");
            }
        }
    }
    contended
}

#[test]
fn sums_of_line_classes_are_no_less_than_what_the_split_comes_to() {
    let mut contended = 0;
    for number in 0..30_000 {
        let random = &mut Random(0xC0_0000 + number);
        let mix = Mix { of_sellers: 25, with_group: 95, with_budget: 40, coupons: (5, 8), ..SMALL };
        let mut draft = mix.draft(random);
        for coupon in &mut draft.coupons {
            coupon.group = Some(u32::try_from(random.index(6)).expect("small"));
        }
        if number % 2 == 0 {
            // Lines of a few minor units, where rounding is all.
            draft.lines.iter_mut().for_each(|line| line.amount = line.amount % 40 + 1);
            for coupon in &mut draft.coupons {
                coupon.shape = Shape::Amount(random.range(1, 40));
                coupon.budget = coupon.budget.map(|_| random.range(1, 40));
            }
        }
        contended += assert_estimates_hold(&draft.build(), random, number);
    }
    assert!(contended >= 10_000, "only {contended} contend");
}

/// A weaker bound finds the same, only later. So does nearly every slip in one: it is seen here.
#[test]
fn the_search_takes_as_many_steps_as_it_did() {
    let stacked = Mix { with_group: 60, ..LARGE };
    let spoilt = Mix { spoiling: 100, with_minimum: 90, exclusive: 0, narrow: 10, ..LARGE };
    let budgets = Mix { with_budget: 60, with_group: 30, ..LARGE };
    let opaque = Mix { opaque: 20, ..LARGE };
    let shipping = Mix { for_shipping: 35, with_group: 30, ..LARGE };
    let mixes = [
        ("small", SMALL, 2_000, 141_249),
        ("stacked", STACKED, 2_000, 168_184),
        ("spoilt", SPOILT, 2_000, 126_575),
        ("large", LARGE, 150, 48_341),
        ("large stacked", stacked, 150, 92_909),
        ("large spoilt", spoilt, 150, 60_579),
        ("large with budgets", budgets, 150, 36_509),
        ("large for shipping", shipping, 150, 31_969),
        ("large opaque", opaque, 50, 139_779),
    ];
    let mut other = Vec::new();
    for (name, mix, count, expected) in mixes {
        let steps = steps((0..count).map(|number| mix.draft(&mut Random(0xD_0000 + number))));
        if steps != expected {
            other.push(format!("{name}: {steps}, not {expected}"));
        }
    }
    assert!(other.is_empty(), "other steps; where that was meant, fewer are better: {other:#?}");
}

/// What the search of all of them takes together.
fn steps(drafts: impl Iterator<Item = Draft>) -> usize {
    drafts
        .map(|draft| {
            let problem = draft.build();
            let start = Cart::new(&problem);
            let usable = usable(&start);
            let mut search = Search::<1>::new(start, &usable);
            search.search();
            search.steps
        })
        .sum()
}

/// Many of the platform's, each in a group of its own, on lines of a few minor units: rounding moves what rooms decide on.
fn many_groups(random: &mut Random) -> Draft {
    let mut draft = Mix { sellers: (1, 3), lines: (4, 12), coupons: (2, 4), of_sellers: 100, ..SMALL }.draft(random);
    draft.lines.iter_mut().for_each(|line| line.amount = line.amount % 60 + 1);
    let goods: i64 = draft.lines.iter().map(|line| line.amount).sum();
    for coupon in &mut draft.coupons {
        (coupon.shape, coupon.minimum, coupon.budget) = (Shape::Amount(random.range(1, 40)), None, None);
    }
    for group in 0..u32::try_from(random.range(7, 9)).expect("small") {
        let coupon = DraftCoupon::new(None, Shape::Amount(random.range(1, goods / 6 + 1)));
        let products =
            if random.percent(40) { vec![draft.lines[0].product, draft.lines[1].product] } else { Vec::new() };
        draft.coupons.push(DraftCoupon { group: Some(group), products, ..coupon });
    }
    draft
}

/// Budgets of just what is taken off where nothing comes before, and of a minor unit less or more.
fn exact_budgets(random: &mut Random) -> Draft {
    let mut draft = Mix { with_group: 60, for_shipping: 25, with_budget: 0, ..LARGE }.draft(random);
    for index in 0..draft.coupons.len() {
        let coupon = &draft.coupons[index];
        let seller = |seller: usize| draft.shipping[seller];
        let within = match coupon.seller {
            Some(own) if coupon.for_shipping => seller(own),
            None if coupon.for_shipping => draft.shipping.iter().sum(),
            _ => draft.covered(coupon),
        };
        let off = coupon.shape.off(within);
        draft.coupons[index].budget = (off > 1).then(|| off + random.range(-1, 1));
    }
    draft
}

/// Tiers that begin about where sellers' coupons leave the sums.
fn high_tiers(random: &mut Random) -> Draft {
    let mut draft = Mix { of_sellers: 70, with_minimum: 0, with_group: 40, ..LARGE }.draft(random);
    for index in 0..draft.coupons.len() {
        let covered = draft.covered(&draft.coupons[index]);
        let coupon = &mut draft.coupons[index];
        if coupon.seller.is_none() && !coupon.for_shipping && covered > 100 {
            let over = covered - random.range(1, covered / 8);
            let first = Tier { over: over / 2, amount: covered / 20 + 1 };
            let second = Tier { over, amount: first.amount + covered / 10 };
            coupon.shape = Shape::Tiers(vec![first, second]);
        }
    }
    draft
}

/// Many for one seller's shipping, and some of the platform's for all of it.
fn much_for_shipping(random: &mut Random) -> Draft {
    let mut draft = Mix { coupons: (3, 6), ..SMALL }.draft(random);
    draft.shipping.iter_mut().for_each(|amount| *amount = random.range(200, 900));
    for group in 0..9 {
        let seller = (group < 7).then(|| if random.percent(80) { 0 } else { draft.shipping.len() - 1 });
        let off = random.range(1, 200);
        let coupon = DraftCoupon::new(seller, Shape::Amount(off));
        let budget = random.percent(30).then(|| off + random.range(-20, 20)).filter(|budget| *budget > 0);
        draft.coupons.push(DraftCoupon { for_shipping: true, group: Some(group), budget, ..coupon });
    }
    draft
}

#[test]
fn the_search_takes_as_many_steps_as_it_did_where_much_meets() {
    type Kind = (&'static str, fn(&mut Random) -> Draft, u64, usize);
    let kinds: [Kind; 4] = [
        ("many groups", many_groups, 200, 541_341),
        ("exact budgets", exact_budgets, 150, 53_303),
        ("high tiers", high_tiers, 150, 371_125),
        ("much for shipping", much_for_shipping, 200, 11_992),
    ];
    let mut other = Vec::new();
    for (name, draft, count, expected) in kinds {
        let steps = steps((0..count).map(|number| draft(&mut Random(0x1A_0000 + number))));
        if steps != expected {
            other.push(format!("{name}: {steps}, not {expected}"));
        }
    }
    assert!(other.is_empty(), "other steps; where that was meant, fewer are better: {other:#?}");
}
