//! What several platform coupons come to together, by sums alone: between a least and a most, without working their split out.
//!
//! A coupon that finds room takes the same part of each of its lines but for rounding, so of the lines that another looks at it
//! takes about that part of their sum. Where coupons of one choice may leave each other too little room, they *contend*, and only
//! sums of whole coupons bound what they take.

use super::{
    Search,
    choices::Choice,
    later::{LaterCoupon, Overlap},
};
use crate::shape::Shape;

/// A platform coupon on a sum, and what it would take off it with room enough.
#[derive(Clone, Copy)]
pub(super) struct Intended {
    /// By index in `later_coupons`.
    pub coupon: usize,
    pub base: i64,
    pub off: i64,
}

/// What one platform coupon really takes off.
#[derive(Clone, Copy)]
struct Taken {
    intended: Intended,
    at_least: i64,
    at_most: i64,
}

/// What the platform coupons of a choice really take off.
pub(super) struct TakenTogether {
    coupons: Vec<Taken>,
    /// How many of them, from the first, are split as the proportion says but for rounding.
    proportional: usize,
}

impl TakenTogether {
    /// Each takes all that it could.
    pub fn is_all(&self) -> bool {
        self.coupons.iter().all(|taken| taken.at_least == taken.intended.off)
    }

    /// One exceeds its budget for certain.
    pub fn exceeds(&self, later_coupons: &[LaterCoupon<'_>]) -> bool {
        let budget = |taken: &Taken| later_coupons[taken.intended.coupon].budget;
        self.coupons.iter().any(|taken| budget(taken).is_some_and(|budget| taken.at_least > budget))
    }

    pub fn at_most(&self) -> i64 {
        self.coupons.iter().map(|taken| taken.at_most).sum()
    }
}

impl<const N: usize> Search<'_, N> {
    /// Works out what the choice's coupons have in common with what comes after them.
    pub(super) fn note_overlaps(&mut self, choice: &Choice<N>) {
        for (number, &coupon) in choice.coupons.iter().enumerate() {
            for &after in choice.coupons[number + 1..].iter().chain(&self.at_risk) {
                let pair = coupon * self.later_coupons.len() + after;
                if self.overlaps[pair].is_none() {
                    let (coupon, after) = (&self.later_coupons[coupon], &self.later_coupons[after]);
                    self.overlaps[pair] = Some(Overlap::new(coupon, after, &self.start, &self.sellers));
                }
            }
        }
    }

    pub(super) fn overlap(&self, coupon: usize, after: usize) -> &Overlap {
        let overlap = self.overlaps[coupon * self.later_coupons.len() + after].as_ref();
        overlap.expect("noted for the choice")
    }

    /// What coupons take off at most together of the lines that one after them looks at.
    pub(super) fn most_taken(&self, coupons: &[usize], after: usize) -> i64 {
        let has_room = self.has_room(coupons);
        let of = |&coupon: &usize| {
            let (later, overlap) = (&self.later_coupons[coupon], self.overlap(coupon, after));
            let most = later.most_off().min(overlap.most);
            if !has_room || overlap.lines == 0 {
                return most;
            }
            let (off, of) = self.most_rate(coupons, coupon);
            most.min(proportion(overlap.most, off, of) + 1 + self.margin(coupons.len(), overlap))
        };
        coupons.iter().map(of).sum()
    }

    /// A part of the sum that it takes off at most of any sum there can be: numerator and denominator.
    pub(super) fn most_rate(&self, coupons: &[usize], coupon: usize) -> (i64, i64) {
        let (later, least) = (&self.later_coupons[coupon], self.least_base(coupons, coupon).max(1));
        later.shape.map_or((0, least), |shape| shape.rate_at_most(least, later.most))
    }

    /// What the choice's coupons take off at least of what one after them looks at.
    pub(super) fn least_taken(&self, choice: &Choice<N>, after: usize) -> i64 {
        let coupons = &choice.coupons;
        if self.has_room(coupons) {
            return coupons.iter().map(|&coupon| self.least_off(choice, coupon, after)).sum();
        }
        // Each either takes all it could or leaves nothing on its lines.
        let mut taken = 0;
        for &coupon in coupons {
            if self.overlap(coupon, after).whole {
                let later = &self.later_coupons[coupon];
                let least = later.needed.max(later.least);
                taken = taken.max((taken + later.least_of(least)).min(least));
            }
        }
        taken
    }

    /// How far a coupon's part of some lines may be from the proportion, with as many coupons.
    pub(super) fn margin(&self, coupons: usize, overlap: &Overlap) -> i64 {
        if coupons <= 1 { overlap.lines } else { self.rounding(coupons) }
    }

    /// What rounding may move at most between lines, with as many coupons: each split a quarter of a minor unit for each line by
    /// itself, and what finds no room because earlier ones did as much again.
    fn rounding(&self, coupons: usize) -> i64 {
        let quarters = (coupons + 1).div_ceil(4).max(2);
        i64::try_from(quarters * self.lines().len()).expect("at most 512 lines and coupons")
    }

    /// Whether the coupons find room for all that they take off wherever the proportion puts it, whatever the sellers'
    /// options leave to them.
    pub(super) fn has_room(&self, coupons: &[usize]) -> bool {
        let most = |&coupon: &usize| {
            let later = &self.later_coupons[coupon];
            Intended { coupon, base: self.least_base(coupons, coupon), off: later.most_of(later.most) }
        };
        coupons.len() <= 1 || !self.contend(&coupons.iter().map(most).collect::<Vec<_>>())
    }

