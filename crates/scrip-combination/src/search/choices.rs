//! Choices: platform coupons that are used together, with the shipping coupons that are to be kept applicable. Every set of
//! coupons belongs to one, so the best of all sets is the best of some choice.
//!
//! There may be thousands; a sum of maxima bounds each at once, a relaxation those that this leaves.

use std::cmp::{Ordering, Reverse};

use super::{STEPS_MAX, Search, relaxation::Relaxation};
use crate::{
    coupon_set::{CouponSet, Saving},
    problem::Lane,
    slots::{keep_worthiest, slots, subsets},
};

/// Choices in the platform lane that are looked at.
const CHOICES_MAX: usize = 4_096;
/// Choices that are made in a step, and the steps that it takes to look into one.
const CHOICES_IN_STEP: usize = 8;
const CHOICE_STEPS: usize = 4;
/// Choices that are tried before the search.
const WARM_UP: usize = 6;
/// Shipping coupons that the platform's coupons or the sellers' may spoil, for which keeping and losing are told apart.
const KEPT_MAX: usize = 3;

/// Platform coupons that are used together, and what is asked of the shipping lane.
pub(super) struct Choice<const N: usize> {
    /// By index in `later_coupons`, in the order of application.
    pub coupons: Vec<usize>,
    /// Shipping coupons that must stay applicable, by index in `later_coupons`.
    pub kept: Vec<usize>,
    /// Shipping coupons that may be used at all.
    pub shipping: CouponSet<N>,
    /// What those save at most.
    pub shipping_saved: i64,
    /// The most that any set with these can save.
    bound: i64,
}

/// What is asked of the shipping lane.
#[derive(Clone)]
pub(super) struct Variant<const N: usize> {
    /// Shipping coupons that are kept, by index in `later_coupons`.
    kept: Vec<usize>,
    /// What it may use, and what that saves at most.
    may_use: CouponSet<N>,
    best: Saving<N>,
}

/// A choice before it is made: its bound, and the indexes of its coupons and its variant.
type Sketch = (i64, usize, usize);

