//! The sellers' options in two halves, whose pairs are looked at under the bound of the prices; what remains is
//! evaluated as an order would.

use std::cmp::Reverse;

use super::{
    Choice, Effort, Search,
    bound::{Prices, Target},
    crowd::Crowd,
    lane::Placing,
    points::{BLOCK, Block, COMPARED_MAX, Half, POINTS_MAX, Point, pick},
};
use crate::{
    set::{Set, is_better},
    shape::Shape,
};

/// As many steps as adding a set up takes.
const SET_STEPS: usize = 8;
/// Pairs that are looked at in a step, and points that are compared.
const PAIRS_IN_STEP: usize = 4;
const COMPARED_IN_STEP: usize = 24;
/// Steps for one choice; for one whose coupons leave each other too little room; and the part of a brief look.
const STEPS_MAX: usize = 9_000;
const CROWDED_STEPS_MAX: usize = 3_000;
const BRIEF: usize = 3;
/// Parts of the gap between bound and best that are looked at one after the other, if it is wider than so many minor
/// units.
const GAP_PARTS: [i64; 3] = [64, 8, 1];
const CROWDED_GAP_PARTS: [i64; 2] = [8, 1];
const NEAR: i64 = 64;
/// Points that a half may have before it is cut to its best.
const EXTENDED_MAX: usize = 16_384;
/// Points that differ by less than such a part of the gap are taken as equal.
const STEPS_OF_GAP: i64 = 2;
/// A seller's options that may be part of a set as good as the best.
struct Row {
    seller: usize,
    /// With their reduced value.
    options: Vec<(i64, usize)>,
    most_reduced: i64,
    /// The most that each target sees.
    most_seen: Vec<i64>,
}

/// A pair that only rounding could make better than the best.
struct Doubtful<const N: usize> {
    likely: i64,
    most: i64,
    of_sellers: i64,
    set: Set<N>,
    points: [usize; 2],
}

/// How far a search goes.
struct Until {
    /// The sums say what a set comes to.
    certain: bool,
    /// More saved and more left never hurts.
    monotone: bool,
    /// The least bound that is looked at, scaled.
    aim: i64,
    last_step: usize,
    /// What only rounding could make better is left for later.
    brief: bool,
}

