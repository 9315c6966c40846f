//! That what is said of coupons that are taken together holds of what an order comes to, whatever the sellers do.

use super::{Search, choices::Choice, usable::usable};
use crate::{
    Amounts, Problem, Shape,
    cart::Cart,
    problems::{Mix, Random, SMALL, STACKED},
};

/// What the choice's coupons take off one after the other: how much, and of which lines.
fn taken_exactly(search: &Search<'_, 1>, choice: &Choice<1>, picks: &[usize]) -> Option<Vec<(i64, Vec<i64>)>> {
    let mut entering = search.lines().to_vec();
    for (seller, &pick) in search.sellers.iter().zip(picks) {
        for (&line, &left) in seller.lines.iter().zip(&seller.options[pick].left) {
            entering[line] = left;
        }
    }
    let mut amounts = Amounts::new(entering);
    let one = |&number: &usize| {
        let coupon = search.usable[search.later_coupons[number].member].coupon;
        let before = amounts.left().to_vec();
        let (base, left) = amounts.sums(&coupon.lines);
        let off = coupon.shape.off(base).min(left);
        let applies = coupon.allows(off) && base >= coupon.needed();
        amounts.take(&coupon.lines, off);
        applies.then(|| (off, before.iter().zip(amounts.left()).map(|(before, after)| before - after).collect()))
    };
    choice.coupons.iter().map(one).collect()
}

/// Says how many sets were compared in which a coupon looks at what others took.
fn assert_estimates_hold(problem: &Problem, random: &mut Random, number: u64) -> usize {
    let start = Cart::new(problem);
    let usable = usable(&start);
    let mut search = Search::<1>::new(start, &usable);
    let variants = search.variants();
    let mut compared = 0;
    for coupons in search.platform_sets() {
        let choice = Choice::new(&coupons, &variants[0], i64::MAX);
        search.note_overlaps(&choice);
        for _ in 0..3 {
            let picks: Vec<usize> = search.sellers.iter().map(|seller| random.index(seller.options.len())).collect();
            let Some(exactly) = taken_exactly(&search, &choice, &picks) else { continue };
            let intended = search.intended(&choice, &picks).expect("all apply");
            let together = search.taken_together(&intended, &picks);
            let all: i64 = exactly.iter().map(|(off, _)| off).sum();
            let what = |rule: &str| format!("problem {number}, {coupons:?} with {picks:?}: {rule}, of {problem:#?}");
            assert!(all <= together.at_most(), "{}", what("all at most"));
            assert!(!together.exceeds(&search.later_coupons), "{}", what("within the budgets"));
            assert!(
                search.never_taken(&choice) <= intended.iter().map(|one| one.off).sum::<i64>() - all,
                "{}",
                what("lack room")
            );
            if together.is_all() || search.has_room(&coupons) {
                let intended: Vec<i64> = intended.iter().map(|one| one.off).collect();
                assert_eq!(
                    intended,
                    exactly.iter().map(|(off, _)| *off).collect::<Vec<_>>(),
                    "{}",
                    what("all in full")
                );
            }
            for (place, &after) in coupons.iter().enumerate() {
                let of = |taken: &Vec<i64>| -> i64 {
                    let lines = search.later_coupons[after].lines.indices();
                    lines.into_iter().map(|line| taken[line]).sum()
                };
                let taken: i64 = exactly[..place].iter().map(|(_, taken)| of(taken)).sum();
                let most = search.most_taken(&coupons[..place], after);
                assert!(taken <= most, "{}", what(&format!("{after} finds {taken} taken, not {most}")));
                compared += usize::from(taken > 0);
            }
            for &after in &search.at_risk {
                let lines = search.later_coupons[after].lines.indices();
                let of = |taken: &Vec<i64>| -> i64 { lines.iter().map(|&line| taken[line]).sum() };
                let taken: i64 = exactly.iter().map(|(_, taken)| of(taken)).sum();
                let (least, most) = search.taken_from(&together, after, &picks);
                assert!((least..=most).contains(&taken), "{}", what(&format!("{after}: {taken} of {least} to {most}")));
                let least = search.least_taken(&choice, after);
                assert!(taken >= least, "{}", what(&format!("{after}: {taken}, not {least} at least")));
                compared += usize::from(taken > 0);
            }
        }
    }
    compared
}

#[test]
fn what_coupons_take_together_lies_within_what_is_said_of_it() {
    let mut compared = 0;
    for number in 0..6_000 {
        let random = &mut Random(0x14_0000 + number);
        let mix = if number % 3 == 0 { STACKED } else { SMALL };
        let mut draft =
            Mix { of_sellers: 25, with_group: 95, for_shipping: 20, coupons: (5, 8), narrow: 40, ..mix }.draft(random);
        for coupon in &mut draft.coupons {
            coupon.group = Some(u32::try_from(random.index(6)).expect("small"));
        }
        if number % 2 == 0 {
            // Lines of a few minor units, where rounding is all.
            draft.lines.iter_mut().for_each(|line| line.amount = line.amount % 40 + 1);
            for coupon in &mut draft.coupons {
                coupon.shape = match random.index(3) {
                    0 => Shape::Percent {
                        basis_points: u16::try_from(random.range(1, 6_000)).expect("small"),
                        cap: i64::MAX,
                    },
                    _ => Shape::Amount(random.range(1, 40)),
                };
                coupon.budget = coupon.budget.map(|_| random.range(1, 40));
                coupon.minimum = coupon.minimum.map(|own| crate::Minimum { needed: random.range(1, 60), ..own });
            }
        }
        compared += assert_estimates_hold(&draft.build(), random, number);
    }
    assert!(compared >= 10_000, "only {compared} look at what others took");
}
