//! The rules on plain figures, written anew from the order of application, and every set tried by them. Shares nothing with the
//! crate but the question.

#![allow(dead_code, reason = "each test uses a part")]

use std::cmp::Reverse;

use scrip_combination::{Coupon, Lane, MinimumBase, Problem, Shape};

#[derive(Clone)]
pub struct Left {
    lines: Vec<i64>,
    shipping: Vec<i64>,
}

pub struct Rules<'a>(pub &'a Problem);

impl Rules<'_> {
    fn start(&self) -> Left {
        Left { lines: self.0.lines.iter().map(|line| line.amount).collect(), shipping: self.0.shipping.clone() }
    }

    fn coupon(&self, index: usize) -> &Coupon {
        &self.0.coupons[index]
    }

    /// Step 2: one per lane, seller and group; an exclusive one alone.
    fn exclude_each_other(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.coupon(a), self.coupon(b));
        a.exclusive || b.exclusive || (a.lane, a.seller, a.group) == (b.lane, b.seller, b.group)
    }

    /// Step 1: lane after lane, in each in the order of application.
    fn in_lanes(&self, set: &[usize]) -> [Vec<usize>; 3] {
        [Lane::Seller, Lane::Platform, Lane::Shipping].map(|lane| {
            let mut of_lane: Vec<usize> = set.iter().copied().filter(|&c| self.coupon(c).lane == lane).collect();
            of_lane.sort_by_key(|&c| self.coupon(c).order);
            of_lane
        })
    }

    /// What the set takes off; `None` if one of it doesn't apply.
    pub fn saving(&self, set: &[usize]) -> Option<i64> {
        let mut cart = self.start();
        let mut total = 0;
        for of_lane in self.in_lanes(set) {
            let entering = cart.clone();
            for coupon in of_lane {
                total += self.apply(&mut cart, &entering, coupon)?;
            }
        }
        Some(total)
    }

    /// Those of the set that apply beside the ones before them, and what they take off.
    pub fn applying(&self, set: &[usize]) -> i64 {
        let mut cart = self.start();
        let mut total = 0;
        for of_lane in self.in_lanes(set) {
            let entering = cart.clone();
            total += of_lane.into_iter().filter_map(|c| self.apply(&mut cart, &entering, c)).sum::<i64>();
        }
        total
    }

    fn apply(&self, cart: &mut Left, entering: &Left, coupon: usize) -> Option<i64> {
        let coupon = self.coupon(coupon);
        let goods: i64 = coupon.lines.iter().map(|&line| entering.lines[line]).sum();
        if let Some(minimum) = coupon.minimum {
            let amount = match minimum.base {
                MinimumBase::BeforeDiscounts => coupon.lines.iter().map(|&line| self.0.lines[line].amount).sum(),
                MinimumBase::OnEnteringTheLane => goods,
            };
            if amount < minimum.needed {
                return None;
            }
        }
        let (weights, room): (&[i64], &mut [i64]) = if coupon.lane == Lane::Shipping {
            (&entering.shipping, &mut cart.shipping)
        } else {
            (&entering.lines, &mut cart.lines)
        };
        let mut of: Vec<usize> = match coupon.lane {
            Lane::Shipping => coupon.lines.iter().map(|&line| self.0.lines[line].seller).collect(),
            _ => coupon.lines.clone(),
        };
        of.sort_unstable();
        of.dedup();
        let base: i64 = of.iter().map(|&index| weights[index]).sum();
        let mut left = off(&coupon.shape, base);
        let room_before: i64 = room.iter().sum();
        // Step 4: in proportion, largest remainder, what finds no room goes to the others.
        while left > 0 {
            of.retain(|&index| weights[index] > 0 && room[index] > 0);
            if of.is_empty() {
                break;
            }
            let whole: i128 = of.iter().map(|&index| i128::from(weights[index])).sum();
            let share = |index: usize| i128::from(left) * i128::from(weights[index]);
            let mut parts: Vec<(usize, i64)> =
                of.iter().map(|&index| (index, i64::try_from(share(index) / whole).expect("a part"))).collect();
            let mut over = left - parts.iter().map(|part| part.1).sum::<i64>();
            let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
            by_remainder.sort_by_key(|&i| (Reverse(share(parts[i].0) % whole), parts[i].0));
            for i in by_remainder {
                if over > 0 {
                    parts[i].1 += 1;
                    over -= 1;
                }
            }
            for (index, part) in parts {
                let taken = part.min(room[index]);
                room[index] -= taken;
                left -= taken;
            }
        }
        let taken = room_before - room.iter().sum::<i64>();
        (taken > 0 && coupon.budget.is_none_or(|budget| taken <= budget)).then_some(taken)
    }

    /// Of every set that may be: the largest saving, then fewer coupons, then the earlier ones.
    pub fn best(&self) -> (i64, Vec<usize>) {
        let mut best = (0, Vec::new());
        self.try_all(&mut Vec::new(), 0, &mut best);
        best
    }

    fn try_all(&self, chosen: &mut Vec<usize>, from: usize, best: &mut (i64, Vec<usize>)) {
        for next in from..self.0.coupons.len() {
            if chosen.iter().any(|&other| self.exclude_each_other(other, next)) {
                continue;
            }
            chosen.push(next);
            // A set with one that doesn't apply is the smaller set; a larger one may still apply, for a coupon that
            // exceeds its budget alone may not on what others leave.
            if let Some(saving) = self.saving(chosen)
                && (Reverse(saving), chosen.len(), &*chosen) < (Reverse(best.0), best.1.len(), &best.1)
            {
                *best = (saving, chosen.clone());
            }
            self.try_all(chosen, next + 1, best);
            chosen.pop();
        }
    }

    /// Of each slot the coupon that takes most off the cart alone.
    pub fn all_together(&self) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::new();
        for coupon in 0..self.0.coupons.len() {
            let alone = |c: usize| self.saving(&[c]).unwrap_or(0);
            if self.coupon(coupon).exclusive || alone(coupon) == 0 {
                continue;
            }
            match all.iter_mut().find(|other| self.exclude_each_other(**other, coupon)) {
                Some(other) if alone(*other) < alone(coupon) => *other = coupon,
                Some(_) => {}
                None => all.push(coupon),
            }
        }
        all
    }

    /// The most that the set saves with one coupon more, less, or in place of those that it excludes.
    pub fn with_one_change(&self, set: &[usize]) -> i64 {
        let changed = |c: usize| -> Vec<usize> {
            if set.contains(&c) {
                return set.iter().copied().filter(|&other| other != c).collect();
            }
            let others = set.iter().copied().filter(|&other| !self.exclude_each_other(other, c));
            others.chain([c]).collect()
        };
        let shared = (0..self.0.coupons.len()).filter(|&c| !self.coupon(c).exclusive);
        shared.map(|c| self.applying(&changed(c))).max().unwrap_or(0)
    }

    /// Lane after lane, slot after slot, whatever takes most off what is there; or one exclusive coupon, if that is more.
    pub fn greedy(&self) -> i64 {
        let mut cart = self.start();
        let mut total = 0;
        let shared: Vec<usize> = (0..self.0.coupons.len()).filter(|&c| !self.coupon(c).exclusive).collect();
        for mut open in self.in_lanes(&shared) {
            let entering = cart.clone();
            while let Some(&first) = open.first() {
                let (slot, rest): (Vec<usize>, Vec<usize>) =
                    open.into_iter().partition(|&c| self.exclude_each_other(c, first));
                open = rest;
                let trial = |&c: &usize| self.apply(&mut cart.clone(), &entering, c).map(|saving| (saving, c));
                if let Some((saving, taken)) = slot.iter().filter_map(trial).max() {
                    self.apply(&mut cart, &entering, taken);
                    total += saving;
                }
            }
        }
        let alone = |c: usize| self.coupon(c).exclusive.then(|| self.saving(&[c])).flatten();
        (0..self.0.coupons.len()).filter_map(alone).max().unwrap_or(0).max(total)
    }
}

/// Step 3: basis points, half up, once; then the cap; then never more than the base.
fn off(shape: &Shape, base: i64) -> i64 {
    let off = match shape {
        Shape::Amount(amount) => *amount,
        Shape::Percent { basis_points, cap } => {
            let tenthousandths = i128::from(base) * i128::from(*basis_points);
            i64::try_from((tenthousandths + 5_000) / 10_000).expect("a part").min(*cap)
        }
        Shape::Tiers(tiers) => {
            tiers.iter().filter(|tier| base > tier.over).map(|tier| tier.amount).next_back().unwrap_or(0)
        }
        Shape::Opaque(_) => shape.off(base),
    };
    off.min(base)
}
