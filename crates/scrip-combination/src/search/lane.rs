//! What several platform coupons come to together, without working their split out.

use super::{
    Choice, Search,
    options::{Overlap, Watch},
};
use crate::shape::Shape;

/// A platform coupon on a sum, and what it would take off it.
#[derive(Clone, Copy)]
pub(super) struct Placing {
    /// Place in `watches`.
    pub watch: usize,
    pub base: i64,
    pub off: i64,
}

/// What platform coupons really take off: between `at_least` and `at_most` each.
pub(super) struct Placed {
    coupons: Vec<(Placing, i64, i64)>,
    /// How many of them, from the first, are split as the proportion says but for rounding.
    proportional: usize,
}

impl Placed {
    /// Each takes all that it could.
    pub fn is_all(&self) -> bool {
        self.coupons.iter().all(|(placing, at_least, _)| *at_least == placing.off)
    }

    /// One exceeds its budget for certain.
    pub fn exceeds(&self, watches: &[Watch<'_>]) -> bool {
        self.coupons
            .iter()
            .any(|(placing, at_least, _)| watches[placing.watch].budget.is_some_and(|budget| *at_least > budget))
    }

    pub fn at_most(&self) -> i64 {
        self.coupons.iter().map(|coupon| coupon.2).sum()
    }
}

impl<const N: usize> Search<'_, N> {
    /// Works out what the choice's coupons have in common with what comes after them.
    pub(super) fn note_overlaps(&mut self, choice: &Choice<N>) {
        for (place, &coupon) in choice.coupons.iter().enumerate() {
            for &later in choice.coupons[place + 1..].iter().chain(&self.doubtful) {
                let pair = coupon * self.watches.len() + later;
                if self.overlaps[pair].is_none() {
                    let (coupon, later) = (&self.watches[coupon], &self.watches[later]);
                    self.overlaps[pair] = Some(Overlap::new(coupon, later, &self.start, &self.sellers));
                }
            }
        }
    }

    pub(super) fn overlap(&self, coupon: usize, later: usize) -> &Overlap {
        let overlap = self.overlaps[coupon * self.watches.len() + later].as_ref();
        overlap.expect("noted for the choice")
    }

    /// What coupons take off at most together of the lines that a later one looks at.
    pub(super) fn most_taken(&self, coupons: &[usize], later: usize) -> i64 {
        let has_room = self.has_room(coupons);
        let of = |&coupon: &usize| {
            let (watch, overlap) = (&self.watches[coupon], self.overlap(coupon, later));
            let most = watch.most_off().min(overlap.most);
            if !has_room || overlap.lines == 0 {
                return most;
            }
            let (off, of) = self.most_rate(coupons, coupon);
            most.min(share(overlap.most, off, of) + 1 + self.margin(coupons.len(), overlap))
        };
        coupons.iter().map(of).sum()
    }

    /// A share of the sum that it takes off at most of any sum there can be: numerator and denominator.
    pub(super) fn most_rate(&self, coupons: &[usize], coupon: usize) -> (i64, i64) {
        let watch = &self.watches[coupon];
        let least = self.least_base(coupons, coupon).max(1);
        watch.benefit.map_or((0, least), |shape| shape.rate_at_most(least, watch.most))
    }

    /// What the choice's coupons take off at least of what a later one looks at.
    pub(super) fn least_taken(&self, choice: &Choice<N>, later: usize) -> i64 {
        let coupons = &choice.coupons;
        if self.has_room(coupons) {
            return coupons.iter().map(|&coupon| self.least_off(choice, coupon, later)).sum();
        }
        // Each either takes all it could or leaves nothing on its lines.
        let mut taken = 0;
        for &coupon in coupons {
            let watch = &self.watches[coupon];
            if self.overlap(coupon, later).whole {
                let least = watch.needed.max(watch.least);
                taken = taken.max((taken + watch.least_of(least)).min(least));
            }
        }
        taken
    }

    /// How far a coupon's part of some lines may be from the proportion, with as many coupons.
    pub(super) fn margin(&self, coupons: usize, overlap: &Overlap) -> i64 {
        if coupons <= 1 { overlap.lines } else { self.rounding() }
    }

    /// A minor unit for each line by the split itself, and one for what finds no room for it.
    fn rounding(&self) -> i64 {
        2 * i64::try_from(self.lines().len()).expect("at most 500")
    }

    /// Whether the coupons find room for all that they take off wherever the proportion puts it, whatever the sellers'
    /// options leave to them.
    pub(super) fn has_room(&self, coupons: &[usize]) -> bool {
        let most = |&number: &usize| {
            let watch = &self.watches[number];
            Placing { watch: number, base: self.least_base(coupons, number), off: watch.most_of(watch.most) }
        };
        coupons.len() <= 1 || !self.is_crowded(&coupons.iter().map(most).collect::<Vec<_>>())
    }

