//! One choice searched under its bound: options that can't be part of a set as good as the best are cut off, the rest combined into
//! two sides whose pairs are looked at.
//!
//! [`STEPS_MAX`] bounds one choice, [`EXTENDED_MAX`] a side while it is built. Where a limit leaves anything out, the search says
//! so.

use std::cmp::Reverse;

use super::{
    Effort, Search,
    choices::Choice,
    couplings::Coupling,
    line_classes::LineClasses,
    partials::{COMPARED_MAX, PARTIALS_MAX, Partial, Side},
    relaxation::Relaxation,
};
use crate::shape::Shape;

/// Partials that are compared in a step.
const COMPARED_IN_STEP: usize = 24;
/// Steps for one choice; for one whose coupons contend for room; and the part of a brief look.
const STEPS_MAX: usize = 9_000;
const CONTENDED_STEPS_MAX: usize = 3_000;
const BRIEF: usize = 3;
/// Parts of the gap between bound and best that are looked at one after the other, if it is wider than so many minor
/// units.
const GAP_PARTS: [i64; 3] = [64, 8, 1];
const CONTENDED_GAP_PARTS: [i64; 2] = [8, 1];
const NEAR: i64 = 64;
/// Partials that a side may have before it is cut to its best.
const EXTENDED_MAX: usize = 16_384;
/// Partials that differ by less than such a part of the gap are taken as equal.
const STEPS_OF_GAP: i64 = 2;

/// A seller's options that may be part of a set as good as the best.
struct OpenOptions {
    /// By index in `Search::sellers`.
    seller: usize,
    /// With their reduced value, by index among the seller's.
    options: Vec<(i64, usize)>,
    most: Most,
}

/// The most that some sellers' options may add.
#[derive(Clone, Default)]
struct Most {
    reduced: i64,
    /// To the sum of each coupling.
    seen: Vec<i64>,
}

/// How far a search goes.
pub(super) struct Until {
    /// The sums say what a set comes to.
    pub certain: bool,
    /// More saved and more left never hurts.
    monotone: bool,
    /// The least bound that is looked at, scaled.
    pub aim: i64,
    pub last_step: usize,
    /// What only rounding could make better is left for later.
    pub brief: bool,
}

impl Most {
    fn add(&mut self, other: &Self) {
        self.reduced += other.reduced;
        self.seen.iter_mut().zip(&other.seen).for_each(|(sum, seen)| *sum += seen);
    }

    fn take_away(&mut self, other: &Self) {
        self.reduced -= other.reduced;
        self.seen.iter_mut().zip(&other.seen).for_each(|(sum, seen)| *sum -= seen);
    }
}

