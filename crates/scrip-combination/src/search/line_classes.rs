//! What platform coupons come to that contend for room: at most, by the sums of classes of lines; and exactly, by the split.

use super::{Search, choices::Choice, together::proportion};
use crate::{amounts::Amounts, coupon_set::CouponSet};

/// As many steps as a bound by sums takes, and a split.
const CLASS_STEPS: usize = 4;
const SPLIT_STEPS: usize = 12;

/// Lines that the same coupons of a choice look at are of one class. A split takes the same part of each, but for rounding, so what
/// happens to them follows from their sums.
pub(super) struct LineClasses {
    /// By class: the coupons that look at it, as bits by their number in the choice.
    coupons: Vec<u32>,
    /// What sellers without options have in each.
    fixed: Vec<i64>,
    /// What each option leaves in each, option by option.
    left: Vec<i64>,
    /// How far rounding takes the sum of any of the lines from the proportion: with the largest remainders rounded up
    /// it is at most a quarter of a minor unit per line, doubled here.
    rounding: i64,
    state: ClassState,
}

/// What one set does to the classes; kept between uses.
struct ClassState {
    /// What the coupons find in each class, what is left, and whether it takes more.
    entering: Vec<i64>,
    room: Vec<i64>,
    open: Vec<bool>,
    /// How far the rooms may be from the true ones in all.
    error: i64,
}

impl<const N: usize> Search<'_, N> {
    pub(super) fn line_classes(&mut self, choice: &Choice<N>) -> LineClasses {
        let lines = self.start.lines.left();
        let coupons_of = |line: usize| {
            let looks = |number: &usize| self.later_coupons[choice.coupons[*number]].lines.has(line);
            (0..choice.coupons.len().min(32)).filter(looks).fold(0_u32, |bits, number| bits | 1 << number)
        };
        let of_lines: Vec<u32> = (0..lines.len()).map(coupons_of).collect();
        let mut coupons = of_lines.clone();
        coupons.sort_unstable();
        coupons.dedup();
        coupons.retain(|&bits| bits != 0);
        let class_of: Vec<Option<usize>> = of_lines.iter().map(|bits| coupons.binary_search(bits).ok()).collect();
        let mut fixed = vec![0; coupons.len()];
        for (class, left) in class_of.iter().zip(lines) {
            if let Some(class) = *class {
                fixed[class] += left;
            }
        }
        let mut left = Vec::with_capacity(coupons.len() * self.bases.first().map_or(0, Vec::len));
        for seller in &self.sellers {
            for &line in &seller.lines {
                if let Some(class) = class_of[line] {
                    fixed[class] -= lines[line];
                }
            }
            for option in &seller.options {
                let first = left.len();
                left.resize(first + coupons.len(), 0);
                for (&line, amount) in seller.lines.iter().zip(&option.left) {
                    if let Some(class) = class_of[line] {
                        left[first + class] += amount;
                    }
                }
            }
        }
        let rounding = i64::try_from(lines.len() / 2 + 1).expect("at most 512");
        self.steps += 4 + left.len() / 16;
        let state =
            ClassState { entering: fixed.clone(), room: fixed.clone(), open: vec![false; fixed.len()], error: 0 };
        LineClasses { coupons, fixed, left, rounding, state }
    }

    /// What the choice's coupons take off but for rounding, and at most, with one option of each seller. `None`: one
    /// doesn't apply.
    pub(super) fn off_by_classes(
        &mut self,
        choice: &Choice<N>,
        classes: &mut LineClasses,
        picks: &[usize],
    ) -> Option<(i64, i64)> {
        self.steps += CLASS_STEPS;
        let LineClasses { coupons, fixed, left, rounding, state } = classes;
        state.entering.copy_from_slice(fixed);
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            let first = seller.options[pick].number * coupons.len();
            for (sum, left) in state.entering.iter_mut().zip(&left[first..first + coupons.len()]) {
                *sum += left;
            }
        }
        state.room.copy_from_slice(&state.entering);
        state.error = 0;
        let (mut likely, mut total) = (0, 0);
        for (number, &coupon) in choice.coupons.iter().enumerate() {
            let later = &self.later_coupons[coupon];
            let (base, there) = state.open_for(coupons, number);
            let off = later.off(base);
            if base < later.needed || later.budget.is_some_and(|budget| off.min(there - state.error) > budget) {
                return None;
            }
            let most = off.min(there + state.error);
            if most <= 0 {
                return None;
            }
            total += most;
            likely += off.min(there);
            if number + 1 < choice.coupons.len() {
                state.take(off.min(there), *rounding);
            }
        }
        Some((likely, total))
    }

    /// What the choice's coupons really take off, with one option of each seller; takes the shipping coupons out that
    /// no longer apply. `None`: one of the choice's doesn't apply.
    pub(super) fn exact_off(
        &mut self,
        choice: &Choice<N>,
        picks: &[usize],
        applying: &mut CouponSet<N>,
    ) -> Option<i64> {
        let mut trial = std::mem::take(&mut self.trial);
        trial.copy_left(&self.start.lines);
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            for (&line, left) in seller.lines.iter().zip(&seller.options[pick].left) {
                trial.find(line, *left);
            }
        }
        let at_risk = self.at_risk.iter().any(|&number| applying.has(self.later_coupons[number].member));
        let off = self.apply_all(choice, at_risk, &mut trial);
        for &number in &self.at_risk {
            let later = &self.later_coupons[number];
            if applying.has(later.member) && trial.sums(&self.usable[later.member].coupon.lines).1 < later.needed {
                *applying = applying.without(later.member);
            }
        }
        self.trial = trial;
        off
    }

    /// Applies the choice's coupons: all of them but the last, and that too if `at_risk` coupons look at what is left.
    fn apply_all(&mut self, choice: &Choice<N>, at_risk: bool, trial: &mut Amounts) -> Option<i64> {
        let mut total = 0;
        for (number, &coupon) in choice.coupons.iter().enumerate() {
            let later = &self.later_coupons[coupon];
            let lines = &self.usable[later.member].coupon.lines;
            let (base, room) = trial.sums(lines);
            let off = later.off(base).min(room);
            if base < later.needed || off == 0 || later.budget.is_some_and(|budget| off > budget) {
                return None;
            }
            total += off;
            if at_risk || number + 1 < choice.coupons.len() {
                self.steps += SPLIT_STEPS;
                trial.take(lines, off);
            }
        }
        Some(total)
    }
}