    /// The least that one of the coupons sees where all apply.
    fn least_base(&self, coupons: &[usize], number: usize) -> i64 {
        let watch = &self.watches[number];
        // Of what another needs, all but what it finds elsewhere.
        let of_other = |&other: &usize| {
            let theirs = &self.watches[other];
            theirs.needed - (theirs.most - self.overlap(number.min(other), number.max(other)).most)
        };
        let others = coupons.iter().filter(|&&other| other != number).map(of_other).max().unwrap_or(0);
        watch.needed.max(watch.least).max(others)
    }

    /// Whether platform coupons may leave each other too little room on a line.
    ///
    /// While their shares of a line are together below 1 they don't, but for the rounding on each line.
    fn is_crowded(&self, coupons: &[Placing]) -> bool {
        coupons.len() > 1
            && coupons.iter().any(|one| {
                let meets = |other: &&Placing| {
                    let (first, second) = (one.watch.min(other.watch), one.watch.max(other.watch));
                    first == second || self.overlap(first, second).lines > 0
                };
                let taken: i128 =
                    coupons.iter().filter(meets).map(|other| part(one.base, other.off, other.base) + 1).sum();
                taken + i128::from(self.rounding()) > i128::from(one.base)
            })
    }

    /// A lower bound on what the choice's coupons lack room for, whatever the sellers' options are.
    pub(super) fn never_placed(&self, choice: &Choice<N>) -> i64 {
        let mut never = 0;
        for place in 1..choice.coupons.len() {
            let (before, coupon) = (&choice.coupons[..place], choice.coupons[place]);
            let watch = &self.watches[coupon];
            if !self.has_room(before) {
                break;
            }
            if !watch.is_within_budget() || !watch.benefit.is_some_and(Shape::leaves_more) {
                continue;
            }
            let taken = before.iter().map(|&other| self.least_off(choice, other, coupon));
            // The larger the sum, the more of it a coupon leaves.
            never += (taken.sum::<i64>() + watch.off(watch.most) - watch.most).max(0);
        }
        never
    }

    /// The least that a coupon, split as the proportion says, takes off what a later one looks at.
    pub(super) fn least_off(&self, choice: &Choice<N>, coupon: usize, later: usize) -> i64 {
        let overlap = self.overlap(coupon, later);
        let watch = &self.watches[coupon];
        if overlap.whole {
            return watch.least_of(watch.needed.max(watch.least));
        }
        let (off, of) = watch.rate();
        (share(overlap.least, off, of) - self.margin(choice.coupons.len(), overlap)).max(0)
    }

    /// What platform coupons, in placing order, really take off.
    ///
    /// What can't be placed on one line goes to the coupon's others, so only one whose lines are full takes less.
    pub(super) fn placed(&self, coupons: &[Placing], picks: &[usize]) -> Placed {
        if let [placing] = *coupons {
            return Placed { coupons: vec![(placing, placing.off, placing.off)], proportional: 1 };
        }
        let mut placed = Placed { coupons: Vec::with_capacity(coupons.len()), proportional: 0 };
        for (place, &placing) in coupons.iter().enumerate() {
            let (taken_at_least, taken_at_most) = self.taken(&placed, placing.watch, picks);
            let room = (placing.base - taken_at_most).max(0);
            let room_at_most = (placing.base - taken_at_least).max(0);
            placed.coupons.push((placing, placing.off.min(room), placing.off.min(room_at_most)));
            if placed.proportional == place && room >= placing.off && !self.is_crowded(&coupons[..=place]) {
                placed.proportional += 1;
            }
        }
        placed
    }

    /// What those take off that a later coupon looks at: at least, at most.
    pub(super) fn taken(&self, placed: &Placed, later: usize, picks: &[usize]) -> (i64, i64) {
        let (mut at_least, mut at_most) = (0, 0);
        for (place, &(coupon, least, most)) in placed.coupons.iter().enumerate() {
            let overlap = self.overlap(coupon.watch, later);
            if overlap.lines == 0 {
                continue;
            }
            if overlap.whole {
                (at_least, at_most) = (at_least + least, at_most + most);
                continue;
            }
            let left = overlap.left(&self.sellers, picks);
            if place < placed.proportional {
                let margin = if placed.coupons.len() == 1 { overlap.lines } else { self.rounding() };
                let part = share(left, coupon.off, coupon.base);
                at_least += (part - margin).max(0);
                at_most += (part + 1 + margin).min(most);
            } else {
                at_most += most.min(left);
            }
        }
        (at_least, at_most)
    }
}

/// `amount × off ÷ of`, rounded down.
pub(super) fn share(amount: i64, off: i64, of: i64) -> i64 {
    i64::try_from(part(amount, off, of)).expect("a part of an amount")
}

fn part(amount: i64, off: i64, of: i64) -> i128 {
    if let Some(product) = amount.checked_mul(off) {
        return i128::from(product / of.max(1));
    }
    i128::from(amount) * i128::from(off) / i128::from(of.max(1))
}
