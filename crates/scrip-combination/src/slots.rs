//! Stacking slots, of each of which at most one coupon applies, and the sets of coupons that they allow.

use crate::problem::Coupon;

/// The coupons by slot: each by its index in the list, slots and coupons in the order in which they first come.
pub(crate) fn slots<'c>(coupons: impl IntoIterator<Item = &'c Coupon>) -> Vec<Vec<usize>> {
    let mut slots: Vec<(&Coupon, Vec<usize>)> = Vec::new();
    for (index, coupon) in coupons.into_iter().enumerate() {
        match slots.iter_mut().find(|(first, _)| first.shares_slot_with(coupon)) {
            Some((_, slot)) => slot.push(index),
            None => slots.push((coupon, vec![index])),
        }
    }
    slots.into_iter().map(|(_, slot)| slot).collect()
}

/// Leaves out members until there are at most `most` sets of at most one per slot: of the fullest slots those that are worth
/// least. Says whether it left any out.
pub(crate) fn keep_worthiest(slots: &mut Vec<Vec<usize>>, most: usize, worth: impl Fn(usize) -> i64) -> bool {
    let count = |slots: &[Vec<usize>]| slots.iter().fold(1, |count: usize, slot| count.saturating_mul(slot.len() + 1));
    let mut left_out = false;
    while count(slots) > most {
        let fullest = slots.iter().map(Vec::len).max().unwrap_or(0);
        let of_slot = |slot: usize| (0..fullest).map(move |member| (slot, member));
        let least = (0..slots.len())
            .filter(|&slot| slots[slot].len() == fullest)
            .flat_map(of_slot)
            .min_by_key(|&(slot, member)| worth(slots[slot][member]));
        let Some((slot, member)) = least else { break };
        slots[slot].remove(member);
        if slots[slot].is_empty() {
            slots.remove(slot);
        }
        left_out = true;
    }
    left_out
}

/// Every set of at most one member per slot, the empty one first.
pub(crate) fn subsets(slots: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
    for slot in slots {
        let known = subsets.len();
        for member in slot {
            for subset in 0..known {
                let mut larger = Vec::with_capacity(subsets[subset].len() + 1);
                larger.extend_from_slice(&subsets[subset]);
                larger.push(member);
                subsets.push(larger);
            }
        }
    }
    subsets
}
