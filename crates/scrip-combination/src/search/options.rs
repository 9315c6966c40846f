use std::collections::HashSet;

use super::{Usable, places};
use crate::{
    cart::Cart,
    lines::Lines,
    problem::Lane,
    set::{Set, keep_worthiest},
    shape::Shape,
};

/// Options of all sellers that are looked at, and of one in any case.
const OPTIONS_MAX: usize = 4_096;
const OPTIONS_OF_ONE: usize = 512;

/// One seller's choices in the seller lane, most saving first.
pub(super) struct SellerOptions<const N: usize> {
    pub seller: usize,
    /// The seller's lines.
    pub lines: Vec<usize>,
    pub options: Vec<SellerOption<N>>,
}

pub(super) struct SellerOption<const N: usize> {
    pub saved: i64,
    pub set: Set<N>,
    /// What is left of the seller's lines.
    pub left: Vec<i64>,
    /// What of that each watch looks at.
    pub bases: Vec<i64>,
    /// Its place among all options of all sellers.
    pub number: usize,
    /// Shipping coupons of the seller whose minimum it spoils whatever comes after.
    pub lost: Set<N>,
    /// `saved`, less what losing those costs where that is certain.
    pub worth: i64,
}

/// A coupon of a later lane, and what it sees of the seller lane: the sum left on its eligible lines.
pub(super) struct Watch<'a> {
    pub member: usize,
    /// `None` in the shipping lane, where the sum matters to the minimum alone.
    pub benefit: Option<&'a Shape>,
    pub budget: Option<i64>,
    /// The least sum that it needs.
    pub needed: i64,
    /// The largest sum there can be, the smallest, and what sellers without options have in it.
    pub most: i64,
    pub least: i64,
    pub fixed: i64,
    pub lines: Lines,
}

/// The sum of the amounts of those of `lines` that are among these.
fn sum(among: &Lines, lines: &[usize], amounts: &[i64]) -> i64 {
    lines.iter().zip(amounts).filter(|(line, _)| among.has(**line)).map(|(_, amount)| amount).sum()
}

impl<'a> Watch<'a> {
    pub fn new(member: usize, usable: &Usable<'a>, start: &Cart<'_>) -> Self {
        let coupon = usable.coupon;
        let sum = start.problem.amount(&coupon.lines);
        Self {
            member,
            benefit: (coupon.lane != Lane::Shipping).then_some(&coupon.shape),
            budget: coupon.budget,
            needed: coupon.needed(),
            most: sum,
            least: sum,
            fixed: sum,
            lines: Lines::of(&coupon.lines),
        }
    }

    /// What it takes off a sum.
    pub fn off(&self, base: i64) -> i64 {
        self.benefit.map_or(0, |shape| shape.off(base))
    }

    /// The most that it takes off this sum or any smaller one.
    pub fn most_of(&self, base: i64) -> i64 {
        self.benefit.map_or(0, |shape| shape.most(base))
    }

    /// The least that it takes off this sum or any larger one.
    pub fn least_of(&self, base: i64) -> i64 {
        self.benefit.map_or(0, |shape| shape.least(base))
    }

    /// The most that it takes off whatever the other lanes do.
    pub fn most_off(&self) -> i64 {
        self.most_of(self.most).min(self.budget.unwrap_or(i64::MAX))
    }

    /// A share of the sum that it takes off at least of any sum there can be: numerator and denominator.
    pub fn rate(&self) -> (i64, i64) {
        let most = self.most.max(1);
        self.benefit.map_or((0, most), |shape| shape.rate_at_least(self.needed.max(self.least), self.most))
    }

    /// Whether a larger sum never has less taken off, nor is too large for the budget.
    pub fn more_is_better(&self) -> bool {
        self.is_within_budget() && self.benefit.is_none_or(Shape::grows)
    }

    pub fn is_within_budget(&self) -> bool {
        self.budget.is_none_or(|budget| self.most_of(self.most) <= budget)
    }
}

