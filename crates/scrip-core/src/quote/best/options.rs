use super::{
    Usable, places,
    set::{Set, subsets},
};
use crate::{
    benefit::Benefit,
    campaign::{Comparison, MinimumSpendBase},
    money::Amount,
    quote::lanes::Running,
};

/// Options of one seller that are looked at.
const OPTIONS_MAX: usize = 512;

/// One seller's choices in the seller lane, most saving first.
pub(super) struct SellerOptions<const N: usize> {
    /// The seller's lines.
    pub lines: Vec<usize>,
    pub options: Vec<SellerOption<N>>,
}

pub(super) struct SellerOption<const N: usize> {
    pub saved: i64,
    pub set: Set<N>,
    /// What is left of the seller's lines.
    pub left: Vec<Amount>,
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
    pub benefit: Option<&'a Benefit>,
    pub budget: Option<i64>,
    /// The least sum that it needs.
    pub needed: i64,
    /// The largest sum there can be, the smallest, and what sellers without options have in it.
    pub most: i64,
    pub least: i64,
    pub fixed: i64,
    pub lines: Lines,
}

/// Lines of a cart, which has at most 500.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines([u64; 8]);

impl Lines {
    fn of(lines: &[usize]) -> Self {
        let mut words = [0; 8];
        for line in lines {
            words[line / 64] |= 1 << (line % 64);
        }
        Self(words)
    }

    pub fn has(&self, line: usize) -> bool {
        self.0[line / 64] & 1 << (line % 64) != 0
    }

    pub fn and(mut self, other: &Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word &= theirs;
        }
        self
    }

    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(word, theirs)| word & !theirs == 0)
    }

    /// The sum of the amounts of those of `lines` that are among these.
    pub fn sum(&self, lines: &[usize], amounts: &[Amount]) -> i64 {
        lines.iter().zip(amounts).filter(|(line, _)| self.has(**line)).map(|(_, amount)| amount.minor()).sum()
    }
}

impl<'a> Watch<'a> {
    pub fn new(member: usize, usable: &Usable<'a>, start: &Running<'_>) -> Self {
        let terms = usable.candidate.terms;
        let minimum = match terms.minimum_spend {
            Some(minimum) if minimum.base == MinimumSpendBase::AfterEarlierLanes => {
                minimum.amount.minor() + i64::from(minimum.comparison == Comparison::Exceeds)
            }
            // One of the other base was judged alone, and nothing changes it.
            _ => 0,
        };
        let tier = match &terms.benefit {
            Benefit::TieredAmountOff(tiers) => tiers.lowest().minor() + 1,
            _ => 0,
        };
        let sum = usable.eligible.lines.iter().map(|&line| start.line_left(line).minor()).sum();
        Self {
            member,
            benefit: (!terms.benefit.is_shipping()).then_some(&terms.benefit),
            budget: usable.candidate.budget_left.map(Amount::minor),
            needed: minimum.max(tier),
            most: sum,
            least: sum,
            fixed: sum,
            lines: Lines::of(&usable.eligible.lines),
        }
    }

    /// What it takes off a sum.
    pub fn off(&self, base: i64) -> i64 {
        self.benefit.map_or(0, |benefit| benefit.discount(Amount::of(base)).minor())
    }

    /// The most that it takes off whatever the other lanes do.
    pub fn most_off(&self) -> i64 {
        self.off(self.most).min(self.budget.unwrap_or(i64::MAX))
    }

    /// A share of the sum that it takes off at least of any sum there can be: numerator and denominator.
    pub fn rate(&self) -> (i64, i64) {
        let off = match self.benefit {
            Some(Benefit::TieredAmountOff(_)) => self.off(self.needed.max(self.least)),
            // The larger the sum, the smaller the share; rounding aside.
            Some(Benefit::PercentOff(_)) => self.off(self.most) - 1,
            _ => self.off(self.most),
        };
        (off.max(0), self.most.max(1))
    }

    pub fn is_within_budget(&self) -> bool {
        self.budget.is_none_or(|budget| self.off(self.most) <= budget)
    }
}

/// Each seller's options, without those that another equals in all but the tie. `members` in placing order.
pub(super) fn seller_options<const N: usize>(
    scratch: &mut Running<'_>,
    usable: &[Usable<'_>],
    members: &[usize],
) -> Vec<SellerOptions<N>> {
    let mut sellers = Vec::new();
    let mut count = 0;
    for seller in 0..scratch.sellers().len() {
        let own: Vec<usize> = members.iter().copied().filter(|&member| usable[member].seller == Some(seller)).collect();
        if own.is_empty() {
            continue;
        }
        let lines: Vec<usize> =
            (0..scratch.lines_left().len()).filter(|&line| scratch.seller_of(line) == seller).collect();
        let start: Vec<Amount> = lines.iter().map(|&line| scratch.line_left(line)).collect();
        let mut options: Vec<SellerOption<N>> = Vec::new();
        let worth = |number: usize| usable[own[number]].alone.minor();
        for mut subset in subsets(places(usable, &own), OPTIONS_MAX, worth) {
            subset.sort_unstable();
            let mut saved = 0;
            let mut set = Set::EMPTY;
            let all = subset.iter().all(|&number| {
                let taken = scratch.take(usable[own[number]].candidate, &usable[own[number]].eligible);
                saved += taken.map_or(0, Amount::minor);
                set = set.with(own[number]);
                taken.is_some()
            });
            if all {
                let left = lines.iter().map(|&line| scratch.line_left(line)).collect();
                options.push(SellerOption {
                    saved,
                    set,
                    left,
                    bases: Vec::new(),
                    number: 0,
                    lost: Set::EMPTY,
                    worth: saved,
                });
            }
            for (&line, &left) in lines.iter().zip(&start) {
                scratch.set_line_left(line, left);
            }
        }
        options.sort_by(|a, b| b.saved.cmp(&a.saved).then_with(|| b.set.preference(&a.set)));
        let mut kept: Vec<SellerOption<N>> = Vec::with_capacity(options.len());
        for option in options {
            let same = kept.iter().rev().take_while(|other| other.saved == option.saved);
            if !same.into_iter().any(|other| other.left == option.left) {
                kept.push(option);
            }
        }
        for option in &mut kept {
            option.number = count;
            count += 1;
        }
        sellers.push(SellerOptions { lines, options: kept });
    }
    sellers
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
            option.bases = watches.iter().map(|watch| watch.lines.sum(lines, &option.left)).collect();
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
        start: &Running<'_>,
        sellers: &[SellerOptions<N>],
    ) -> Self {
        let both = coupon.lines.and(&later.lines);
        let lines = i64::from(both.count());
        let whole = coupon.lines.is_within(&later.lines);
        if lines == 0 {
            return Self { whole, lines, least: 0, most: 0, fixed: 0, left: Vec::new() };
        }
        let all = start.lines_left().iter().enumerate().filter(|(line, _)| both.has(*line));
        let all: i64 = all.map(|(_, left)| left.minor()).sum();
        let (mut fixed, mut least) = (all, all);
        let mut left = Vec::new();
        for seller in sellers {
            let first = left.len();
            left.extend(seller.options.iter().map(|option| both.sum(&seller.lines, &option.left)));
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
