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
const OPTIONS_MAX: usize = 1_000;

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
    /// By line.
    pub counts: Vec<bool>,
}

impl<'a> Watch<'a> {
    pub fn new(member: usize, usable: &Usable<'a>, start: &Running<'_>) -> Self {
        let terms = usable.candidate.terms;
        let mut counts = vec![false; start.lines_left().len()];
        for &line in &usable.eligible.lines {
            counts[line] = true;
        }
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
            counts,
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
    for seller in 0..scratch.sellers().len() {
        let own: Vec<usize> = members.iter().copied().filter(|&member| usable[member].seller == Some(seller)).collect();
        if own.is_empty() {
            continue;
        }
        let lines: Vec<usize> =
            (0..scratch.lines_left().len()).filter(|&line| scratch.seller_of(line) == seller).collect();
        let start: Vec<Amount> = lines.iter().map(|&line| scratch.line_left(line)).collect();
        let mut options: Vec<SellerOption<N>> = Vec::new();
        for mut subset in subsets(&places(usable, &own), OPTIONS_MAX) {
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
                options.push(SellerOption { saved, set, left, bases: Vec::new(), lost: Set::EMPTY, worth: saved });
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
            let sees = |watch: &Watch<'_>| {
                lines
                    .iter()
                    .zip(&option.left)
                    .filter(|(line, _)| watch.counts[**line])
                    .map(|(_, left)| left.minor())
                    .sum()
            };
            option.bases = watches.iter().map(sees).collect();
        }
        for (number, watch) in watches.iter_mut().enumerate() {
            let bases = || seller.options.iter().map(|option| option.bases[number]);
            let (most, least) = (bases().max().unwrap_or(0), bases().min().unwrap_or(0));
            watch.fixed -= most;
            watch.least -= most - least;
        }
    }
}