impl ClassState {
    /// Opens the classes that the coupon of this number looks at: what it found there, and what is left.
    fn open_for(&mut self, coupons: &[u32], number: usize) -> (i64, i64) {
        let (mut base, mut there) = (0, 0);
        for (class, bits) in coupons.iter().enumerate() {
            let looks = bits >> number & 1 == 1;
            if looks {
                base += self.entering[class];
                there += self.room[class];
            }
            self.open[class] = looks && self.room[class] > 0;
        }
        (base, there)
    }

    /// Takes so much from the open classes, in proportion to what was found; what finds no room goes to the others.
    fn take(&mut self, off: i64, rounding: i64) {
        let Self { entering, room, open, error } = self;
        let mut rest = off;
        let mut full = false;
        while rest > 0 {
            let whole: i64 = entering.iter().zip(&*open).filter(|(_, open)| **open).map(|(entering, _)| entering).sum();
            if whole == 0 {
                break;
            }
            let offered = rest;
            let mut any_full = false;
            for class in 0..open.len() {
                if !open[class] {
                    continue;
                }
                let part = proportion(offered, entering[class], whole);
                let taken = part.min(room[class]);
                if part >= room[class] {
                    open[class] = false;
                    any_full = true;
                }
                room[class] -= taken;
                rest -= taken;
            }
            full |= any_full;
            *error += rounding;
            if !any_full {
                break;
            }
        }
        // Whose room is misjudged gives to others what it should have taken, or the reverse.
        *error += if full { *error } else { 0 };
    }
}
