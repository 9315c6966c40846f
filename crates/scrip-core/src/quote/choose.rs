use std::{cmp::Reverse, collections::HashMap, rc::Rc};

use scrip_faults::{Fault, is};

use super::{
    combination::best_among,
    eligibility::Eligibility,
    lanes::{Running, order_of_application},
};
use crate::{
    campaign::ScopeHashes,
    candidate::{Candidate, Eligible, Lane},
    cart::Cart,
    condition::Occasion,
    discount::Applied,
    id::CampaignId,
    money::Amount,
    reason::{Reason, UsedBy},
    time::Timestamp,
};

/// What a cart would cost. Nothing is committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// In the order of application.
    pub applied: Vec<Applied>,
    /// Usable ones by saving, then the others, each with its reasons.
    pub not_applied: Vec<NotApplied>,
}

/// A coupon that isn't applied: why, and what it would take off this cart alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotApplied {
    pub used_by: UsedBy,
    pub campaign: CampaignId,
    pub would_save: Amount,
    /// Never empty.
    pub reasons: Vec<Reason>,
}

/// Which of the candidates are to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice<'a> {
    /// The joint optimum over all of them.
    Best,
    /// Exactly these, by index.
    Named(&'a [usize]),
}

/// What applied, by the candidate's index, in the order of application.
pub type AppliedByIndex = Vec<(usize, Applied)>;
/// What didn't apply, by the candidate's index, with every reason.
pub type RefusedByIndex = Vec<(usize, Vec<Reason>)>;

/// What a coupon takes off the cart alone, or all reasons why it doesn't apply to it.
type Alone = Result<Amount, Vec<Reason>>;

