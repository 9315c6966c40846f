//! The best combination: candidates as the figures that `scrip-combination` searches.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use scrip_combination as figures;

use super::{
    eligibility::Eligibility,
    lanes::{Running, order_of_application},
};
use crate::{
    candidate::{Candidate, Eligible, Lane},
    cart::Cart,
    condition::Occasion,
    minimum_spend::{MinimumSpend, MinimumSpendBase},
    money::Amount,
    name::StackingGroup,
    time::Timestamp,
};

/// The candidates that together save most, by index. Ties: fewer coupons, then those that expire sooner, then by id.
///
/// Exact as far as [`scrip_combination::best`] is. Source: rules, Order of application 6.
pub fn best_combination(cart: &Cart, candidates: &[Candidate<'_>], now: Timestamp) -> Vec<usize> {
    let (problem, usable) = problem_of(cart, candidates, now);
    figures::best(&problem).into_iter().map(|index| usable[index]).collect()
}

/// What is searched, as plain figures, and which candidate each of its coupons is, by index. Candidates that can't apply whatever
/// others do aren't among them, and of one campaign's only the first in the order of ties.
pub fn problem_of(cart: &Cart, candidates: &[Candidate<'_>], now: Timestamp) -> (figures::Problem, Vec<usize>) {
    let mut eligibility = Eligibility::new(cart);
    let eligible: Vec<Rc<Eligible>> = candidates.iter().map(|candidate| eligibility.of(candidate, None)).collect();
    problem_among(&Running::new(cart, now, Occasion::Now), candidates, &eligible)
}

/// [`best_combination`], where it is known which lines each may discount.
pub(super) fn best_among(start: &Running<'_>, candidates: &[Candidate<'_>], eligible: &[Rc<Eligible>]) -> Vec<usize> {
    let (problem, usable) = problem_among(start, candidates, eligible);
    figures::best(&problem).into_iter().map(|index| usable[index]).collect()
}

fn problem_among(
    start: &Running<'_>,
    candidates: &[Candidate<'_>],
    eligible: &[Rc<Eligible>],
) -> (figures::Problem, Vec<usize>) {
    let mut usable: Vec<usize> =
        (0..candidates.len()).filter(|&index| start.may_apply(&candidates[index], &eligible[index])).collect();
    usable.sort_by(|&a, &b| candidates[a].rank().cmp(&candidates[b].rank()));
    // Coupons of one campaign do the same and exclude each other: the one that goes first in a tie is as good as any.
    let mut seen = HashSet::with_capacity(usable.len());
    usable.retain(|&index| seen.insert((candidates[index].campaign, candidates[index].terms_version)));
    (problem(start, candidates, eligible, &usable), usable)
}

fn problem(
    start: &Running<'_>,
    candidates: &[Candidate<'_>],
    eligible: &[Rc<Eligible>],
    usable: &[usize],
) -> figures::Problem {
    let group = |index: usize| candidates[index].terms.stacking.group.as_ref();
    let mut groups: HashMap<&StackingGroup, u32> = HashMap::new();
    let mut in_order = usable.to_vec();
    in_order.sort_by(|&a, &b| order_of_application(&candidates[a]).cmp(&order_of_application(&candidates[b])));
    let mut order = vec![0; candidates.len()];
    (0..).zip(in_order).for_each(|(rank, index)| order[index] = rank);
    let coupon = |&index: &usize| {
        let (candidate, lines) = (&candidates[index], &eligible[index].lines);
        let known = u32::try_from(groups.len()).expect("a wallet's coupons are few");
        figures::Coupon {
            lane: match candidate.lane() {
                Lane::Seller => figures::Lane::Seller,
                Lane::Platform => figures::Lane::Platform,
                Lane::Shipping => figures::Lane::Shipping,
            },
            // A seller's coupon has lines of that seller alone.
            seller: candidate.seller().map(|_| start.seller_of(lines[0])),
            group: group(index).map(|group| *groups.entry(group).or_insert(known)),
            order: order[index],
            exclusive: candidate.terms.stacking.exclusive,
            lines: lines.clone(),
            minimum: candidate.terms.minimum_spend.map(minimum),
            budget: candidate.budget_left.map(Amount::minor),
            shape: match candidate.at_most {
                Some(most) => candidate.terms.benefit.shape().capped(most.minor()),
                None => candidate.terms.benefit.shape(),
            },
        }
    };
    let line = |(index, &amount): (usize, &i64)| figures::Line { amount, seller: start.seller_of(index) };
    figures::Problem {
        lines: start.lines_left().iter().enumerate().map(line).collect(),
        shipping: start.shipping_left().to_vec(),
        coupons: usable.iter().map(coupon).collect(),
    }
}

fn minimum(minimum: MinimumSpend) -> figures::Minimum {
    figures::Minimum {
        needed: minimum.comparison.least(minimum.amount).minor(),
        base: match minimum.base {
            MinimumSpendBase::BeforeDiscounts => figures::MinimumBase::BeforeDiscounts,
            MinimumSpendBase::AfterEarlierLanes => figures::MinimumBase::OnEnteringTheLane,
        },
    }
}
