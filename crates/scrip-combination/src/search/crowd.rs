//! What platform coupons come to that leave each other too little room: at most, by sums; and exactly, by the split.

use super::{Choice, Search, lane::share};
use crate::{amounts::Amounts, set::Set};

/// As many steps as a bound by sums takes, and a split.
const CROWD_STEPS: usize = 4;
const SPLIT_STEPS: usize = 12;

/// Lines that the same coupons of a choice look at. A split takes the same share of each, but for rounding, so what
/// happens to them follows from their sums.
pub(super) struct Crowd {
    /// By group of lines: the coupons that look at it, as bits by their place in the choice.
    groups: Vec<u32>,
    /// What sellers without options have in each.
    fixed: Vec<i64>,
    /// What each option leaves in each, option by option.
    left: Vec<i64>,
    /// How far rounding takes the sum of any of the lines from the proportion: with the largest remainders rounded up
    /// it is at most a quarter of a minor unit per line, doubled here.
    rounding: i64,
    /// Between uses: what the coupons find in each group, what is left, and whether it takes more.
    entering: Vec<i64>,
    room: Vec<i64>,
    open: Vec<bool>,
}

impl<const N: usize> Search<'_, N> {
    pub(super) fn crowd(&mut self, choice: &Choice<N>) -> Crowd {
        let lines = self.start.lines.left();
        let coupons_of = |line: usize| {
            let looks = |place: &usize| self.watches[choice.coupons[*place]].lines.has(line);
            (0..choice.coupons.len().min(32)).filter(looks).fold(0_u32, |bits, place| bits | 1 << place)
        };
        let of_lines: Vec<u32> = (0..lines.len()).map(coupons_of).collect();
        let mut groups = of_lines.clone();
        groups.sort_unstable();
        groups.dedup();
        groups.retain(|&bits| bits != 0);
        let group_of: Vec<Option<usize>> = of_lines.iter().map(|bits| groups.binary_search(bits).ok()).collect();
        let mut fixed = vec![0; groups.len()];
        for (group, left) in group_of.iter().zip(lines) {
            if let Some(group) = *group {
                fixed[group] += left;
            }
        }
        let mut left = Vec::with_capacity(groups.len() * self.bases.first().map_or(0, Vec::len));
        for seller in &self.sellers {
            for &line in &seller.lines {
                if let Some(group) = group_of[line] {
                    fixed[group] -= lines[line];
                }
            }
            for option in &seller.options {
                let first = left.len();
                left.resize(first + groups.len(), 0);
                for (&line, amount) in seller.lines.iter().zip(&option.left) {
                    if let Some(group) = group_of[line] {
                        left[first + group] += amount;
                    }
                }
            }
        }
        self.steps += 4 + left.len() / 16;
        Crowd {
            entering: fixed.clone(),
            room: fixed.clone(),
            open: vec![false; fixed.len()],
            groups,
            fixed,
            left,
            rounding: i64::try_from(lines.len() / 2 + 1).expect("at most 500"),
        }
    }

    /// What the choice's coupons take off but for rounding, and at most, with one option of each seller. `None`: one
    /// doesn't apply.
    pub(super) fn crowded_off(&mut self, choice: &Choice<N>, crowd: &mut Crowd, picks: &[usize]) -> Option<(i64, i64)> {
        self.steps += CROWD_STEPS;
        let Crowd { groups, fixed, left, rounding, entering, room, open } = crowd;
        entering.copy_from_slice(fixed);
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            let first = seller.options[pick].number * groups.len();
            for (sum, left) in entering.iter_mut().zip(&left[first..first + groups.len()]) {
                *sum += left;
            }
        }
        room.copy_from_slice(entering);
        // How far the rooms may be from the true ones in all.
        let mut error = 0;
        let (mut likely, mut total) = (0, 0);
        for (place, &number) in choice.coupons.iter().enumerate() {
            let watch = &self.watches[number];
            let (mut base, mut there) = (0, 0);
            for (group, bits) in groups.iter().enumerate() {
                let looks = bits >> place & 1 == 1;
                if looks {
                    base += entering[group];
                    there += room[group];
                }
                open[group] = looks && room[group] > 0;
            }
            let off = watch.off(base);
            if base < watch.needed || watch.budget.is_some_and(|budget| off.min(there - error) > budget) {
                return None;
            }
            let most = off.min(there + error);
            if most <= 0 {
                return None;
            }
            total += most;
            likely += off.min(there);
            if place + 1 == choice.coupons.len() {
                break;
            }
            // In proportion to what was entered with; what finds no room goes to the others.
            let mut rest = off.min(there);
            let mut full = false;
            while rest > 0 {
                let whole: i64 =
                    entering.iter().zip(&*open).filter(|(_, open)| **open).map(|(entering, _)| entering).sum();
                if whole == 0 {
                    break;
                }
                let offered = rest;
                let mut any_full = false;
                for group in 0..open.len() {
                    if open[group] {
                        let part = share(offered, entering[group], whole);
                        let placed = part.min(room[group]);
                        if part >= room[group] {
                            open[group] = false;
                            any_full = true;
                        }
                        room[group] -= placed;
                        rest -= placed;
                    }
                }
                full |= any_full;
                error += *rounding;
                if !any_full {
                    break;
                }
            }
            // Whose room is misjudged gives to others what it should have taken, or the reverse.
            error += if full { error } else { 0 };
        }
        Some((likely, total))
    }

    /// What the choice's coupons really take off, with one option of each seller; takes the shipping coupons out that
    /// no longer apply. `None`: one of the choice's doesn't apply.
    pub(super) fn exact_off(&mut self, choice: &Choice<N>, picks: &[usize], applying: &mut Set<N>) -> Option<i64> {
        let mut split = std::mem::take(&mut self.split);
        split.copy_left(&self.start.lines);
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            for (&line, left) in seller.lines.iter().zip(&seller.options[pick].left) {
                split.find(line, *left);
            }
        }
        let watched = self.doubtful.iter().any(|&number| applying.has(self.watches[number].member));
        let off = self.place_all(choice, watched, &mut split);
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            let base = |split: &Amounts| {
                self.usable[watch.member].coupon.lines.iter().map(|&line| split.left()[line]).sum::<i64>()
            };
            if applying.has(watch.member) && base(&split) < watch.needed {
                *applying = applying.without(watch.member);
            }
        }
        self.split = split;
        off
    }

    fn place_all(&mut self, choice: &Choice<N>, watched: bool, split: &mut Amounts) -> Option<i64> {
        let mut total = 0;
        for (place, &number) in choice.coupons.iter().enumerate() {
            let watch = &self.watches[number];
            let lines = &self.usable[watch.member].coupon.lines;
            let (base, room) = split.sums(lines);
            let off = watch.off(base).min(room);
            if base < watch.needed || off == 0 || watch.budget.is_some_and(|budget| off > budget) {
                return None;
            }
            total += off;
            if watched || place + 1 < choice.coupons.len() {
                self.steps += SPLIT_STEPS;
                split.take(lines, off);
            }
        }
        Some(total)
    }
}