impl<const N: usize> Search<'_, N> {
    /// Offers the best of the choice's sets. Says whether steps ran out before.
    pub(super) fn descend(&mut self, choice: &Choice<N>, prices: &Prices, effort: Effort) -> bool {
        let has_room = self.has_room(&choice.coupons);
        // Where nothing is lost and all find room, the sums say what a set comes to.
        let grows = |&coupon: &usize| self.watches[coupon].benefit.is_some_and(Shape::grows);
        let all_grow = choice.coupons.iter().all(grows);
        let certain = has_room && all_grow && self.is_settled(choice);
        // Without a budget that could be exceeded more saved and more left never hurts then.
        let monotone = certain && choice.coupons.iter().all(|&coupon| self.watches[coupon].is_within_budget());
        let mut crowd = (!has_room).then(|| self.crowd(choice));
        let most = if has_room { STEPS_MAX } else { CROWDED_STEPS_MAX };
        let most = match effort {
            Effort::Brief => most / BRIEF,
            Effort::Full => most,
            Effort::Rest => super::STEPS_MAX,
        };
        let last_step = (self.steps + most).min(super::STEPS_MAX);
        let top = prices.top();
        let gap = top - self.best.0.saturating_mul(prices.scale);
        // Near the bound first: what is found there leaves little to look at farther from it.
        let parts: &[i64] = match (gap > NEAR * prices.scale, has_room) {
            (true, true) => &GAP_PARTS,
            (true, false) => &CROWDED_GAP_PARTS,
            (false, _) => &[1],
        };
        self.unsettled = false;
        for part in parts {
            let aim = top - gap / part;
            if self.steps > last_step {
                return true;
            }
            let until = Until { certain, monotone, aim, last_step, brief: effort == Effort::Brief };
            self.combine(choice, prices, crowd.as_mut(), &until);
            if self.best.0.saturating_mul(prices.scale) >= aim && self.steps <= last_step {
                return self.unsettled;
            }
        }
        self.unsettled || self.steps > last_step
    }

    /// Offers the best of the sets whose bound is at least `aim`.
    fn combine(&mut self, choice: &Choice<N>, prices: &Prices, crowd: Option<&mut Crowd>, until: &Until) {
        let Until { monotone, aim, .. } = *until;
        let targets = prices.targets.len();
        let Some(mut rows) = self.rows(prices, aim) else { return };
        let mut halves = [Half::empty(targets), Half::empty(targets)];
        let rest = prices.constant + rows.iter().map(|row| row.most_reduced).sum::<i64>();
        let mut rest_seen: Vec<i64> = prices.targets.iter().map(|target| self.watches[target.watch].fixed).collect();
        for row in &rows {
            for (rest, seen) in rest_seen.iter_mut().zip(&row.most_seen) {
                *rest += seen;
            }
        }
        let all = (rest, rest_seen);
        let mut within = [all.clone(), all];
        for row in &mut rows {
            let smaller = usize::from(halves[1].points.len() < halves[0].points.len());
            let most = EXTENDED_MAX / halves[smaller].points.len().max(1);
            if row.options.len() > most {
                row.options.sort_by_key(|option| Reverse(option.0));
                row.options.truncate(most);
                self.ended = true;
            }
            let (half, (rest, rest_seen)) = (&mut halves[smaller], &mut within[smaller]);
            *rest -= row.most_reduced;
            for (rest, seen) in rest_seen.iter_mut().zip(&row.most_seen) {
                *rest -= seen;
            }
            self.extend(half, row, prices, aim - *rest, rest_seen);
            if monotone && half.points.len() > COMPARED_MAX {
                self.steps += half.keep_unbeaten(targets) / COMPARED_IN_STEP;
            }
            if half.points.is_empty() {
                return;
            }
            if half.points.len() > POINTS_MAX {
                self.ended = true;
                half.sort(targets);
            }
        }
        halves[0].sort(targets);
        halves[1].sort(targets);
        let top = prices.constant + halves.iter().map(|half| half.points[0].reduced).sum::<i64>();
        halves[1].sort_in_steps(targets, (top - aim).max(0) / STEPS_OF_GAP + 1);
        self.pair(choice, prices, &halves, crowd, until);
    }

    /// Each seller's options without those with which the bound is below `aim`, or that leave too little whatever the
    /// others do; most options first. `None` if a seller has none left.
    fn rows(&mut self, prices: &Prices, aim: i64) -> Option<Vec<Row>> {
        let mut most: i64 = prices.constant;
        let mut most_seen: Vec<i64> = prices.targets.iter().map(|target| self.watches[target.watch].fixed).collect();
        let mut rows: Vec<Row> = Vec::with_capacity(self.sellers.len());
        for (seller, own) in self.sellers.iter().enumerate() {
            let reduced = own.options.iter().map(|option| prices.reduced[option.number]);
            let options: Vec<(i64, usize)> = reduced.zip(0..).collect();
            let mut row = Row { seller, options, most_reduced: 0, most_seen: Vec::new() };
            self.note_most(&mut row, prices);
            most += row.most_reduced;
            most_seen.iter_mut().zip(&row.most_seen).for_each(|(most, own)| *most += own);
            rows.push(row);
        }
        self.steps += rows.iter().map(|row| row.options.len()).sum::<usize>() / 2;
        // What one seller lost another's may miss.
        let mut changed = true;
        while changed {
            changed = false;
            for row in &mut rows {
                let before = row.options.len();
                let options = &self.sellers[row.seller].options;
                row.options.retain(|&(reduced, place)| {
                    most - row.most_reduced + reduced >= aim
                        && prices
                            .targets
                            .iter()
                            .zip(&most_seen)
                            .zip(&row.most_seen)
                            .all(|((target, most), own)| most - own + options[place].bases[target.watch] >= target.low)
                });
                if row.options.len() == before {
                    continue;
                }
                if row.options.is_empty() {
                    return None;
                }
                changed = true;
                most -= row.most_reduced;
                most_seen.iter_mut().zip(&row.most_seen).for_each(|(most, own)| *most -= own);
                self.note_most(row, prices);
                most += row.most_reduced;
                most_seen.iter_mut().zip(&row.most_seen).for_each(|(most, own)| *most += own);
            }
        }
        if most < aim {
            return None;
        }
        rows.sort_by_key(|row| Reverse(row.options.len()));
        Some(rows)
    }

    fn note_most(&self, row: &mut Row, prices: &Prices) {
        let options = &self.sellers[row.seller].options;
        row.most_reduced = row.options.iter().map(|option| option.0).max().unwrap_or(0);
        let seen = |target: &Target| {
            row.options.iter().map(|&(_, place)| options[place].bases[target.watch]).max().unwrap_or(0)
        };
        row.most_seen = prices.targets.iter().map(seen).collect();
    }

    /// Each point with each option of one more seller. `least`: the least reduced value that others can make up for.
    fn extend(&mut self, half: &mut Half<N>, row: &Row, prices: &Prices, least: i64, rest_seen: &[i64]) {
        let targets = prices.targets.len();
        let most = half.points.len() * row.options.len();
        let mut larger = Half {
            sellers: half.sellers.clone(),
            points: Vec::with_capacity(most),
            seen: Vec::with_capacity(most * targets),
            picks: Vec::with_capacity(most * (half.sellers.len() + 1)),
        };
        larger.sellers.push(row.seller);
        let options = &self.sellers[row.seller].options;
        for (place, point) in half.points.iter().enumerate() {
            let seen = half.seen(place, targets);
            for &(reduced, pick) in &row.options {
                let reduced = point.reduced + reduced;
                let option = &options[pick];
                let reaches = prices
                    .targets
                    .iter()
                    .zip(seen)
                    .zip(rest_seen)
                    .all(|((target, seen), rest)| seen + option.bases[target.watch] + rest >= target.low);
                if reduced < least || !reaches {
                    continue;
                }
                larger.points.push(Point {
                    reduced,
                    saved: point.saved + option.saved,
                    set: point.set.and(&option.set),
                    lost: point.lost.and(&option.lost),
                });
                larger
                    .seen
                    .extend(prices.targets.iter().zip(seen).map(|(target, seen)| seen + option.bases[target.watch]));
                larger.picks.extend_from_slice(half.picks(place));
                larger.picks.push(u16::try_from(pick).expect("a seller has few options"));
            }
        }
        self.steps += (half.points.len() * row.options.len()).div_ceil(2);
        *half = larger;
    }

    /// Every pair of points that may be as good as the best.
    fn pair(
        &mut self,
        choice: &Choice<N>,
        prices: &Prices,
        [one, other]: &[Half<N>; 2],
        mut crowd: Option<&mut Crowd>,
        until: &Until,
    ) {
        let Until { certain, aim, last_step, brief, .. } = *until;
        let targets = prices.targets.len();
        let members = choice.coupons.iter().fold(Set::EMPTY, |set, &number| set.with(self.watches[number].member));
        let shipping = self.shipping.best(&choice.shipping);
        let blocks = other.blocks(targets);
        let runs: Vec<Block> = blocks.chunks(BLOCK).map(Block::most).collect();
        // From each run on.
        let mut most_reduced: Vec<i64> = runs.iter().map(|run| run.reduced).collect();
        for run in (1..runs.len()).rev() {
            most_reduced[run - 1] = most_reduced[run - 1].max(most_reduced[run]);
        }
        let coupons = u32::try_from(choice.coupons.len()).expect("at most one per place");
        // What saves less is for a later look.
        let floor = aim.div_euclid(prices.scale);
        let mut picks = vec![0; self.sellers.len()];
        let mut doubtful: Vec<Doubtful<N>> = Vec::new();
        let mut left_open = false;
        let mut looked = 0;
        for (own, point) in one.points.iter().enumerate() {
            let bound = prices.constant + point.reduced;
            if bound + most_reduced[0] < self.least(prices, aim) || self.steps > last_step {
                break;
            }
            let mut passed = 0;
            let base: Vec<i64> = prices
                .targets
                .iter()
                .zip(one.seen(own, targets))
                .map(|(target, seen)| self.watches[target.watch].fixed + seen)
                .collect();
            let may_matter = |search: &Self, block: &Block| {
                bound + block.reduced >= search.least(prices, aim)
                    && search
                        .off(prices, &base, &block.seen, true)
                        .is_some_and(|off| point.saved + block.saved + off + choice.shipping_saved >= search.best.0)
            };
            for (number, block) in blocks.iter().enumerate() {
                let run = number / BLOCK;
                if number % BLOCK == 0 {
                    looked += 1;
                    if bound + most_reduced[run] < self.least(prices, aim) {
                        break;
                    }
                    if !may_matter(self, &runs[run]) {
                        passed = number + BLOCK;
                    }
                }
                if number < passed {
                    continue;
                }
                looked += 1;
                if !may_matter(self, block) {
                    continue;
                }
                let first = number * BLOCK;
                for place in first..(first + BLOCK).min(other.points.len()) {
                    let theirs = &other.points[place];
                    if bound + theirs.reduced < self.least(prices, aim) {
                        continue;
                    }
                    looked += 1;
                    let Some(off) = self.off(prices, &base, other.seen(place, targets), false) else { continue };
                    let saved = point.saved + theirs.saved + off + choice.shipping_saved;
                    let count = point.set.count() + theirs.set.count() + coupons;
                    if saved < floor.max(self.best.0) || saved == self.best.0 && count > self.best.1.count() {
                        continue;
                    }
                    let lost = point.lost.and(&theirs.lost);
                    let mut in_shipping = shipping;
                    if lost.count() > 0 {
                        in_shipping = self.shipping.best(&lost.members().fold(choice.shipping, Set::without));
                        if saved - choice.shipping_saved + in_shipping.0 < self.best.0 {
                            continue;
                        }
                    }
                    let set = members.and(&point.set).and(&theirs.set);
                    if certain {
                        self.offer((saved - choice.shipping_saved + in_shipping.0, set.and(&in_shipping.1)));
                        continue;
                    }
                    pick(&mut picks, [(one, own), (other, place)]);
                    let Some(crowd) = &mut crowd else {
                        self.evaluate(choice, &picks);
                        continue;
                    };
                    let of_sellers = point.saved + theirs.saved;
                    let Some((likely, most)) = self.crowded_off(choice, crowd, &picks) else { continue };
                    let most = of_sellers + most + choice.shipping_saved;
                    if most < floor || !is_better(&(most, set), &self.best) {
                        continue;
                    }
                    let likely = of_sellers + likely + choice.shipping_saved;
                    if likely > self.best.0 {
                        self.settle(choice, &picks, of_sellers, &set);
                    } else if brief {
                        left_open = true;
                    } else {
                        doubtful.push(Doubtful { likely, most, of_sellers, set, points: [own, place] });
                    }
                }
            }
            self.steps += looked / PAIRS_IN_STEP;
            looked %= PAIRS_IN_STEP;
        }
        if left_open {
            // As if steps had run out.
            self.unsettled = true;
        }
        // Only rounding could make these better than the best.
        doubtful.sort_by_key(|pair| (Reverse(pair.likely), pair.set.count()));
        for pair in doubtful {
            if self.steps > last_step {
                break;
            }
            if is_better(&(pair.most, pair.set), &self.best) {
                pick(&mut picks, [(one, pair.points[0]), (other, pair.points[1])]);
                self.settle(choice, &picks, pair.of_sellers, &pair.set);
            }
        }
    }

    /// Offers what the choice with one option of each seller exactly comes to.
    fn settle(&mut self, choice: &Choice<N>, picks: &[usize], of_sellers: i64, set: &Set<N>) {
        let mut applying = choice.shipping;
        if let Some(off) = self.exact_off(choice, picks, &mut applying) {
            let in_shipping = self.shipping.best(&applying);
            self.offer((of_sellers + off + in_shipping.0, set.and(&in_shipping.1)));
        }
    }

    /// The least bound that still matters.
    fn least(&self, prices: &Prices, aim: i64) -> i64 {
        aim.max(self.best.0.saturating_mul(prices.scale))
    }

    /// What the choice's coupons take off if all find room. `None`: one doesn't apply. With `at_most`, sums too large
    /// for a budget pass: what is asked is the most of smaller ones.
    fn off(&self, prices: &Prices, base: &[i64], more: &[i64], at_most: bool) -> Option<i64> {
        let mut off = 0;
        for ((target, base), more) in prices.targets.iter().zip(base).zip(more) {
            let base = base + more;
            if base < target.low || base > target.high && !at_most {
                return None;
            }
            for &coupon in &target.coupons {
                let watch = &self.watches[coupon];
                let own = if at_most { watch.most_of(base) } else { watch.off(base) };
                let own = own.min(watch.budget.unwrap_or(i64::MAX));
                if own == 0 && !at_most {
                    return None;
                }
                off += own;
            }
        }
        Some(off)
    }

    /// Offers what the choice with one option of each seller comes to, if it applies.
    pub(super) fn evaluate(&mut self, choice: &Choice<N>, picks: &[usize]) {
        self.steps += SET_STEPS;
        let mut saved = 0;
        let mut set = Set::EMPTY;
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            saved += seller.options[pick].saved;
            set = set.and(&seller.options[pick].set);
        }
        let base = |search: &Self, watch: usize| {
            let of_sellers = search.sellers.iter().zip(picks).map(|(seller, &pick)| seller.options[pick].bases[watch]);
            search.watches[watch].fixed + of_sellers.sum::<i64>()
        };
        let mut offs = Vec::with_capacity(choice.coupons.len());
        for &number in &choice.coupons {
            let watch = &self.watches[number];
            let base = base(self, number);
            let own = watch.off(base);
            if base < watch.needed || own == 0 {
                return;
            }
            offs.push(Placing { watch: number, base, off: own });
            set = set.with(watch.member);
        }
        let most: i64 = offs.iter().map(|placing| placing.off).sum();
        if saved + most + choice.shipping_saved < self.best.0 {
            return;
        }
        let placed = self.placed(&offs, picks);
        let mut off = placed.at_most();
        if placed.exceeds(&self.watches) || saved + off + choice.shipping_saved < self.best.0 {
            return;
        }
        let mut uncertain = !placed.is_all();
        let mut applying = choice.shipping;
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            if !applying.has(watch.member) {
                continue;
            }
            let base = base(self, number);
            let (taken_at_least, taken_at_most) = self.taken(&placed, number, picks);
            if base - taken_at_least < watch.needed {
                applying = applying.without(watch.member);
            } else {
                uncertain |= base - taken_at_most < watch.needed;
            }
        }
        if !is_better(&(saved + off + self.shipping.best(&applying).0, set), &self.best) {
            return;
        }
        if uncertain {
            // The split decides.
            let Some(exact) = self.exact_off(choice, picks, &mut applying) else { return };
            off = exact;
        }
        let shipping = self.shipping.best(&applying);
        self.offer((saved + off + shipping.0, set.and(&shipping.1)));
    }
}