    /// The least that one of the coupons sees where all apply.
    fn least_base(&self, coupons: &[usize], coupon: usize) -> i64 {
        let later = &self.later_coupons[coupon];
        // Of what another needs, all but what it finds elsewhere.
        let of_other = |&other: &usize| {
            let theirs = &self.later_coupons[other];
            theirs.needed - (theirs.most - self.overlap(coupon.min(other), coupon.max(other)).most)
        };
        let others = coupons.iter().filter(|&&other| other != coupon).map(of_other).max().unwrap_or(0);
        later.needed.max(later.least).max(others)
    }

    /// Whether platform coupons may leave each other too little room on a line.
    ///
    /// While their parts of a line are together below 1 they don't, but for the rounding on each line.
    fn contend(&self, coupons: &[Intended]) -> bool {
        coupons.len() > 1
            && coupons.iter().any(|one| {
                let meets = |other: &&Intended| {
                    let (first, second) = (one.coupon.min(other.coupon), one.coupon.max(other.coupon));
                    first == second || self.overlap(first, second).lines > 0
                };
                let taken: i128 = coupons
                    .iter()
                    .filter(meets)
                    .map(|other| wide_proportion(one.base, other.off, other.base) + 1)
                    .sum();
                taken + i128::from(self.rounding(coupons.len())) > i128::from(one.base)
            })
    }

    /// A lower bound on what the choice's coupons lack room for, whatever the sellers' options are.
    pub(super) fn never_taken(&self, choice: &Choice<N>) -> i64 {
        let mut never = 0;
        for number in 1..choice.coupons.len() {
            let (before, coupon) = (&choice.coupons[..number], choice.coupons[number]);
            let later = &self.later_coupons[coupon];
            if !self.has_room(before) {
                break;
            }
            // The larger the sum, the more of it such a coupon leaves; so it lacks least on the largest.
            if later.is_within_budget() && later.shape.is_some_and(Shape::leaves_more) {
                let taken: i64 = before.iter().map(|&other| self.least_off(choice, other, coupon)).sum();
                never += (taken + later.off(later.most) - later.most).max(0);
            }
        }
        never
    }

    /// The least that a coupon, split as the proportion says, takes off what one after it looks at.
    fn least_off(&self, choice: &Choice<N>, coupon: usize, after: usize) -> i64 {
        let (later, overlap) = (&self.later_coupons[coupon], self.overlap(coupon, after));
        if overlap.whole {
            return later.least_of(later.needed.max(later.least));
        }
        let (off, of) = later.rate_at_least();
        (proportion(overlap.least, off, of) - self.margin(choice.coupons.len(), overlap)).max(0)
    }

    /// What platform coupons, in the order of application, really take off.
    ///
    /// What finds no room on one line goes to the coupon's others, so only one whose lines are full takes less.
    pub(super) fn taken_together(&self, coupons: &[Intended], picks: &[usize]) -> TakenTogether {
        if let [intended] = *coupons {
            let all = Taken { intended, at_least: intended.off, at_most: intended.off };
            return TakenTogether { coupons: vec![all], proportional: 1 };
        }
        let mut together = TakenTogether { coupons: Vec::with_capacity(coupons.len()), proportional: 0 };
        for (number, &intended) in coupons.iter().enumerate() {
            let (taken_at_least, taken_at_most) = self.taken_from(&together, intended.coupon, picks);
            let room = (intended.base - taken_at_most).max(0);
            let room_at_most = (intended.base - taken_at_least).max(0);
            let (at_least, at_most) = (intended.off.min(room), intended.off.min(room_at_most));
            together.coupons.push(Taken { intended, at_least, at_most });
            if together.proportional == number && room >= intended.off && !self.contend(&coupons[..=number]) {
                together.proportional += 1;
            }
        }
        together
    }

    /// What those take off that one after them looks at: at least, at most.
    pub(super) fn taken_from(&self, together: &TakenTogether, after: usize, picks: &[usize]) -> (i64, i64) {
        let (mut at_least, mut at_most) = (0, 0);
        for (number, taken) in together.coupons.iter().enumerate() {
            let overlap = self.overlap(taken.intended.coupon, after);
            if overlap.lines == 0 {
                continue;
            }
            if overlap.whole {
                (at_least, at_most) = (at_least + taken.at_least, at_most + taken.at_most);
                continue;
            }
            let left = overlap.left(&self.sellers, picks);
            if number < together.proportional {
                let margin = self.margin(together.coupons.len(), overlap);
                let part = proportion(left, taken.intended.off, taken.intended.base);
                at_least += (part - margin).max(0);
                at_most += (part + 1 + margin).min(taken.at_most);
            } else {
                at_most += taken.at_most.min(left);
            }
        }
        (at_least, at_most)
    }
}

/// `amount × off ÷ of`, rounded down.
pub(super) fn proportion(amount: i64, off: i64, of: i64) -> i64 {
    i64::try_from(wide_proportion(amount, off, of)).expect("a part of an amount")
}

fn wide_proportion(amount: i64, off: i64, of: i64) -> i128 {
    if let Some(product) = amount.checked_mul(off) {
        return i128::from(product / of.max(1));
    }
    i128::from(amount) * i128::from(off) / i128::from(of.max(1))
}