impl<const N: usize> Search<'_, N> {
    /// Every choice that may hold a better set than the best so far, with its relaxation, by falling bound.
    pub(super) fn bounded_choices(&mut self) -> Vec<(Choice<N>, Relaxation)> {
        let variants = self.variants();
        let sets = self.platform_sets();
        let sketches = self.sketches(&sets, &variants);
        self.steps += sets.len() * variants.len() / CHOICES_IN_STEP;
        let last_step = self.steps + STEPS_MAX / 2;
        let mut bounded: Vec<(Choice<N>, Relaxation)> = Vec::new();
        for sketch in &sketches {
            if sketch.0 < self.best.0 {
                break;
            }
            if self.steps > last_step {
                self.ended = true;
                break;
            }
            if self.loses_tie(sketch.0, &sets[sketch.1]) {
                continue;
            }
            let mut choice = made(sketch, &sets, &variants);
            self.steps += CHOICE_STEPS;
            self.note_overlaps(&choice);
            if !self.drop_lost(&mut choice) || choice.bound < self.best.0 {
                continue;
            }
            self.note_losses(&choice);
            bounded.extend(self.relax(&choice).map(|relaxation| (choice, relaxation)));
        }
        bounded.sort_by_key(|(choice, relaxation)| (Reverse(relaxation.bound()), choice.coupons.len()));
        bounded
    }

    /// Every set of platform coupons, at most one of each slot, by index in `later_coupons`.
    pub(super) fn platform_sets(&mut self) -> Vec<Vec<usize>> {
        let platform = &self.later_coupons[..self.later_coupons.len() - self.at_risk.len()];
        let mut worthiest = slots(platform.iter().map(|later| self.usable[later.member].coupon));
        let worth = |number: usize| self.later_coupons[number].most_off();
        self.left_out |= keep_worthiest(&mut worthiest, CHOICES_MAX, worth);
        let mut sets = subsets(worthiest);
        sets.iter_mut().for_each(|coupons| coupons.sort_unstable());
        sets
    }

    /// The choices that may hold a better set, by falling bound. A few plain sets are tried on the way.
    fn sketches(&mut self, sets: &[Vec<usize>], variants: &[Variant<N>]) -> Vec<Sketch> {
        let mut sketches: Vec<Sketch> = Vec::new();
        for few in [true, false] {
            for (number, coupons) in sets.iter().enumerate().filter(|(_, coupons)| few == (coupons.len() <= 1)) {
                for (other, variant) in variants.iter().enumerate() {
                    let bound = self.bound_by_maxima(coupons, variant);
                    if bound >= self.best.0 {
                        sketches.push((bound, number, other));
                    }
                }
            }
            sketches.sort_by_key(|sketch| Reverse(sketch.0));
            if few {
                // Something to beat, before there are many.
                let choices: Vec<Choice<N>> = sketches.iter().map(|sketch| made(sketch, sets, variants)).collect();
                self.warm_up(&choices);
            }
        }
        sketches
    }

    /// Bound 1: every seller saves its most, and every platform coupon takes its most; or all goods are taken but what a kept
    /// shipping coupon needs, which nobody takes.
    pub(super) fn bound_by_maxima(&self, coupons: &[usize], variant: &Variant<N>) -> i64 {
        let sellers: i64 = self.sellers.iter().map(|seller| seller.options[0].saved).sum();
        let off: i64 = coupons.iter().map(|&number| self.later_coupons[number].most_off()).sum();
        let goods: i64 = self.lines().iter().sum();
        let left = variant.kept.iter().map(|&number| self.later_coupons[number].needed).max().unwrap_or(0);
        (sellers + off).min(goods - left) + variant.best.0
    }

    /// A few plain sets, so that the search has something to beat.
    fn warm_up(&mut self, choices: &[Choice<N>]) {
        let most = vec![0; self.sellers.len()];
        let none: Vec<usize> = self
            .sellers
            .iter()
            .map(|seller| seller.options.iter().position(|option| option.set.count() == 0).unwrap_or(0))
            .collect();
        // Whatever else comes of it: the sellers' coupons alone.
        let alone = choices.iter().filter(|choice| choice.coupons.is_empty()).take(1);
        for choice in choices.iter().filter(|choice| choice.coupons.len() == 1).take(WARM_UP).chain(alone) {
            self.note_overlaps(choice);
            self.evaluate(choice, &most);
            self.evaluate(choice, &none);
        }
    }

    /// Whether sets with these platform coupons can't save more than the best and, with more coupons or later ones, don't
    /// win the tie either.
    pub(super) fn loses_tie(&self, bound: i64, coupons: &[usize]) -> bool {
        let own = |set: CouponSet<N>, &number: &usize| set.with(self.later_coupons[number].member);
        let least = coupons.iter().fold(CouponSet::EMPTY, own);
        bound < self.best.0
            || bound == self.best.0
                && (least.count() > self.best.1.count()
                    || least.count() == self.best.1.count() && least.preference(&self.best.1) != Ordering::Greater)
    }

    /// Which of the shipping coupons that others may spoil must be kept, which may be used then, and what they save.
    ///
    /// Keeping more that saves no more is left out; it may be used without being asked for.
    pub(super) fn variants(&mut self) -> Vec<Variant<N>> {
        let of_platform = |number: &usize| self.usable[self.later_coupons[*number].member].coupon.seller.is_none();
        let spoilt: Vec<usize> = self.at_risk.iter().copied().filter(of_platform).take(KEPT_MAX).collect();
        let all_told_apart = spoilt.len() == self.at_risk.len();
        let all = self.in_shipping();
        let mut open: Vec<Variant<N>> = subsets(spoilt.iter().map(|&number| vec![number]).collect())
            .into_iter()
            .map(|kept| {
                let lost = spoilt.iter().filter(|number| !kept.contains(number));
                let may_use = lost.fold(all, |set, &number| set.without(self.later_coupons[number].member));
                Variant { best: self.shipping.best(&may_use), kept, may_use }
            })
            .collect();
        open.sort_by_key(|variant| variant.kept.len());
        let mut told_apart = Vec::new();
        while !open.is_empty() {
            let mut variant = open.remove(0);
            let holds = |more: &[usize], less: &[usize]| less.iter().all(|number| more.contains(number));
            let same = |more: &&Variant<N>| {
                let saves_the_same =
                    if all_told_apart { more.best == variant.best } else { more.best.0 == variant.best.0 };
                saves_the_same && holds(&more.kept, &variant.kept)
            };
            // What saves as much with all of these saves as much with some.
            if let Some(most) = open.iter().rev().find(same).cloned() {
                open.retain(|other| !(holds(&other.kept, &variant.kept) && holds(&most.kept, &other.kept)));
                if !all_told_apart {
                    variant.may_use = most.may_use;
                }
            }
            told_apart.push(variant);
        }
        told_apart
    }

    fn in_shipping(&self) -> CouponSet<N> {
        let shared = |member: &&usize| self.usable[**member].coupon.lane == Lane::Shipping;
        self.in_order.iter().filter(shared).fold(CouponSet::EMPTY, |set, &member| set.with(member))
    }
}

fn made<const N: usize>(sketch: &Sketch, sets: &[Vec<usize>], variants: &[Variant<N>]) -> Choice<N> {
    Choice::new(&sets[sketch.1], &variants[sketch.2], sketch.0)
}

impl<const N: usize> Choice<N> {
    pub(super) fn new(coupons: &[usize], variant: &Variant<N>, bound: i64) -> Self {
        Self {
            coupons: coupons.to_vec(),
            kept: variant.kept.clone(),
            shipping: variant.may_use,
            shipping_saved: variant.best.0,
            bound,
        }
    }

    /// The same without shipping coupons that are lost, `saved` being what the others save at most.
    pub(super) fn lose(&mut self, shipping: CouponSet<N>, saved: i64) {
        self.bound -= self.shipping_saved - saved;
        (self.shipping, self.shipping_saved) = (shipping, saved);
    }
}
