//! Half of the sellers: every point is one option of each of them.

use std::cmp::Reverse;

use crate::set::Set;

/// Points of a half; those of the least reduced value beyond it are left out.
pub(super) const POINTS_MAX: usize = 1_024;
/// Points of the second half that are passed over together.
pub(super) const BLOCK: usize = 8;
/// So many points at most are compared with each other to find those that are beaten.
pub(super) const COMPARED_MAX: usize = 16;

/// One option of each of some sellers.
pub(super) struct Half<const N: usize> {
    /// Places of its sellers in `Search::sellers`.
    pub sellers: Vec<usize>,
    pub points: Vec<Point<N>>,
    /// What each target sees of each point, point by point.
    pub seen: Vec<i64>,
    /// The options, seller by seller, point by point.
    pub picks: Vec<u16>,
}

#[derive(Clone, Copy)]
pub(super) struct Point<const N: usize> {
    /// Its saving and the priced rest, scaled.
    pub reduced: i64,
    pub saved: i64,
    pub set: Set<N>,
    pub lost: Set<N>,
}

/// The most of a run of points.
pub(super) struct Block {
    pub reduced: i64,
    pub saved: i64,
    pub seen: Vec<i64>,
}

impl Block {
    pub fn most(blocks: &[Self]) -> Self {
        let seen = |target| blocks.iter().map(|block| block.seen[target]).max().unwrap_or(0);
        Self {
            reduced: blocks.iter().map(|block| block.reduced).max().unwrap_or(0),
            saved: blocks.iter().map(|block| block.saved).max().unwrap_or(0),
            seen: (0..blocks.first().map_or(0, |block| block.seen.len())).map(seen).collect(),
        }
    }
}

impl<const N: usize> Half<N> {
    pub fn empty(targets: usize) -> Self {
        let point = Point { reduced: 0, saved: 0, set: Set::EMPTY, lost: Set::EMPTY };
        Self { sellers: Vec::new(), points: vec![point], seen: vec![0; targets], picks: Vec::new() }
    }

    pub fn seen(&self, point: usize, targets: usize) -> &[i64] {
        &self.seen[point * targets..(point + 1) * targets]
    }

    pub fn picks(&self, point: usize) -> &[u16] {
        &self.picks[point * self.sellers.len()..(point + 1) * self.sellers.len()]
    }

    /// The given points in the given order.
    pub fn keep(&mut self, order: &[usize], targets: usize) {
        self.seen = order.iter().flat_map(|&point| self.seen(point, targets)).copied().collect();
        self.picks = order.iter().flat_map(|&point| self.picks(point)).copied().collect();
        self.points = order.iter().map(|&point| self.points[point]).collect();
    }

    pub fn sort(&mut self, targets: usize) {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_unstable_by_key(|&point| (Reverse(self.points[point].reduced), point));
        order.truncate(POINTS_MAX);
        self.keep(&order, targets);
    }

    /// By steps of reduced value, and in each by falling saving, so that what leaves too little and what saves too
    /// little lie apart.
    pub fn sort_in_steps(&mut self, targets: usize, step: i64) {
        let most = self.points.iter().map(|point| point.reduced).max().unwrap_or(0);
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        // Of equal ones those with fewer coupons win ties.
        order.sort_unstable_by_key(|&place| {
            let point = &self.points[place];
            ((most - point.reduced) / step, Reverse(point.saved), point.set.count(), place)
        });
        self.keep(&order, targets);
    }

    /// The most of each run of points.
    pub fn blocks(&self, targets: usize) -> Vec<Block> {
        let most = |run: std::ops::Range<usize>| {
            let points = &self.points[run.clone()];
            Block {
                reduced: points.iter().map(|point| point.reduced).max().unwrap_or(0),
                saved: points.iter().map(|point| point.saved).max().unwrap_or(0),
                seen: (0..targets)
                    .map(|target| run.clone().map(|point| self.seen(point, targets)[target]).max().unwrap_or(0))
                    .collect(),
            }
        };
        let end = self.points.len();
        (0..end).step_by(BLOCK).map(|first| most(first..(first + BLOCK).min(end))).collect()
    }

    /// Drops every point that another beats for certain: it saves as much, leaves as much to every target, and saves
    /// more or wins the tie.
    pub fn keep_unbeaten(&mut self, targets: usize) -> usize {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_unstable_by(|&a, &b| {
            let (one, other) = (&self.points[a], &self.points[b]);
            other.saved.cmp(&one.saved).then_with(|| other.set.preference(&one.set))
        });
        let mut kept: Vec<usize> = Vec::with_capacity(order.len());
        let mut looked = 0;
        let mut most = i64::MIN;
        for point in order {
            let seen = self.seen(point, targets);
            // Whoever stands before saves more, or as much and wins the tie.
            let beaten = if let ([seen], 0) = (seen, self.points[point].lost.count()) {
                let beaten = *seen <= most;
                most = most.max(*seen);
                beaten
            } else {
                let lost = &self.points[point].lost;
                let beats = |&other: &usize| {
                    self.seen(other, targets).iter().zip(seen).all(|(theirs, own)| theirs >= own)
                        && self.points[other].lost.is_within(lost)
                };
                let compared = kept.len().min(COMPARED_MAX);
                looked += compared;
                kept[..compared].iter().any(beats)
            };
            if !beaten {
                kept.push(point);
            }
        }
        self.keep(&kept, targets);
        looked
    }
}

/// The options of a pair of points.
pub(super) fn pick<const N: usize>(picks: &mut [usize], pair: [(&Half<N>, usize); 2]) {
    for (half, point) in pair {
        for (&seller, &pick) in half.sellers.iter().zip(half.picks(point)) {
            picks[seller] = usize::from(pick);
        }
    }
}
