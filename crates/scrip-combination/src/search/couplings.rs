//! What makes sellers depend on each other: a later coupon sees the sum of what they leave. For each such sum, over which range it
//! may lie, and how much is taken off it at most.

use super::{Search, choices::Choice};
use crate::shape::Shape;

/// The choice's coupons, and shipping coupons to be kept, that look at the same lines and so see the same sum.
pub(super) struct Coupling {
    /// By index in `later_coupons`: the first for all, and those of the choice.
    pub later: usize,
    pub coupons: Vec<usize>,
    /// The Lagrange multiplier: what a minor unit that is left for them is worth, scaled.
    pub multiplier: i64,
    /// The sums that it may see at all.
    pub low: i64,
    pub high: i64,
    /// Breakpoints, each with what they take off there, scaled; on no sum between two do they take off more than the line between them.
    breakpoints: Vec<(i64, i64)>,
}

/// What one coupon asks of the sum that it sees.
struct Demand {
    low: i64,
    high: i64,
    /// What it takes off at most, whatever the sum; `i64::MAX` without a budget.
    budget: i64,
    breakpoints: Vec<i64>,
}

impl Coupling {
    /// The most of what they take off less the sum times a multiplier, and a sum with that.
    pub fn most(&self, multiplier: i64) -> (i64, i64) {
        let value = |&(base, off): &(i64, i64)| (off - multiplier * base, base);
        self.breakpoints.iter().map(value).max().expect("a range has ends")
    }
}

impl<const N: usize> Search<'_, N> {
    /// `None` if there is a coupon with no sum on which it could apply.
    pub(super) fn couplings(&self, choice: &Choice<N>, scale: i64) -> Option<Vec<Coupling>> {
        let mut couplings: Vec<(Coupling, Vec<Demand>)> = Vec::with_capacity(choice.coupons.len() + choice.kept.len());
        for &number in choice.coupons.iter().chain(&choice.kept) {
            let demand = self.demand(choice, number)?;
            let later = &self.later_coupons[number];
            let same =
                couplings.iter_mut().find(|(coupling, _)| self.later_coupons[coupling.later].lines == later.lines);
            let (coupling, demands) = match same {
                Some(coupling) => coupling,
                None => {
                    couplings.push((Coupling::of(number, &demand), Vec::new()));
                    couplings.last_mut().expect("just added")
                }
            };
            coupling.low = coupling.low.max(demand.low);
            coupling.high = coupling.high.min(demand.high);
            if later.shape.is_some() {
                coupling.coupons.push(number);
                demands.push(demand);
            }
        }
        let mut couplings: Vec<Coupling> = couplings
            .into_iter()
            .map(|(coupling, demands)| self.with_breakpoints(coupling, &demands, scale))
            .collect::<Option<_>>()?;
        // The one that leaves the sellers least has most to say.
        couplings.sort_by_key(|coupling| self.later_coupons[coupling.later].most - coupling.low);
        Some(couplings)
    }

    /// `None` if the coupons have no sum in common on which all could apply.
    fn with_breakpoints(&self, mut coupling: Coupling, demands: &[Demand], scale: i64) -> Option<Coupling> {
        let range = coupling.low..=coupling.high;
        let mut bases: Vec<i64> = demands.iter().flat_map(|demand| &demand.breakpoints).copied().collect();
        bases.retain(|base| range.contains(base));
        bases.extend([coupling.low, coupling.high]);
        bases.sort_unstable();
        bases.dedup();
        let off = |base: i64| {
            let of = |(&number, demand): (&usize, &Demand)| {
                let later = &self.later_coupons[number];
                later.most_of(base).min(demand.budget) + later.shape.map_or(0, Shape::lift)
            };
            coupling.coupons.iter().zip(demands).map(of).sum::<i64>()
        };
        coupling.breakpoints = bases.into_iter().map(|base| (base, off(base) * scale)).collect();
        (coupling.low <= coupling.high).then_some(coupling)
    }

    /// `None` if there is no sum on which it could apply.
    fn demand(&self, choice: &Choice<N>, number: usize) -> Option<Demand> {
        let later = &self.later_coupons[number];
        let mut low = later.needed;
        if later.shape.is_none() {
            // What the choice's coupons take off at least of what it looks at must be there besides.
            low += self.least_taken(choice, number);
        }
        low = low.max(later.least);
        let grows = later.shape.is_none_or(Shape::grows);
        let budget = later.budget.filter(|_| later.shape.is_some()).unwrap_or(i64::MAX);
        let mut breakpoints = later.shape.map_or_else(Vec::new, Shape::breakpoints);
        let mut high = later.most;
        if grows && later.off(high) > budget {
            let within = largest_within(budget, high, |base| later.off(base));
            breakpoints.extend([within, within + 1]);
            high = high.min(within.max(self.relief(choice, number, budget)));
        }
        // Where the budget cuts off what may exceed it.
        breakpoints.extend((!grows).then_some(budget));
        (low <= high).then_some(Demand { low, high, budget, breakpoints })
    }

    /// Where those before it leave too little room a coupon may be within its budget after all: up to this sum.
    fn relief(&self, choice: &Choice<N>, number: usize, budget: i64) -> i64 {
        let before = choice.coupons.iter().position(|&other| other == number).unwrap_or(0);
        if self.has_room(&choice.coupons[..=before]) {
            return 0;
        }
        budget + self.most_taken(&choice.coupons[..before], number)
    }
}

impl Coupling {
    fn of(later: usize, demand: &Demand) -> Self {
        let (low, high) = (demand.low, demand.high);
        Self { later, coupons: Vec::new(), multiplier: 0, low, high, breakpoints: Vec::new() }
    }
}

/// The largest sum of which no more than the budget is taken off; of `exceeds` more is.
fn largest_within(budget: i64, mut exceeds: i64, off: impl Fn(i64) -> i64) -> i64 {
    let mut fits = 0;
    while exceeds - fits > 1 {
        let middle = fits + (exceeds - fits) / 2;
        if off(middle) > budget { exceeds = middle } else { fits = middle }
    }
    fits
}
