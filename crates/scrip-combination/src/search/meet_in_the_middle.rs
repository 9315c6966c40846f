//! One platform coupon and nothing else to watch for: exact while the sum left is all that matters and more of it never hurts.
//!
//! Sellers are combined into two sides, each kept to its Pareto front; a merge finds the best pair. [`PARTIALS_MAX`] bounds the
//! sides, [`PAIRS_MAX`] the pairs.

use std::cmp::{Ordering, Reverse};

use super::{Search, choices::Choice, options::SellerOption};
use crate::{
    coupon_set::{CouponSet, Saving},
    shape::Shape,
};

/// Pairs that are looked at for one choice, and in a step.
const PAIRS_MAX: usize = 40_000;
const PAIRS_IN_STEP: usize = 4;
/// Partials of a side before the dominated ones are dropped, and how many of them are made and compared in a step.
const PARTIALS_MAX: usize = 16_384;
const PARTIALS_IN_STEP: usize = 16;

/// What some sellers' options come to: saved so far, left on the lines that the platform coupon may discount.
#[derive(Clone, Copy)]
struct Partial<const N: usize> {
    saved: i64,
    base: i64,
    set: CouponSet<N>,
}

/// Two Pareto fronts, each by falling saving, and what a pair needs besides.
struct Sides<'s, const N: usize> {
    left: Vec<Partial<N>>,
    right: Vec<Partial<N>>,
    /// The largest base of those on the right up to each.
    largest_base: Vec<i64>,
    /// The most that one on the right saves and leaves in all.
    whole: i64,
    shape: &'s Shape,
    needed: i64,
    shipping: Saving<N>,
}

impl<const N: usize> Search<'_, N> {
    /// Offers the best of the choice's sets. `false`: the sides would grow too large, and nothing was looked at.
    pub(super) fn meet_in_the_middle(&mut self, choice: &Choice<N>, coupon: usize) -> bool {
        let Some((left, right)) = self.pareto_fronts(coupon) else { return false };
        let later = &self.later_coupons[coupon];
        let (Some(shape), needed, member) = (later.shape, later.needed, later.member) else { return false };
        // By falling saving the largest base so far only rises, so what misses the minimum is a prefix.
        let largest_base = right
            .iter()
            .scan(i64::MIN, |largest, partial| {
                *largest = partial.base.max(*largest);
                Some(*largest)
            })
            .collect();
        let whole = right.iter().map(|partial| partial.saved + partial.base).max().unwrap_or(0);
        let shipping = self.shipping.best(&choice.shipping);
        let sides = Sides { left, right, largest_base, whole, shape, needed, shipping };
        let mut pairs = 0;
        for left in &sides.left {
            pairs += self.match_one(&sides, left, member);
            if pairs > PAIRS_MAX {
                self.ended = true;
                break;
            }
        }
        self.steps += pairs / PAIRS_IN_STEP;
        true
    }

    /// The sellers' options combined into two sides of like size; what sellers without options have counts on the right. `None` if
    /// a side would grow too large.
    fn pareto_fronts(&mut self, coupon: usize) -> Option<(Vec<Partial<N>>, Vec<Partial<N>>)> {
        let partial =
            |option: &SellerOption<N>| Partial { saved: option.saved, base: option.bases[coupon], set: option.set };
        let mut sellers: Vec<Vec<Partial<N>>> =
            self.sellers.iter().map(|seller| seller.options.iter().map(partial).collect()).collect();
        sellers.iter_mut().for_each(keep_pareto_front);
        // The largest first, each to the smaller side.
        sellers.sort_by_key(|own| Reverse(own.len()));
        let start = Partial { saved: 0, base: 0, set: CouponSet::EMPTY };
        let fixed = self.later_coupons[coupon].fixed;
        let (mut left, mut right) = (vec![start], vec![Partial { base: fixed, ..start }]);
        for own in sellers {
            let side = if left.len() <= right.len() { &mut left } else { &mut right };
            let larger = side.len().saturating_mul(own.len());
            if larger > PARTIALS_MAX {
                return None;
            }
            self.steps += larger / PARTIALS_IN_STEP;
            let with = |a: &Partial<N>, b: &Partial<N>| Partial {
                saved: a.saved + b.saved,
                base: a.base + b.base,
                set: a.set.and(&b.set),
            };
            *side = side.iter().flat_map(|a| own.iter().map(move |b| with(a, b))).collect();
            keep_pareto_front(side);
        }
        Some((left, right))
    }

    /// Offers the pairs of one on the left that may be the best. Says how many were looked at.
    fn match_one(&mut self, sides: &Sides<'_, N>, left: &Partial<N>, member: usize) -> usize {
        let mut pairs = 0;
        let first = sides.largest_base.partition_point(|base| left.base + base < sides.needed);
        for right in &sides.right[first..] {
            if sides.bound(left, right) < self.best.0 {
                break;
            }
            pairs += 1;
            let base = left.base + right.base;
            let off = sides.shape.off(base);
            if base >= sides.needed && off > 0 {
                let set = left.set.and(&right.set).with(member).and(&sides.shipping.1);
                self.offer((left.saved + right.saved + off + sides.shipping.0, set));
            }
        }
        pairs
    }
}

impl<const N: usize> Sides<'_, N> {
    /// The most that this pair, or one with any after it on the right, comes to.
    fn bound(&self, left: &Partial<N>, right: &Partial<N>) -> i64 {
        let mut base = self.largest_base.last().copied().unwrap_or(0);
        // Where a minor unit more of the sum has at most a minor unit more taken off, what those after it save less they can't
        // regain beyond the whole.
        if self.shape.leaves_more() {
            base = base.min(self.whole - right.saved);
        }
        left.saved + right.saved + self.shape.off(left.base + base) + self.shipping.0
    }
}

/// Drops every partial that another dominates: that saves more with no smaller base, or as much with no smaller base
/// and wins the tie. Leaves them by falling saving.
fn keep_pareto_front<const N: usize>(partials: &mut Vec<Partial<N>>) {
    partials.sort_unstable_by(|a, b| {
        b.saved.cmp(&a.saved).then(b.base.cmp(&a.base)).then_with(|| b.set.preference(&a.set))
    });
    // What is kept moves to the front.
    let mut kept = 0;
    // The largest base of those that save more than the present group of equal savings.
    let mut base_of_more = i64::MIN;
    let mut group_start = 0;
    for index in 0..partials.len() {
        let partial = partials[index];
        if group_start < kept && partials[group_start].saved != partial.saved {
            // A group's first has its largest base, and each group's exceeds those before.
            base_of_more = partials[group_start].base;
            group_start = kept;
        }
        let dominated = partial.base <= base_of_more
            || partials[group_start..kept]
                .iter()
                .any(|other| other.base >= partial.base && other.set.preference(&partial.set) != Ordering::Less);
        if !dominated {
            partials[kept] = partial;
            kept += 1;
        }
    }
    partials.truncate(kept);
}
