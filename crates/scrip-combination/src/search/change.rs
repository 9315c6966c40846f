//! All coupons together, where nobody is in anybody's way; and single changes to what a search found that left sets out.

use std::cmp::Reverse;

use super::{Search, places};
use crate::{
    cart::Cart,
    set::{Saving, Set, is_better},
};

/// Work of all changes: a coupon that is placed counts as one and one more for every few of its lines. Each takes some
/// 200 ns. Less where all coupons were searched, and only sets left out.
const WORK_MAX: usize = 40_000;
const WORK_ON_SETS: usize = 4_000;
const LINES_IN_WORK: usize = 8;

impl<const N: usize> Search<'_, N> {
    /// If the coupon of each place that takes off most takes that off beside all others, no set saves more.
    pub(super) fn take_all(&mut self) -> bool {
        let all = self.worthiest(&Set::EMPTY);
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

    /// As long as one coupon more, less or exchanged within its place saves more, that one; where coupons were left out,
    /// also one coupon for any other. Starts from whichever saves most: what was found, that with all that find place beside it, all
    /// together, or the best place by place.
    pub(super) fn change_one_by_one(&mut self, of_coupons: bool) {
        let most = if of_coupons { WORK_MAX } else { WORK_ON_SETS };
        let mut members = self.in_order.clone();
        members.sort_by_key(|&member| Reverse(self.usable[member].most_off));
        let is_shared = self.in_order.iter().any(|&member| self.best.1.has(member));
        let mut now = if is_shared { self.best } else { (0, Set::EMPTY) };
        let mut work = 0;
        for start in [self.worthiest(&now.1), self.worthiest(&Set::EMPTY)] {
            if work < most {
                self.try_set(&start, &mut now, &mut work);
            }
        }
        if work < most {
            let greedy = self.place_by_place();
            if is_better(&greedy, &now) {
                now = greedy;
            }
        }
        while work < most
            && (self.change_one(&members, &mut now, &mut work, most)
                || of_coupons && self.exchange(&members, &mut now, &mut work, most))
        {}
        self.offer(now);
    }

    /// Every coupon in or out once. Says whether one of it was better.
    fn change_one(&self, members: &[usize], now: &mut Saving<N>, work: &mut usize, most: usize) -> bool {
        let before = *now;
        for &member in members {
            let changed = if now.1.has(member) { now.1.without(member) } else { self.with(&now.1, member) };
            self.try_set(&changed, now, work);
            if *work >= most {
                break;
            }
        }
        *now != before
    }

    /// The first exchange of one coupon for another that is better.
    fn exchange(&self, members: &[usize], now: &mut Saving<N>, work: &mut usize, most: usize) -> bool {
        let before = *now;
        // What is worth least goes first.
        for &out in members.iter().rev().filter(|&&member| before.1.has(member)) {
            let rest = before.1.without(out);
            for &member in members.iter().filter(|&&member| !before.1.has(member)) {
                self.try_set(&self.with(&rest, member), now, work);
                if *now != before || *work >= most {
                    return *now != before;
                }
            }
        }
        false
    }

    /// The set with one coupon more, in place of another that stands with it.
    fn with(&self, set: &Set<N>, member: usize) -> Set<N> {
        let stays = |&other: &usize| !self.usable[other].coupon.shares_slot_with(self.usable[member].coupon);
        set.members().filter(stays).fold(Set::EMPTY, Set::with).with(member)
    }

    fn try_set(&self, set: &Set<N>, now: &mut Saving<N>, work: &mut usize) {
        let saving = self.applying(set, |_, _| true);
        let of = |member: usize| 1 + self.usable[member].coupon.lines.len() / LINES_IN_WORK;
        *work += set.members().map(of).sum::<usize>();
        if is_better(&saving, now) {
            *now = saving;
        }
    }

    /// The set, and of each place that it leaves free the coupon that takes most off.
    fn worthiest(&self, set: &Set<N>) -> Set<N> {
        let mut all = *set;
        for place in places(self.usable, &self.in_order) {
            let members = || place.iter().map(|&number| self.in_order[number]);
            let most = members().max_by_key(|&member| (self.usable[member].most_off, Reverse(member)));
            if let Some(most) = most.filter(|_| !members().any(|member| set.has(member))) {
                all = all.with(most);
            }
        }
        all
    }

    /// Those of the set that apply, placed lane after lane, and what they save. `goes_on` is told the most that each could
    /// take off and what it takes, and may end it.
    fn applying(&self, set: &Set<N>, mut goes_on: impl FnMut(i64, Option<i64>) -> bool) -> Saving<N> {
        let mut running = self.start.clone();
        let mut lane = None;
        let mut placed = (0, Set::EMPTY);
        for &member in self.in_order.iter().filter(|&&member| set.has(member)) {
            let usable = &self.usable[member];
            if lane.replace(usable.coupon.lane) != Some(usable.coupon.lane) {
                running.enter_lane();
            }
            let off = running.apply(usable.coupon, &usable.sellers);
            if let Some(off) = off {
                placed = (placed.0 + off, placed.1.with(member));
            }
            if !goes_on(usable.most_off, off) {
                break;
            }
        }
        placed
    }

    /// Lane after lane and place after place, the coupon that takes most off what those before left.
    fn place_by_place(&self) -> Saving<N> {
        let mut running = self.start.clone();
        let mut lane = None;
        let mut placed = (0, Set::EMPTY);
        for place in places(self.usable, &self.in_order) {
            let usable = |number: usize| &self.usable[self.in_order[number]];
            if lane.replace(usable(place[0]).coupon.lane) != Some(usable(place[0]).coupon.lane) {
                running.enter_lane();
            }
            let mut most: Option<(i64, usize, Cart<'_>)> = None;
            for &number in &place {
                let mut tried = running.clone();
                let Some(off) = tried.apply(usable(number).coupon, &usable(number).sellers) else { continue };
                if most.as_ref().is_none_or(|most| off > most.0) {
                    most = Some((off, self.in_order[number], tried));
                }
            }
            if let Some((off, member, tried)) = most {
                running = tried;
                placed = (placed.0 + off, placed.1.with(member));
            }
        }
        placed
    }
}