/// Judges every candidate on the cart and applies the chosen ones.
///
/// Never refuses: a coupon that doesn't apply has its reasons in `not_applied`. Source: rules, Order of application.
pub fn quote(cart: &Cart, candidates: &[Candidate<'_>], choice: Choice<'_>, now: Timestamp) -> Quote {
    quote_by(cart, candidates, choice, now, |_| None)
}

/// The same with the hashes of scopes that somebody has in memory. Whether they are there changes nothing but the time it
/// takes.
pub fn quote_by<'h>(
    cart: &Cart,
    candidates: &[Candidate<'_>],
    choice: Choice<'_>,
    now: Timestamp,
    hashes: impl Fn(&Candidate<'_>) -> Option<&'h ScopeHashes>,
) -> Quote {
    let mut eligibility = Eligibility::new(cart);
    let eligible: Vec<Rc<Eligible>> =
        candidates.iter().map(|candidate| eligibility.of(candidate, hashes(candidate))).collect();
    let start = Running::new(cart, now, Occasion::Now);
    let alone: Vec<Alone> =
        candidates.iter().zip(&eligible).map(|(candidate, eligible)| start.judge(candidate, eligible)).collect();
    let saving = |index: usize| *alone[index].as_ref().unwrap_or(&Amount::ZERO);

    let chosen = match choice {
        Choice::Best => best_among(&start, candidates, &eligible),
        Choice::Named(indexes) => indexes.to_vec(),
    };
    let (applied, refused) = in_lanes(start, candidates, &eligible, &alone, &chosen);
    let used: Vec<usize> = applied.iter().map(|(index, _)| *index).collect();
    let mut is_used = vec![false; candidates.len()];
    used.iter().for_each(|&index| is_used[index] = true);
    let mut reasons_of: HashMap<usize, Vec<Reason>> = HashMap::new();
    for (index, reasons) in refused {
        reasons_of.entry(index).or_insert(reasons);
    }

    let mut not_applied: Vec<(usize, NotApplied)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let swallowed = is(Fault::ReasonSwallowed) && alone[index].is_err();
        if is_used[index] || swallowed {
            continue;
        }
        let reasons = match reasons_of.remove(&index) {
            Some(reasons) => reasons,
            None => match &alone[index] {
                Err(reasons) => reasons.clone(),
                Ok(_) => vec![in_the_way(candidate, candidates, &used)],
            },
        };
        not_applied.push((
            index,
            NotApplied {
                used_by: candidate.used_by.clone(),
                campaign: candidate.campaign,
                would_save: saving(index),
                reasons,
            },
        ));
    }
    not_applied.sort_by(|(a, left), (b, right)| {
        (Reverse(left.would_save), candidates[*a].rank()).cmp(&(Reverse(right.would_save), candidates[*b].rank()))
    });
    Quote {
        applied: applied.into_iter().map(|(_, applied)| applied).collect(),
        not_applied: not_applied.into_iter().map(|(_, not_applied)| not_applied).collect(),
    }
}

/// Applies exactly the given candidates, as an order does.
///
/// Shape: what applied, in order of application, and for each that didn't its reasons; both by index.
pub fn evaluate(
    cart: &Cart,
    candidates: &[Candidate<'_>],
    now: Timestamp,
    occasion: Occasion,
) -> (AppliedByIndex, RefusedByIndex) {
    let mut eligibility = Eligibility::new(cart);
    let eligible: Vec<Rc<Eligible>> = candidates.iter().map(|candidate| eligibility.of(candidate, None)).collect();
    let start = Running::new(cart, now, occasion);
    let alone: Vec<Alone> = if candidates.len() == 1 {
        Vec::new()
    } else {
        candidates.iter().zip(&eligible).map(|(candidate, eligible)| start.judge(candidate, eligible)).collect()
    };
    let all: Vec<usize> = (0..candidates.len()).collect();
    in_lanes(start, candidates, &eligible, &alone, &all)
}

/// Lane after lane, the chosen coupons on what the lanes before left.
///
/// Of coupons that exclude each other the one that saves more alone goes first, then the sooner expiry, then id; one
/// that doesn't apply beside the others keeps nobody out. `alone` may be empty for a single candidate.
fn in_lanes(
    start: Running<'_>,
    candidates: &[Candidate<'_>],
    eligible: &[Rc<Eligible>],
    alone: &[Alone],
    chosen: &[usize],
) -> (AppliedByIndex, RefusedByIndex) {
    let saving = |index: usize| alone.get(index).and_then(|alone| alone.as_ref().ok()).copied().unwrap_or(Amount::ZERO);
    let mut preferred = chosen.to_vec();
    preferred
        .sort_by(|&a, &b| (Reverse(saving(a)), candidates[a].rank()).cmp(&(Reverse(saving(b)), candidates[b].rank())));
    let own_reasons = |index: usize| alone.get(index).and_then(|alone| alone.as_ref().err());
    let excluded = |index: usize, by: usize| {
        // What doesn't apply alone has its own reasons. Beside an exclusive coupon, or exclusive itself, it can't come
        // to apply on what others leave either.
        let coupon = candidates[by].used_by.clone();
        (index, own_reasons(index).cloned().unwrap_or_else(|| vec![Reason::ExclusiveCouponApplied { coupon }]))
    };

    let (exclusive, shared): (Vec<usize>, Vec<usize>) =
        preferred.iter().copied().partition(|&index| candidates[index].terms.stacking.exclusive);
    let Some(&first) = exclusive.iter().find(|&&index| own_reasons(index).is_none()) else {
        let (applied, mut refused) = apply_shared(start, candidates, eligible, &shared);
        refused.extend(exclusive.into_iter().filter_map(|index| Some((index, own_reasons(index)?.clone()))));
        return (applied, refused);
    };
    let goes_before: Vec<usize> = preferred
        .into_iter()
        .take_while(|&index| index != first)
        .filter(|&index| own_reasons(index).is_none())
        .collect();
    if !goes_before.is_empty() {
        let (applied, mut refused) = apply_shared(start.clone(), candidates, eligible, &shared);
        let applies = |index: &usize| applied.iter().any(|(other, _)| other == index);
        if let Some(by) = goes_before.into_iter().find(applies) {
            refused.extend(exclusive.into_iter().map(|index| excluded(index, by)));
            return (applied, refused);
        }
    }
    let (applied, mut refused) = apply_shared(start, candidates, eligible, &[first]);
    let others = exclusive.into_iter().chain(shared).filter(|&index| index != first);
    refused.extend(others.map(|index| excluded(index, first)));
    (applied, refused)
}

/// Coupons of which none is kept out by an exclusive one. `preferred`: the first has the first claim on its slot.
fn apply_shared(
    mut running: Running<'_>,
    candidates: &[Candidate<'_>],
    eligible: &[Rc<Eligible>],
    preferred: &[usize],
) -> (AppliedByIndex, RefusedByIndex) {
    let mut applied: AppliedByIndex = Vec::new();
    let mut refused: RefusedByIndex = Vec::new();
    for lane in [Lane::Seller, Lane::Platform, Lane::Shipping] {
        running.enter_lane();
        let entering = running.clone();
        let mut in_lane: Vec<usize> =
            preferred.iter().copied().filter(|&index| candidates[index].lane() == lane).collect();
        // Those that share a slot are neighbours where it matters: only coupons of another seller come between them, whose lines
        // and shipping are none of theirs.
        in_lane.sort_by(|&a, &b| {
            let order = |index: usize| {
                let (of_platform, group, _) = order_of_application(&candidates[index]);
                (of_platform, group, candidates[index].seller())
            };
            order(a).cmp(&order(b))
        });
        let of_earlier_lanes = applied.len();
        for sharing in in_lane.chunk_by(|&a, &b| candidates[a].shares_slot_with(&candidates[b])) {
            let judged: Vec<(usize, Option<Vec<Reason>>)> = sharing
                .iter()
                .map(|&index| (index, entering.judge(&candidates[index], &eligible[index]).err()))
                .collect();
            // Preference decides who takes the slot among those that apply to what the lane found, unless others of the lane left
            // it nothing. One that exceeds its budget may come to apply on what they leave.
            let (fit, unfit): (Vec<_>, Vec<_>) = judged.into_iter().partition(|(_, reasons)| reasons.is_none());
            let mut taken_by = None;
            for (index, reasons) in fit.into_iter().chain(unfit) {
                let (candidate, eligible) = (&candidates[index], &eligible[index]);
                match (taken_by, reasons) {
                    (Some(_), Some(reasons)) => refused.push((index, reasons)),
                    (Some(by), None) => refused.push((index, vec![stacking_group_taken(candidates, by)])),
                    (None, _) => match running.apply(candidate, eligible) {
                        Ok(effect) => {
                            taken_by = Some(index);
                            applied.push((index, effect));
                        }
                        Err(reasons) => refused.push((index, reasons)),
                    },
                }
            }
        }
        applied[of_earlier_lanes..].sort_by(|(a, _), (b, _)| {
            order_of_application(&candidates[*a]).cmp(&order_of_application(&candidates[*b]))
        });
    }
    (applied, refused)
}

fn stacking_group_taken(candidates: &[Candidate<'_>], by: usize) -> Reason {
    Reason::StackingGroupTaken { coupon: candidates[by].used_by.clone() }
}

/// Why a coupon that could apply isn't in the chosen set.
fn in_the_way(candidate: &Candidate<'_>, candidates: &[Candidate<'_>], used: &[usize]) -> Reason {
    let mut others = used.iter().map(|&index| &candidates[index]);
    let exclusive = others.clone().find(|other| other.terms.stacking.exclusive || candidate.terms.stacking.exclusive);
    if let Some(other) = exclusive {
        return Reason::ExclusiveCouponApplied { coupon: other.used_by.clone() };
    }
    match others.find(|other| other.shares_slot_with(candidate)) {
        Some(other) => Reason::StackingGroupTaken { coupon: other.used_by.clone() },
        None => Reason::NotInBestCombination,
    }
}