impl<const N: usize> Search<'_, N> {
    /// Offers the best of the choice's sets. Says whether steps ran out before.
    pub(super) fn branch_and_bound(&mut self, choice: &Choice<N>, relaxation: &Relaxation, effort: Effort) -> bool {
        let has_room = self.has_room(&choice.coupons);
        let grows = |&coupon: &usize| self.later_coupons[coupon].shape.is_some_and(Shape::grows);
        // Where nothing is lost and all find room, the sums say what a set comes to.
        let certain = has_room && choice.coupons.iter().all(grows) && self.losses_are_known(choice);
        // Without a budget that could be exceeded more saved and more left never hurts then.
        let monotone = certain && choice.coupons.iter().all(|&coupon| self.later_coupons[coupon].is_within_budget());
        let mut classes = (!has_room).then(|| self.line_classes(choice));
        let most = if has_room { STEPS_MAX } else { CONTENDED_STEPS_MAX };
        let most = match effort {
            Effort::Brief => most / BRIEF,
            Effort::Full => most,
            Effort::Rest => super::STEPS_MAX,
        };
        let last_step = (self.steps + most).min(super::STEPS_MAX);
        let top = relaxation.scaled_bound();
        let gap = top - self.best.0.saturating_mul(relaxation.scale);
        // Near the bound first: what is found there leaves little to look at farther from it.
        let parts: &[i64] = match (gap > NEAR * relaxation.scale, has_room) {
            (true, true) => &GAP_PARTS,
            (true, false) => &CONTENDED_GAP_PARTS,
            (false, _) => &[1],
        };
        self.left_open = false;
        for part in parts {
            let aim = top - gap / part;
            if self.steps > last_step {
                return true;
            }
            let until = Until { certain, monotone, aim, last_step, brief: effort == Effort::Brief };
            self.combine(choice, relaxation, classes.as_mut(), &until);
            if self.best.0.saturating_mul(relaxation.scale) >= aim && self.steps <= last_step {
                return self.left_open;
            }
        }
        self.left_open || self.steps > last_step
    }

    /// Offers the best of the sets whose bound is at least `aim`.
    fn combine(
        &mut self,
        choice: &Choice<N>,
        relaxation: &Relaxation,
        classes: Option<&mut LineClasses>,
        until: &Until,
    ) {
        let couplings = relaxation.couplings.len();
        let Some(open) = self.open_options(relaxation, until.aim) else { return };
        let Some(mut sides) = self.sides(open, relaxation, until) else { return };
        sides.iter_mut().for_each(|side| side.sort(couplings));
        let top = relaxation.constant + sides.iter().map(|side| side.partials[0].reduced).sum::<i64>();
        sides[1].sort_in_steps(couplings, (top - until.aim).max(0) / STEPS_OF_GAP + 1);
        self.join(choice, relaxation, &sides, classes, until);
    }

    /// The sellers' options combined into two sides of like size. `None` if a side has nothing with a bound of `aim` or more.
    fn sides(&mut self, open: Vec<OpenOptions>, relaxation: &Relaxation, until: &Until) -> Option<[Side<N>; 2]> {
        let couplings = relaxation.couplings.len();
        let mut sides = [Side::empty(couplings), Side::empty(couplings)];
        // What each side's partials and all sellers not yet in it may add up to.
        let mut all = self.most_of_nobody(relaxation);
        open.iter().for_each(|own| all.add(&own.most));
        let mut rest = [all.clone(), all];
        for mut own in open {
            let smaller = usize::from(sides[1].partials.len() < sides[0].partials.len());
            let most = EXTENDED_MAX / sides[smaller].partials.len().max(1);
            if own.options.len() > most {
                own.options.sort_by_key(|option| Reverse(option.0));
                own.options.truncate(most);
                self.ended = true;
            }
            let (side, rest) = (&mut sides[smaller], &mut rest[smaller]);
            rest.take_away(&own.most);
            self.extend(side, &own, relaxation, until.aim, rest);
            if until.monotone && side.partials.len() > COMPARED_MAX {
                self.steps += side.keep_pareto_front(couplings) / COMPARED_IN_STEP;
            }
            if side.partials.is_empty() {
                return None;
            }
            if side.partials.len() > PARTIALS_MAX {
                self.ended = true;
                side.sort(couplings);
            }
        }
        Some(sides)
    }

    /// Each seller's options without those with which the bound is below `aim`, or that leave too little whatever the
    /// others do; most options first. `None` if a seller has none left.
    fn open_options(&mut self, relaxation: &Relaxation, aim: i64) -> Option<Vec<OpenOptions>> {
        let mut all = self.most_of_nobody(relaxation);
        let mut open: Vec<OpenOptions> = Vec::with_capacity(self.sellers.len());
        for (seller, own) in self.sellers.iter().enumerate() {
            let reduced = own.options.iter().map(|option| relaxation.reduced[option.number]);
            let options: Vec<(i64, usize)> = reduced.zip(0..).collect();
            let most = self.most_of(seller, &options, relaxation);
            all.add(&most);
            open.push(OpenOptions { seller, options, most });
        }
        self.steps += open.iter().map(|own| own.options.len()).sum::<usize>() / 2;
        // What one seller lost another's may miss.
        while self.cut_off(&mut open, &mut all, relaxation, aim)? {}
        if all.reduced < aim {
            return None;
        }
        open.sort_by_key(|own| Reverse(own.options.len()));
        Some(open)
    }

    /// Cuts options off once, seller by seller. Says whether any was; `None` if a seller has none left.
    fn cut_off(&self, open: &mut [OpenOptions], all: &mut Most, relaxation: &Relaxation, aim: i64) -> Option<bool> {
        let mut changed = false;
        for own in open {
            let before = own.options.len();
            let options = &self.sellers[own.seller].options;
            let most = &own.most;
            own.options.retain(|&(reduced, index)| {
                let reaches = |((coupling, all), own): ((&Coupling, &i64), &i64)| {
                    all - own + options[index].bases[coupling.later] >= coupling.low
                };
                all.reduced - most.reduced + reduced >= aim
                    && relaxation.couplings.iter().zip(&all.seen).zip(&most.seen).all(reaches)
            });
            if own.options.len() == before {
                continue;
            }
            if own.options.is_empty() {
                return None;
            }
            changed = true;
            all.take_away(&own.most);
            own.most = self.most_of(own.seller, &own.options, relaxation);
            all.add(&own.most);
        }
        Some(changed)
    }

    /// What there is without any seller that has options.
    fn most_of_nobody(&self, relaxation: &Relaxation) -> Most {
        let fixed = |coupling: &Coupling| self.later_coupons[coupling.later].fixed;
        Most { reduced: relaxation.constant, seen: relaxation.couplings.iter().map(fixed).collect() }
    }

    fn most_of(&self, seller: usize, open: &[(i64, usize)], relaxation: &Relaxation) -> Most {
        let options = &self.sellers[seller].options;
        let seen = |coupling: &Coupling| {
            open.iter().map(|&(_, index)| options[index].bases[coupling.later]).max().unwrap_or(0)
        };
        Most {
            reduced: open.iter().map(|option| option.0).max().unwrap_or(0),
            seen: relaxation.couplings.iter().map(seen).collect(),
        }
    }

    /// Each partial with each option of one more seller, as far as with `rest`, the most that others add, it may reach `aim` and what
    /// each coupling needs.
    fn extend(&mut self, side: &mut Side<N>, own: &OpenOptions, relaxation: &Relaxation, aim: i64, rest: &Most) {
        let couplings = relaxation.couplings.len();
        let most = side.partials.len() * own.options.len();
        let mut larger = Side {
            sellers: side.sellers.clone(),
            partials: Vec::with_capacity(most),
            seen: Vec::with_capacity(most * couplings),
            picks: Vec::with_capacity(most * (side.sellers.len() + 1)),
        };
        larger.sellers.push(own.seller);
        let options = &self.sellers[own.seller].options;
        let least = aim - rest.reduced;
        for (number, partial) in side.partials.iter().enumerate() {
            let seen = side.seen(number, couplings);
            for &(reduced, index) in &own.options {
                let reduced = partial.reduced + reduced;
                let option = &options[index];
                let reaches = |((coupling, seen), rest): ((&Coupling, &i64), &i64)| {
                    seen + option.bases[coupling.later] + rest >= coupling.low
                };
                if reduced < least || !relaxation.couplings.iter().zip(seen).zip(&rest.seen).all(reaches) {
                    continue;
                }
                larger.partials.push(Partial {
                    reduced,
                    saved: partial.saved + option.saved,
                    set: partial.set.and(&option.set),
                    lost: partial.lost.and(&option.lost),
                });
                let seen_with = relaxation.couplings.iter().zip(seen);
                larger.seen.extend(seen_with.map(|(coupling, seen)| seen + option.bases[coupling.later]));
                larger.picks.extend_from_slice(side.picks(number));
                larger.picks.push(u16::try_from(index).expect("a seller has few options"));
            }
        }
        self.steps += most.div_ceil(2);
        *side = larger;
    }
}
