//! That local search ends only where no single change saves more, judged by the rules as the tests write them.

use super::{CouponSet, Search, usable::usable};
use crate::{
    Problem,
    cart::Cart,
    problems::{Mix, Random, SMALL, STACKED},
    rules::Rules,
};

/// With one coupon in place of any other.
fn with_one_exchange(problem: &Problem, rules: &Rules<'_>, set: &[usize]) -> i64 {
    let exchange = |(&out, other): (&usize, usize)| {
        let stays = |kept: &usize| *kept != out && !problem.coupons[*kept].shares_slot_with(&problem.coupons[other]);
        let changed: Vec<usize> = set.iter().copied().filter(stays).chain([other]).collect();
        rules.applying(&changed)
    };
    let others =
        || (0..problem.coupons.len()).filter(|other| !set.contains(other) && !problem.coupons[*other].exclusive);
    set.iter().flat_map(|out| others().map(move |other| (out, other))).map(exchange).max().unwrap_or(0)
}

fn assert_no_change_is_better(problem: &Problem, of_coupons: bool, from: Option<usize>, number: u64) -> i64 {
    let start = Cart::new(problem);
    let usable = usable(&start);
    let mut search = Search::<1>::new(start, &usable);
    let found_before = from.and_then(|from| search.in_order.get(from).copied()).map(|member| {
        let alone = CouponSet::EMPTY.with(member);
        (usable[member].alone, alone)
    });
    if let Some(saving) = found_before {
        search.offer(saving);
    }
    search.improve_locally(of_coupons);
    let found = search.found();
    let rules = Rules(problem);
    let what = |rule: &str| format!("problem {number}: {rule} saves more than {found:?}, of {problem:#?}");
    assert_eq!(rules.saving(&found), Some(search.best.0), "{}", what("nothing"));
    let saved = search.best.0;
    assert!(found_before.is_none_or(|before| before.0 <= saved), "{}", what("what there was"));
    assert!(rules.greedy() <= saved, "{}", what("slot by slot"));
    assert!(rules.with_one_change(&found) <= saved, "{}", what("one change"));
    assert!(!of_coupons || with_one_exchange(problem, &rules, &found) <= saved, "{}", what("one exchange"));
    // One that adds nothing isn't kept: with fewer coupons the tie is won.
    for &out in &found {
        let rest: Vec<usize> = found.iter().copied().filter(|&other| other != out).collect();
        assert!(rules.saving(&rest).is_none_or(|rest| rest < saved), "{}", what("as much without one"));
    }
    saved
}

#[test]
fn local_search_ends_where_no_single_change_saves_more() {
    let many = Mix { coupons: (8, 14), exclusive: 0, opaque: 10, ..SMALL };
    let stacked = Mix { coupons: (8, 14), exclusive: 0, ..STACKED };
    let (mut in_all, mut with_exchanges) = (0, 0);
    for number in 0..1_500 {
        let problem =
            [many, stacked][usize::try_from(number % 2).expect("small")].draft(&mut Random(0x15_0000 + number)).build();
        let from = if number % 3 == 0 { None } else { Some(usize::try_from(number % 5).expect("small")) };
        in_all += assert_no_change_is_better(&problem, false, from, number);
        with_exchanges += assert_no_change_is_better(&problem, true, from, number);
    }
    assert!(with_exchanges > in_all, "exchanges find what single changes don't");
}
