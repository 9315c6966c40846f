use std::cmp::Reverse;

use scrip_faults::{Fault, is};

use super::{
    applied::Applied,
    best::best_combination,
    candidate::{Candidate, Eligible, Lane},
    lanes::{Running, placing_order},
};
use crate::{
    cart::Cart,
    condition::Occasion,
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
    /// Exactly these, by place.
    Named(&'a [usize]),
}

/// What applied, by the candidate's place, in the order of application.
pub type Placed = Vec<(usize, Applied)>;
/// What didn't apply, by the candidate's place, with every reason.
pub type Refused = Vec<(usize, Vec<Reason>)>;

/// Judges every candidate on the cart and applies the chosen ones.
///
/// Never refuses: a coupon that doesn't apply has its reasons in `not_applied`. Source: rules, Order of application.
pub fn quote(cart: &Cart, candidates: &[Candidate<'_>], choice: Choice<'_>, now: Timestamp) -> Quote {
    let eligible: Vec<Eligible> = candidates.iter().map(|candidate| candidate.eligible(cart)).collect();
    let alone: Vec<Result<Applied, Vec<Reason>>> = candidates
        .iter()
        .zip(&eligible)
        .map(|(candidate, eligible)| Running::new(cart, now, Occasion::Now).apply(candidate, eligible))
        .collect();
    let saving = |place: usize| alone[place].as_ref().map_or(Amount::ZERO, |applied| applied.discount);

    let chosen = match choice {
        Choice::Best => best_combination(cart, candidates, now),
        Choice::Named(places) => places.to_vec(),
    };
    let (applied, mut refused) = in_lanes(cart, candidates, &eligible, &alone, &chosen, now, Occasion::Now);
    let used: Vec<usize> = applied.iter().map(|(place, _)| *place).collect();

    let mut not_applied: Vec<(usize, NotApplied)> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let swallowed = is(Fault::ReasonSwallowed) && alone[place].is_err();
        if used.contains(&place) || swallowed {
            continue;
        }
        let reasons = match refused.iter_mut().find(|entry| entry.0 == place) {
            Some(entry) => std::mem::take(&mut entry.1),
            None => match &alone[place] {
                Err(reasons) => reasons.clone(),
                Ok(_) => vec![in_the_way(candidate, candidates, &used)],
            },
        };
        not_applied.push((
            place,
            NotApplied {
                used_by: candidate.used_by.clone(),
                campaign: candidate.campaign,
                would_save: saving(place),
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
/// Shape: what applied, in order of application, and for each that didn't, by place, its reasons.
pub fn evaluate(cart: &Cart, candidates: &[Candidate<'_>], now: Timestamp, occasion: Occasion) -> (Placed, Refused) {
    let eligible: Vec<Eligible> = candidates.iter().map(|candidate| candidate.eligible(cart)).collect();
    let alone: Vec<Result<Applied, Vec<Reason>>> = if candidates.len() == 1 {
        Vec::new()
    } else {
        candidates
            .iter()
            .zip(&eligible)
            .map(|(candidate, eligible)| Running::new(cart, now, occasion).apply(candidate, eligible))
            .collect()
    };
    let all: Vec<usize> = (0..candidates.len()).collect();
    in_lanes(cart, candidates, &eligible, &alone, &all, now, occasion)
}

/// Lane after lane, the chosen coupons on what the lanes before left.
///
/// Of coupons that exclude each other the one that saves more alone goes first, then the sooner expiry, then id.
/// `alone` may be empty for a single candidate.
fn in_lanes(
    cart: &Cart,
    candidates: &[Candidate<'_>],
    eligible: &[Eligible],
    alone: &[Result<Applied, Vec<Reason>>],
    chosen: &[usize],
    now: Timestamp,
    occasion: Occasion,
) -> (Placed, Refused) {
    let saving = |place: usize| {
        alone.get(place).and_then(|alone| alone.as_ref().ok()).map_or(Amount::ZERO, |applied| applied.discount)
    };
    let mut preferred = chosen.to_vec();
    preferred
        .sort_by(|&a, &b| (Reverse(saving(a)), candidates[a].rank()).cmp(&(Reverse(saving(b)), candidates[b].rank())));

    let mut refused: Vec<(usize, Vec<Reason>)> = Vec::new();
    let mut admitted: Vec<usize> = Vec::new();
    let is_exclusive = |place: usize| candidates[place].terms.stacking.exclusive;
    for &place in &preferred {
        let excluded_by = admitted
            .iter()
            .copied()
            .find(|&other| saving(other) > Amount::ZERO && (is_exclusive(place) || is_exclusive(other)));
        match (alone.get(place), excluded_by) {
            // What doesn't apply alone has its own reasons. Beside an exclusive coupon, or exclusive itself, it can't
            // come to apply on what others leave either.
            (Some(Err(reasons)), _) if excluded_by.is_some() || is_exclusive(place) => {
                refused.push((place, reasons.clone()));
            }
            (_, Some(other)) => {
                let coupon = candidates[other].used_by.clone();
                refused.push((place, vec![Reason::ExclusiveCouponApplied { coupon }]));
            }
            (_, None) => admitted.push(place),
        }
    }

    let mut running = Running::new(cart, now, occasion);
    let mut applied: Vec<(usize, Applied)> = Vec::new();
    for lane in [Lane::Seller, Lane::Platform, Lane::Shipping] {
        running.enter_lane();
        let mut in_lane: Vec<usize> =
            admitted.iter().copied().filter(|&place| candidates[place].lane() == lane).collect();
        // Who takes a place is settled by preference, where it lands on the lines by the placing order. A coupon that
        // doesn't apply takes no place, and has its own reasons.
        let mut placed: Vec<usize> = Vec::new();
        for &place in &in_lane {
            let taken_by = placed.iter().find(|&&other| candidates[other].shares_place_with(&candidates[place]));
            match (running.clone().apply(&candidates[place], &eligible[place]), taken_by) {
                (Ok(_), None) => placed.push(place),
                (Ok(_), Some(&other)) => refused.push((place, vec![stacking_group_taken(candidates, other)])),
                (Err(reasons), Some(_)) => refused.push((place, reasons)),
                (Err(_), None) => {}
            }
        }
        in_lane.retain(|place| !refused.iter().any(|entry| entry.0 == *place));
        in_lane.sort_by(|&a, &b| placing_order(&candidates[a]).cmp(&placing_order(&candidates[b])));
        for place in in_lane {
            // One that exceeds its budget may come to apply on what others of its lane leave.
            let taken_by = applied.iter().find(|(other, _)| candidates[*other].shares_place_with(&candidates[place]));
            match (running.clone().apply(&candidates[place], &eligible[place]), taken_by) {
                (Ok(_), Some((other, _))) => refused.push((place, vec![stacking_group_taken(candidates, *other)])),
                (Ok(effect), None) => {
                    running.take(&candidates[place], &eligible[place]);
                    applied.push((place, effect));
                }
                (Err(reasons), _) => refused.push((place, reasons)),
            }
        }
    }
    (applied, refused)
}

fn stacking_group_taken(candidates: &[Candidate<'_>], by: usize) -> Reason {
    Reason::StackingGroupTaken { coupon: candidates[by].used_by.clone() }
}

/// Why a coupon that could apply isn't in the chosen set.
fn in_the_way(candidate: &Candidate<'_>, candidates: &[Candidate<'_>], used: &[usize]) -> Reason {
    let mut others = used.iter().map(|&place| &candidates[place]);
    let exclusive = others.clone().find(|other| other.terms.stacking.exclusive || candidate.terms.stacking.exclusive);
    if let Some(other) = exclusive {
        return Reason::ExclusiveCouponApplied { coupon: other.used_by.clone() };
    }
    match others.find(|other| other.shares_place_with(candidate)) {
        Some(other) => Reason::StackingGroupTaken { coupon: other.used_by.clone() },
        None => Reason::NotInBestCombination,
    }
}
