//! Coupons of the platform and shipping lanes, and what they see of the seller lane: the sum that is left on their lines.

use super::{
    options::{SellerOption, SellerOptions},
    usable::Usable,
};
use crate::{cart::Cart, line_set::LineSet, problem::Lane, shape::Shape};

/// A coupon of a later lane.
pub(super) struct LaterCoupon<'a> {
    /// Its number among the usable ones.
    pub member: usize,
    /// `None` in the shipping lane, where the sum matters to the minimum alone.
    pub shape: Option<&'a Shape>,
    pub budget: Option<i64>,
    /// The least sum that it needs.
    pub needed: i64,
    /// The largest sum there can be, the smallest, and what sellers without options have in it.
    pub most: i64,
    pub least: i64,
    pub fixed: i64,
    pub lines: LineSet,
}

impl<'a> LaterCoupon<'a> {
    pub fn new(member: usize, usable: &Usable<'a>, start: &Cart<'_>) -> Self {
        let coupon = usable.coupon;
        let sum = start.problem.amount(&coupon.lines);
        Self {
            member,
            shape: (coupon.lane != Lane::Shipping).then_some(&coupon.shape),
            budget: coupon.budget,
            needed: coupon.needed(),
            most: sum,
            least: sum,
            fixed: sum,
            lines: LineSet::of(&coupon.lines),
        }
    }

    /// What it takes off a sum.
    pub fn off(&self, base: i64) -> i64 {
        self.shape.map_or(0, |shape| shape.off(base))
    }

    /// The most that it takes off this sum or any smaller one.
    pub fn most_of(&self, base: i64) -> i64 {
        self.shape.map_or(0, |shape| shape.most(base))
    }

    /// The least that it takes off this sum or any larger one.
    pub fn least_of(&self, base: i64) -> i64 {
        self.shape.map_or(0, |shape| shape.least(base))
    }

    /// The most that it takes off whatever the other lanes do.
    pub fn most_off(&self) -> i64 {
        self.most_of(self.most).min(self.budget.unwrap_or(i64::MAX))
    }

    /// A part of the sum that it takes off at least of any sum there can be: numerator and denominator.
    pub fn rate_at_least(&self) -> (i64, i64) {
        let most = self.most.max(1);
        self.shape.map_or((0, most), |shape| shape.rate_at_least(self.needed.max(self.least), self.most))
    }

    pub fn is_within_budget(&self) -> bool {
        self.budget.is_none_or(|budget| self.most_of(self.most) <= budget)
    }

    /// Whether a larger sum never has less taken off, nor is too large for the budget.
    pub fn more_is_better(&self) -> bool {
        self.is_within_budget() && self.shape.is_none_or(Shape::grows)
    }
}

/// Works out what every later coupon sees of every option, and what it sees at most and at least in all.
pub(super) fn look<const N: usize>(later_coupons: &mut [LaterCoupon<'_>], sellers: &mut [SellerOptions<N>]) {
    for later in &mut *later_coupons {
        later.fixed = later.most;
        later.least = later.most;
    }
    for seller in sellers {
        let lines = &seller.lines;
        for option in &mut seller.options {
            option.bases = later_coupons.iter().map(|later| sum(&later.lines, lines, &option.left)).collect();
        }
        for (number, later) in later_coupons.iter_mut().enumerate() {
            let bases = || seller.options.iter().map(|option| option.bases[number]);
            let (most, least) = (bases().max().unwrap_or(0), bases().min().unwrap_or(0));
            later.fixed -= most;
            later.least -= most - least;
        }
    }
}

/// What a platform coupon and one that comes after it have in common.
pub(super) struct Overlap {
    /// The one after looks at all that the platform coupon discounts.
    pub whole: bool,
    /// Lines in both: on each the split is within one minor unit of the proportion.
    pub lines: i64,
    /// The least and the most that is left on them in all, and what sellers without options have there.
    pub least: i64,
    pub most: i64,
    pub fixed: i64,
    /// What each option leaves on them.
    left: Vec<i64>,
}

impl Overlap {
    pub fn new<const N: usize>(
        coupon: &LaterCoupon<'_>,
        after: &LaterCoupon<'_>,
        start: &Cart<'_>,
        sellers: &[SellerOptions<N>],
    ) -> Self {
        let both = coupon.lines.and(&after.lines);
        let lines = i64::from(both.count());
        let whole = coupon.lines.is_within(&after.lines);
        if lines == 0 {
            return Self { whole, lines, least: 0, most: 0, fixed: 0, left: Vec::new() };
        }
        let all: i64 =
            start.lines.left().iter().enumerate().filter(|(line, _)| both.has(*line)).map(|(_, left)| left).sum();
        let (mut fixed, mut least) = (all, all);
        let mut left = Vec::new();
        for seller in sellers {
            let first = left.len();
            left.extend(seller.options.iter().map(|option| sum(&both, &seller.lines, &option.left)));
            let most = left[first..].iter().copied().max().unwrap_or(0);
            fixed -= most;
            least -= most - left[first..].iter().copied().min().unwrap_or(0);
        }
        Self { whole, lines, least, most: all, fixed, left }
    }

    pub fn left_by<const N: usize>(&self, option: &SellerOption<N>) -> i64 {
        self.left.get(option.number).copied().unwrap_or(0)
    }

    /// What each option leaves on them, by its number.
    pub fn left_by_all(&self) -> impl Iterator<Item = i64> {
        self.left.iter().copied().chain(std::iter::repeat(0))
    }

    /// What is left on the lines of both with one option of each seller.
    pub fn left<const N: usize>(&self, sellers: &[SellerOptions<N>], picks: &[usize]) -> i64 {
        let of_sellers = sellers.iter().zip(picks).map(|(seller, &pick)| self.left_by(&seller.options[pick]));
        self.fixed + of_sellers.sum::<i64>()
    }
}

/// The sum of the amounts of those of `lines` that are among these.
fn sum(among: &LineSet, lines: &[usize], amounts: &[i64]) -> i64 {
    lines.iter().zip(amounts).filter(|(line, _)| among.has(**line)).map(|(_, amount)| amount).sum()
}
