//! Partial combinations: one option of each of some sellers, which are one side of a meeting in the middle.

use std::cmp::Reverse;

use crate::coupon_set::CouponSet;

/// Partials of a side; those of the least reduced value beyond it are left out.
pub(super) const PARTIALS_MAX: usize = 1_024;
/// Partials of the second side that are passed over together.
pub(super) const BLOCK: usize = 8;
/// So many partials at most are compared with each other to find dominated ones.
pub(super) const COMPARED_MAX: usize = 16;

/// The partials of some sellers.
pub(super) struct Side<const N: usize> {
    /// By index in `Search::sellers`.
    pub sellers: Vec<usize>,
    pub partials: Vec<Partial<N>>,
    /// What each coupling sees of each partial, partial by partial.
    pub seen: Vec<i64>,
    /// The options, seller by seller, partial by partial.
    pub picks: Vec<u16>,
}

/// One option of each of a side's sellers.
#[derive(Clone, Copy)]
pub(super) struct Partial<const N: usize> {
    /// Its saving and the value of what it leaves, scaled.
    pub reduced: i64,
    pub saved: i64,
    pub set: CouponSet<N>,
    pub lost: CouponSet<N>,
}

/// The most of a run of partials.
pub(super) struct Block {
    pub reduced: i64,
    pub saved: i64,
    pub seen: Vec<i64>,
}

impl Block {
    /// The most of several blocks, at least one.
    pub fn most(blocks: &[Self]) -> Self {
        let seen = |coupling| blocks.iter().map(|block| block.seen[coupling]).max().unwrap_or(0);
        Self {
            reduced: blocks.iter().map(|block| block.reduced).max().unwrap_or(0),
            saved: blocks.iter().map(|block| block.saved).max().unwrap_or(0),
            seen: (0..blocks.first().map_or(0, |block| block.seen.len())).map(seen).collect(),
        }
    }
}

impl<const N: usize> Side<N> {
    /// Of no seller: the one partial that is nothing.
    pub fn empty(couplings: usize) -> Self {
        let partial = Partial { reduced: 0, saved: 0, set: CouponSet::EMPTY, lost: CouponSet::EMPTY };
        Self { sellers: Vec::new(), partials: vec![partial], seen: vec![0; couplings], picks: Vec::new() }
    }

    pub fn seen(&self, partial: usize, couplings: usize) -> &[i64] {
        &self.seen[partial * couplings..(partial + 1) * couplings]
    }

    pub fn picks(&self, partial: usize) -> &[u16] {
        &self.picks[partial * self.sellers.len()..(partial + 1) * self.sellers.len()]
    }

    /// Writes a partial's options to those of all sellers.
    pub fn pick(&self, partial: usize, picks: &mut [usize]) {
        for (&seller, &pick) in self.sellers.iter().zip(self.picks(partial)) {
            picks[seller] = usize::from(pick);
        }
    }

    /// The given partials in the given order.
    fn keep(&mut self, order: &[usize], couplings: usize) {
        self.seen = order.iter().flat_map(|&partial| self.seen(partial, couplings)).copied().collect();
        self.picks = order.iter().flat_map(|&partial| self.picks(partial)).copied().collect();
        self.partials = order.iter().map(|&partial| self.partials[partial]).collect();
    }

    /// The largest reduced value first, at most [`PARTIALS_MAX`] of them.
    pub fn sort(&mut self, couplings: usize) {
        let mut order: Vec<usize> = (0..self.partials.len()).collect();
        order.sort_unstable_by_key(|&partial| (Reverse(self.partials[partial].reduced), partial));
        order.truncate(PARTIALS_MAX);
        self.keep(&order, couplings);
    }

    /// By steps of reduced value, and in each by falling saving, so that what leaves too little and what saves too
    /// little lie apart.
    pub fn sort_in_steps(&mut self, couplings: usize, step: i64) {
        let most = self.partials.iter().map(|partial| partial.reduced).max().unwrap_or(0);
        let mut order: Vec<usize> = (0..self.partials.len()).collect();
        // Of equal ones those with fewer coupons win ties.
        order.sort_unstable_by_key(|&index| {
            let partial = &self.partials[index];
            ((most - partial.reduced) / step, Reverse(partial.saved), partial.set.count(), index)
        });
        self.keep(&order, couplings);
    }

    /// The most of each run of [`BLOCK`] partials.
    pub fn blocks(&self, couplings: usize) -> Vec<Block> {
        let most = |run: std::ops::Range<usize>| {
            let partials = &self.partials[run.clone()];
            let seen = |coupling| run.clone().map(|partial| self.seen(partial, couplings)[coupling]).max().unwrap_or(0);
            Block {
                reduced: partials.iter().map(|partial| partial.reduced).max().unwrap_or(0),
                saved: partials.iter().map(|partial| partial.saved).max().unwrap_or(0),
                seen: (0..couplings).map(seen).collect(),
            }
        };
        let end = self.partials.len();
        (0..end).step_by(BLOCK).map(|first| most(first..(first + BLOCK).min(end))).collect()
    }

    /// Drops every partial that another dominates: that saves as much, leaves as much to every coupling, loses no other shipping
    /// coupon, and saves more or wins the tie. Says how many were compared.
    pub fn keep_pareto_front(&mut self, couplings: usize) -> usize {
        let mut order: Vec<usize> = (0..self.partials.len()).collect();
        order.sort_unstable_by(|&a, &b| {
            let (one, other) = (&self.partials[a], &self.partials[b]);
            other.saved.cmp(&one.saved).then_with(|| other.set.preference(&one.set))
        });
        let mut kept: Vec<usize> = Vec::with_capacity(order.len());
        let mut looked = 0;
        let mut most = i64::MIN;
        for partial in order {
            let seen = self.seen(partial, couplings);
            // Whoever stands before saves more, or as much and wins the tie.
            let dominated = if let ([seen], 0) = (seen, self.partials[partial].lost.count()) {
                let dominated = *seen <= most;
                most = most.max(*seen);
                dominated
            } else {
                let lost = &self.partials[partial].lost;
                let dominates = |&other: &usize| {
                    self.seen(other, couplings).iter().zip(seen).all(|(theirs, own)| theirs >= own)
                        && self.partials[other].lost.is_within(lost)
                };
                let compared = kept.len().min(COMPARED_MAX);
                looked += compared;
                kept[..compared].iter().any(dominates)
            };
            if !dominated {
                kept.push(partial);
            }
        }
        self.keep(&kept, couplings);
        looked
    }
}
