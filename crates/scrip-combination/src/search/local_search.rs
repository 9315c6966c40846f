//! All coupons together, where none takes room from another; and local search: single changes to what a search found that a limit
//! ended.
//!
//! [`WORK_MAX`] bounds the local search.

use std::cmp::Reverse;

use super::Search;
use crate::{
    cart::Cart,
    coupon_set::{CouponSet, Saving, is_better},
    slots::slots,
};

/// Work of all changes: a coupon that is applied counts as one and one more for every few of its lines. Each takes some
/// 200 ns. Less where all coupons were searched, and only sets left out.
const WORK_MAX: usize = 40_000;
const WORK_ON_SETS: usize = 4_000;
const LINES_IN_WORK: usize = 8;

/// The best set so far, and the work that is left.
struct Climb<const N: usize> {
    now: Saving<N>,
    work: usize,
    most: usize,
}

impl<const N: usize> Climb<N> {
    fn goes_on(&self) -> bool {
        self.work < self.most
    }
}

impl<const N: usize> Search<'_, N> {
    /// If the coupon of each slot that takes off most takes that off beside all others, no set saves more.
    pub(super) fn take_all(&mut self) -> bool {
        let all = self.worthiest(&CouponSet::EMPTY);
        let mut in_full = true;
        let saving = self.applying(&all, |most, off| {
            in_full = off == Some(most);
            in_full
        });
        if in_full {
            self.offer(saving);
        }
        in_full
    }

    /// As long as one coupon more, less or exchanged within its slot saves more, that one; where coupons were left out,
    /// also one coupon for any other. Starts from whichever saves most: what was found, that with all that find a slot beside it,
    /// all together, or the best slot by slot.
    pub(super) fn improve_locally(&mut self, of_coupons: bool) {
        let mut members = self.in_order.clone();
        members.sort_by_key(|&member| Reverse(self.usable[member].most_off));
        let is_shared = self.in_order.iter().any(|&member| self.best.1.has(member));
        let mut climb = Climb {
            now: if is_shared { self.best } else { (0, CouponSet::EMPTY) },
            work: 0,
            most: if of_coupons { WORK_MAX } else { WORK_ON_SETS },
        };
        for start in [self.worthiest(&climb.now.1), self.worthiest(&CouponSet::EMPTY)] {
            if climb.goes_on() {
                self.try_set(&start, &mut climb);
            }
        }
        if climb.goes_on() {
            let greedy = self.slot_by_slot();
            if is_better(&greedy, &climb.now) {
                climb.now = greedy;
            }
        }
        while climb.goes_on()
            && (self.change_one(&members, &mut climb) || of_coupons && self.exchange(&members, &mut climb))
        {}
        self.offer(climb.now);
    }

    /// Every coupon in or out once. Says whether one of it was better.
    fn change_one(&self, members: &[usize], climb: &mut Climb<N>) -> bool {
        let before = climb.now;
        for &member in members {
            let set = &climb.now.1;
            let changed = if set.has(member) { set.without(member) } else { self.with(set, member) };
            self.try_set(&changed, climb);
            if !climb.goes_on() {
                break;
            }
        }
        climb.now != before
    }

    /// The first exchange of one coupon for another that is better.
    fn exchange(&self, members: &[usize], climb: &mut Climb<N>) -> bool {
        let before = climb.now;
        // What is worth least goes first.
        for &out in members.iter().rev().filter(|&&member| before.1.has(member)) {
            let rest = before.1.without(out);
            for &member in members.iter().filter(|&&member| !before.1.has(member)) {
                self.try_set(&self.with(&rest, member), climb);
                if climb.now != before || !climb.goes_on() {
                    return climb.now != before;
                }
            }
        }
        false
    }

    /// The set with one coupon more, in place of another of its slot.
    fn with(&self, set: &CouponSet<N>, member: usize) -> CouponSet<N> {
        let coupon = self.usable[member].coupon;
        let stays = |&other: &usize| !self.usable[other].coupon.shares_slot_with(coupon);
        set.members().filter(stays).fold(CouponSet::EMPTY, CouponSet::with).with(member)
    }

    fn try_set(&self, set: &CouponSet<N>, climb: &mut Climb<N>) {
        let saving = self.applying(set, |_, _| true);
        let of = |member: usize| 1 + self.usable[member].coupon.lines.len() / LINES_IN_WORK;
        climb.work += set.members().map(of).sum::<usize>();
        if is_better(&saving, &climb.now) {
            climb.now = saving;
        }
    }

    /// The set, and of each slot that it leaves free the coupon that takes most off.
    fn worthiest(&self, set: &CouponSet<N>) -> CouponSet<N> {
        let mut all = *set;
        for slot in self.slots_in_order() {
            let most = slot.iter().copied().max_by_key(|&member| (self.usable[member].most_off, Reverse(member)));
            if let Some(most) = most.filter(|_| !slot.iter().any(|&member| set.has(member))) {
                all = all.with(most);
            }
        }
        all
    }

    /// The coupons that aren't exclusive, by member: slot after slot in the order of application.
    fn slots_in_order(&self) -> Vec<Vec<usize>> {
        let mut slots = slots(self.in_order.iter().map(|&member| self.usable[member].coupon));
        for number in slots.iter_mut().flatten() {
            *number = self.in_order[*number];
        }
        slots
    }

    /// Those of the set that apply, lane after lane, and what they save. `goes_on` is told the most that each could
    /// take off and what it takes, and may end it.
    fn applying(&self, set: &CouponSet<N>, mut goes_on: impl FnMut(i64, Option<i64>) -> bool) -> Saving<N> {
        let mut cart = self.start.clone();
        let mut lane = None;
        let mut applied = (0, CouponSet::EMPTY);
        for &member in self.in_order.iter().filter(|&&member| set.has(member)) {
            let usable = &self.usable[member];
            if lane.replace(usable.coupon.lane) != Some(usable.coupon.lane) {
                cart.enter_lane();
            }
            let off = cart.apply(usable.coupon, &usable.sellers);
            if let Some(off) = off {
                applied = (applied.0 + off, applied.1.with(member));
            }
            if !goes_on(usable.most_off, off) {
                break;
            }
        }
        applied
    }

    /// Lane after lane and slot after slot, the coupon that takes most off what those before left.
    fn slot_by_slot(&self) -> Saving<N> {
        let mut cart = self.start.clone();
        let mut lane = None;
        let mut applied = (0, CouponSet::EMPTY);
        for slot in self.slots_in_order() {
            let of_slot = self.usable[slot[0]].coupon.lane;
            if lane.replace(of_slot) != Some(of_slot) {
                cart.enter_lane();
            }
            let mut most: Option<(i64, usize, Cart<'_>)> = None;
            for member in slot {
                let mut tried = cart.clone();
                let Some(off) = tried.apply(self.usable[member].coupon, &self.usable[member].sellers) else { continue };
                if most.as_ref().is_none_or(|most| off > most.0) {
                    most = Some((off, member, tried));
                }
            }
            if let Some((off, member, tried)) = most {
                cart = tried;
                applied = (applied.0 + off, applied.1.with(member));
            }
        }
        applied
    }
}