/// Each seller's options, without those that another equals in all but the tie, or exceeds and leaves as much on each
/// line that a later coupon looks at; and whether there were more than are looked at. `members` in placing order.
pub(super) fn seller_options<const N: usize>(
    scratch: &mut Cart<'_>,
    usable: &[Usable<'_>],
    members: &[usize],
    looked_at: &Lines,
) -> (Vec<SellerOptions<N>>, bool) {
    let mut sellers = Vec::new();
    let mut count = 0;
    let mut left_out = false;
    let of_seller = |seller: usize| -> Vec<usize> {
        members.iter().copied().filter(|&member| usable[member].coupon.seller == Some(seller)).collect()
    };
    let with_coupons = (0..scratch.problem.shipping.len()).filter(|&seller| !of_seller(seller).is_empty()).count();
    let most = (OPTIONS_MAX / with_coupons.max(1)).max(OPTIONS_OF_ONE);
    for seller in 0..scratch.problem.shipping.len() {
        let own = of_seller(seller);
        if own.is_empty() {
            continue;
        }
        let lines: Vec<usize> =
            (0..scratch.problem.lines.len()).filter(|&line| scratch.problem.lines[line].seller == seller).collect();
        let worth = |number: usize| usable[own[number]].most_off;
        // Places stand in placing order, for a place is a group.
        let all = places(usable, &own);
        let mut worthiest = all.clone();
        let cut = keep_worthiest(&mut worthiest, most, worth);
        left_out |= cut;
        let mut found = Options { scratch, usable, own: &own, lines: &lines, options: Vec::new() };
        found.each(&worthiest, 0, Set::EMPTY);
        if cut {
            found.all(&all);
        }
        let mut options = found.options;
        options.sort_by(|a, b| b.saved.cmp(&a.saved).then_with(|| b.set.preference(&a.set)));
        let seen: Vec<usize> = (0..lines.len()).filter(|&place| looked_at.has(lines[place])).collect();
        let mut known: HashSet<Vec<i64>> = HashSet::new();
        options.retain(|option| known.insert(seen.iter().map(|&place| option.left[place]).collect()));
        for option in &mut options {
            option.number = count;
            count += 1;
        }
        sellers.push(SellerOptions { seller, lines, options });
    }
    (sellers, left_out)
}

/// One seller's options as they are found.
struct Options<'s, 'a, const N: usize> {
    scratch: &'s mut Cart<'a>,
    usable: &'s [Usable<'s>],
    /// The seller's coupons: members, in placing order.
    own: &'s [usize],
    lines: &'s [usize],
    options: Vec<SellerOption<N>>,
}

impl<const N: usize> Options<'_, '_, N> {
    /// With each choice of at most one coupon per place, by their places in `own`.
    fn each(&mut self, places: &[Vec<usize>], saved: i64, set: Set<N>) {
        let Some((place, later)) = places.split_first() else { return self.add(saved, set) };
        self.each(later, saved, set);
        let before = self.left();
        for &number in place {
            // One that doesn't apply here doesn't with more after it either.
            if let Some(off) = self.take(number) {
                self.each(later, saved + off, set.with(self.own[number]));
                self.restore(&before);
            }
        }
    }

    /// With the coupon of each place that takes most off, of those that apply beside the ones before.
    fn all(&mut self, places: &[Vec<usize>]) {
        let before = self.left();
        let (mut saved, mut set) = (0, Set::EMPTY);
        for place in places {
            let usable = self.usable;
            let most = place.iter().copied().rev().max_by_key(|&number| usable[self.own[number]].most_off);
            if let Some((number, off)) = most.and_then(|number| Some((number, self.take(number)?))) {
                saved += off;
                set = set.with(self.own[number]);
            }
        }
        self.add(saved, set);
        self.restore(&before);
    }

    fn take(&mut self, number: usize) -> Option<i64> {
        let usable = &self.usable[self.own[number]];
        self.scratch.apply(usable.coupon, &usable.sellers)
    }

    fn add(&mut self, saved: i64, set: Set<N>) {
        self.options.push(SellerOption {
            saved,
            set,
            left: self.left(),
            bases: Vec::new(),
            number: 0,
            lost: Set::EMPTY,
            worth: saved,
        });
    }

    fn left(&self) -> Vec<i64> {
        self.lines.iter().map(|&line| self.scratch.lines.left()[line]).collect()
    }

    fn restore(&mut self, left: &[i64]) {
        for (&line, &left) in self.lines.iter().zip(left) {
            self.scratch.lines.restore(line, left);
        }
    }
}

/// Works out what every watch sees of every option, and what it sees at most and at least in all.
pub(super) fn look<const N: usize>(watches: &mut [Watch<'_>], sellers: &mut [SellerOptions<N>]) {
    for watch in &mut *watches {
        watch.fixed = watch.most;
        watch.least = watch.most;
    }
    for seller in sellers {
        let lines = &seller.lines;
        for option in &mut seller.options {
            option.bases = watches.iter().map(|watch| sum(&watch.lines, lines, &option.left)).collect();
        }
        for (number, watch) in watches.iter_mut().enumerate() {
            let bases = || seller.options.iter().map(|option| option.bases[number]);
            let (most, least) = (bases().max().unwrap_or(0), bases().min().unwrap_or(0));
            watch.fixed -= most;
            watch.least -= most - least;
        }
    }
}

/// What a platform coupon and a later coupon have in common.
pub(super) struct Overlap {
    /// The later coupon looks at all that the platform coupon discounts.
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
        coupon: &Watch<'_>,
        later: &Watch<'_>,
        start: &Cart<'_>,
        sellers: &[SellerOptions<N>],
    ) -> Self {
        let both = coupon.lines.and(&later.lines);
        let lines = i64::from(both.count());
        let whole = coupon.lines.is_within(&later.lines);
        if lines == 0 {
            return Self { whole, lines, least: 0, most: 0, fixed: 0, left: Vec::new() };
        }
        let all = start.lines.left().iter().enumerate().filter(|(line, _)| both.has(*line));
        let all: i64 = all.map(|(_, left)| left).sum();
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
