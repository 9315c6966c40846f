//! A price per minor unit on what the sellers' options leave to each later coupon makes the sellers independent: each
//! takes the option that is worth most by its saving and the priced rest. Whatever the prices, that is a bound (it is
//! the Lagrangian of "the coupon sees the sum over the sellers"); good prices make it a tight one.

use super::{Choice, Search, lane::share};
use crate::shape::Shape;

/// More coupons to watch than these stay without a price, which only weakens the bound.
const PRICED_MAX: usize = 8;
/// How often the prices are improved in turn where there are several.
const ROUNDS: usize = 3;
/// So many at most are also raised for each other.
const SHIFTED_MAX: usize = 4;
/// A price that could lower what the bound exceeds the best by less than one part in so many is good enough.
const ENOUGH: i64 = 24;

pub(super) struct Prices {
    pub targets: Vec<Target>,
    /// What an amount of 1 is here: prices are whole numbers too.
    pub scale: i64,
    /// Everything that doesn't depend on the options, scaled.
    pub constant: i64,
    /// What each option adds to the bound, by its number: its saving and the priced rest, scaled.
    pub reduced: Vec<i64>,
    bound: i64,
}

/// The choice's coupons, and shipping coupons to be kept, that look at the same lines and so see the same sum.
pub(super) struct Target {
    /// Places in `watches`: the first for all, and those of the choice.
    pub watch: usize,
    pub coupons: Vec<usize>,
    pub price: i64,
    /// The sums that it may see at all.
    pub low: i64,
    pub high: i64,
    /// Sums at which what they take off bends, with that, scaled; between them it is never more than the line.
    bends: Vec<(i64, i64)>,
}

/// What one coupon asks of the sum that it sees.
struct Demand {
    low: i64,
    high: i64,
    /// What it takes off at most, whatever the sum; `i64::MAX` without a budget.
    budget: i64,
    bends: Vec<i64>,
}

impl Prices {
    /// The same as the bound, scaled.
    pub fn top(&self) -> i64 {
        self.bound
    }

    /// The most that any set of the choice saves.
    pub fn bound(&self) -> i64 {
        self.bound.div_euclid(self.scale)
    }
}

impl Target {
    /// The most of what it takes off less the priced sum, and that sum.
    fn most(&self, price: i64) -> (i64, i64) {
        let value = |&(base, off): &(i64, i64)| (off - price * base, base);
        self.bends.iter().map(value).max().expect("a range has ends")
    }
}

impl<const N: usize> Search<'_, N> {
    /// Good prices, with the sets met on the way offered. `None`: no set of the choice can save as much as the best.
    pub(super) fn prices(&mut self, choice: &Choice<N>) -> Option<Prices> {
        let whole: i64 = self.lines().iter().chain(&self.start.problem.shipping).sum();
        let scale = if whole <= 10_000_000_000_000 { 10_000 } else { 100 };
        let targets = self.targets(choice, scale)?;
        if !self.agree(&targets) {
            return None;
        }
        let fixed = scale * (choice.shipping_saved - self.never_placed(choice));
        let mut prices = Prices { targets, scale, constant: fixed, reduced: Vec::new(), bound: i64::MAX };
        let mut values: Vec<i64> =
            self.sellers.iter().flat_map(|seller| &seller.options).map(|option| scale * option.worth).collect();
        let mut tried = Tried { picks: vec![0; self.sellers.len()], last: Vec::new() };
        let priced = prices.targets.len().min(PRICED_MAX);
        // Otherwise it is the cover that bounds.
        let has_room = self.has_room(&choice.coupons);
        for round in 0..ROUNDS {
            let before = prices.bound;
            let alone = (0..priced).map(|target| vec![(target, 1)]);
            // Where one alone can't lower the bound, one for the other still may.
            let in_turn = (0..priced.min(SHIFTED_MAX))
                .flat_map(|to| (0..to).map(move |from| vec![(from, 1), (to, -1)]))
                .take(if round == 0 && has_room { usize::MAX } else { 0 });
            for along in alone.chain(in_turn) {
                self.improve(choice, &mut prices, &along, fixed, &mut values, &mut tried);
                if prices.bound() < self.best.0 {
                    return None;
                }
            }
            let gap = prices.bound - self.best.0.saturating_mul(scale);
            if priced < 2 || before != i64::MAX && (before - prices.bound) * ENOUGH < gap {
                break;
            }
        }
        let terms = |target: &Target| target.most(target.price).0 + target.price * self.watches[target.watch].fixed;
        prices.constant = prices.targets.iter().map(terms).sum::<i64>() + fixed;
        prices.reduced = values;
        prices.bound = prices.constant + self.most(&prices.reduced);
        self.cover(choice, &mut prices);
        (prices.bound() >= self.best.0).then_some(prices)
    }

    /// Whether options may leave one target as much as it needs and another as little as its budget asks for.
    fn agree(&mut self, targets: &[Target]) -> bool {
        for few in targets.iter().filter(|target| target.high < self.watches[target.watch].most) {
            for much in targets.iter().filter(|target| target.low > self.watches[target.watch].least) {
                let more: Vec<i64> =
                    self.bases[much.watch].iter().zip(&self.bases[few.watch]).map(|(much, few)| much - few).collect();
                self.steps += 1 + more.len() / 16;
                let fixed = self.watches[much.watch].fixed - self.watches[few.watch].fixed;
                if fixed + self.most(&more) < much.low - few.high {
                    return false;
                }
            }
        }
        true
    }

    /// The sum of each seller's largest value.
    fn most(&self, values: &[i64]) -> i64 {
        let mut rest = values;
        let mut sum = 0;
        for seller in &self.sellers {
            let (own, others) = rest.split_at(seller.options.len());
            sum += own.iter().max().expect("a seller has options");
            rest = others;
        }
        sum
    }

    /// On the lines that one of the coupons looks at, all take together no more than what is left there, and others
    /// beside it only on their other lines. If that is the better bound, it is used.
    fn cover(&mut self, choice: &Choice<N>, prices: &mut Prices) {
        if choice.coupons.len() < 2 {
            return;
        }
        let scale = prices.scale;
        for target in 0..prices.targets.len() {
            let Some(&number) = prices.targets[target].coupons.first() else { continue };
            let watch = &self.watches[number];
            let mut constant = scale * (choice.shipping_saved + watch.fixed);
            let bases = &self.bases[number];
            let worth = self.sellers.iter().flat_map(|seller| &seller.options).map(|option| option.worth);
            let mut values: Vec<i64> = worth.zip(bases).map(|(worth, base)| scale * (worth + base)).collect();
            for (place, &other) in choice.coupons.iter().enumerate() {
                let beside = &self.watches[other];
                if beside.lines.is_within(&watch.lines) {
                    continue;
                }
                let overlap = self.overlap(number.min(other), number.max(other));
                let outside = beside.most - overlap.most;
                // Rounded up, so that it stays a bound.
                let rate = if self.has_room(&choice.coupons[..=place]) {
                    let (off, of) = self.most_rate(&choice.coupons, other);
                    constant += scale * (2 + self.margin(choice.coupons.len(), overlap));
                    (share(scale, off, of) + 1).min(scale)
                } else {
                    scale
                };
                if share(outside, rate, scale) >= beside.most_off() {
                    constant += scale * beside.most_off();
                    continue;
                }
                constant += rate * (beside.fixed - overlap.fixed);
                for ((value, base), both) in values.iter_mut().zip(&self.bases[other]).zip(overlap.left_by_all()) {
                    *value += rate * (base - both);
                }
            }
            self.steps += 1 + values.len() / 16;
            let bound = constant + self.most(&values);
            if bound < prices.bound {
                (prices.bound, prices.constant, prices.reduced) = (bound, constant, values);
            }
        }
    }

    /// `None` if there is a coupon with no sum on which it could apply.
    fn targets(&self, choice: &Choice<N>, scale: i64) -> Option<Vec<Target>> {
        let mut targets: Vec<(Target, Vec<Demand>)> = Vec::with_capacity(choice.coupons.len() + choice.kept.len());
        for &number in choice.coupons.iter().chain(&choice.kept) {
            let demand = self.demand(choice, number)?;
            let watch = &self.watches[number];
            let same = targets.iter_mut().find(|(target, _)| self.watches[target.watch].lines == watch.lines);
            let (target, demands) = match same {
                Some(target) => target,
                None => {
                    let (low, high) = (demand.low, demand.high);
                    let target = Target { watch: number, coupons: Vec::new(), price: 0, low, high, bends: Vec::new() };
                    targets.push((target, Vec::new()));
                    targets.last_mut().expect("just added")
                }
            };
            target.low = target.low.max(demand.low);
            target.high = target.high.min(demand.high);
            if watch.benefit.is_some() {
                target.coupons.push(number);
                demands.push(demand);
            }
        }
        let finish = |(mut target, demands): (Target, Vec<Demand>)| {
            let range = target.low..=target.high;
            let mut bases: Vec<i64> = demands.iter().flat_map(|demand| &demand.bends).copied().collect();
            bases.retain(|base| range.contains(base));
            bases.extend([target.low, target.high]);
            bases.sort_unstable();
            bases.dedup();
            let off = |base: i64| {
                let of = |(&number, demand): (&usize, &Demand)| {
                    let watch = &self.watches[number];
                    watch.most_of(base).min(demand.budget) + watch.benefit.map_or(0, Shape::lift)
                };
                target.coupons.iter().zip(&demands).map(of).sum::<i64>()
            };
            target.bends = bases.into_iter().map(|base| (base, off(base) * scale)).collect();
            (target.low <= target.high).then_some(target)
        };
        let mut targets = targets.into_iter().map(finish).collect::<Option<Vec<Target>>>()?;
        // The one that leaves the sellers least has most to say.
        targets.sort_by_key(|target| self.watches[target.watch].most - target.low);
        Some(targets)
    }

    /// `None` if there is no sum on which it could apply.
    fn demand(&self, choice: &Choice<N>, number: usize) -> Option<Demand> {
        let watch = &self.watches[number];
        let mut low = watch.needed;
        if watch.benefit.is_none() {
            // What the choice's coupons take off at least of what it looks at must be there besides.
            low += self.least_taken(choice, number);
        }
        low = low.max(watch.least);
        let mut high = watch.most;
        let budget = watch.budget.filter(|_| watch.benefit.is_some()).unwrap_or(i64::MAX);
        // The largest sum on which it stays within its budget.
        let grows = watch.benefit.is_none_or(Shape::grows);
        let within = (grows && watch.off(high) > budget).then(|| {
            let (mut fits, mut exceeds) = (0, high);
            while exceeds - fits > 1 {
                let middle = fits + (exceeds - fits) / 2;
                if watch.off(middle) > budget { exceeds = middle } else { fits = middle }
            }
            fits
        });
        if let Some(within) = within {
            // Where those before it leave too little room it may be within it after all.
            let place = choice.coupons.iter().position(|&other| other == number).unwrap_or(0);
            let relief = if self.has_room(&choice.coupons[..=place]) {
                0
            } else {
                budget + self.most_taken(&choice.coupons[..place], number)
            };
            high = high.min(within.max(relief));
        }
        if low > high {
            return None;
        }
        let mut bends = watch.benefit.map_or_else(Vec::new, Shape::breakpoints);
        // Where the budget cuts off what may exceed it.
        bends.extend((!grows).then_some(budget));
        bends.extend(within.into_iter().flat_map(|within| [within, within + 1]));
        Some(Demand { low, high, budget, bends })
    }

    /// Moves the prices of some targets by the same amount, each up or down, to where the bound is least. It is
    /// convex, so two tangents bracket that.
    fn improve(
        &mut self,
        choice: &Choice<N>,
        prices: &mut Prices,
        along: &[(usize, i64)],
        constant: i64,
        values: &mut [i64],
        tried: &mut Tried,
    ) {
        let moved = |number: usize| along.iter().any(|&(target, _)| target == number);
        let others: i64 = prices
            .targets
            .iter()
            .enumerate()
            .map(|(number, target)| {
                let off = if moved(number) { 0 } else { target.most(target.price).0 };
                off + target.price * self.watches[target.watch].fixed
            })
            .sum::<i64>()
            + constant;
        let mut bases = vec![0; values.len()];
        let mut fixed = 0;
        let (mut least, mut most) = (-3 * prices.scale, 3 * prices.scale);
        for &(target, sign) in along {
            let Target { watch, price, .. } = prices.targets[target];
            fixed += sign * self.watches[watch].fixed;
            for (sum, base) in bases.iter_mut().zip(&self.bases[watch]) {
                *sum += sign * base;
            }
            let (down, up) = (-prices.scale - price, 2 * prices.scale - price);
            least = least.max(if sign > 0 { down } else { -up });
            most = most.min(if sign > 0 { up } else { -down });
        }
        // A look at every option takes as long as some steps of the descent.
        let look = 1 + values.len() / 16;
        let (mut below, mut above): (Option<Tangent>, Option<Tangent>) = (None, None);
        let (mut best_shift, mut best_bound) = (0, prices.bound);
        let mut shift = 0;
        let aim = self.best.0.saturating_mul(prices.scale);
        loop {
            self.steps += look;
            let mut bound = others + shift * fixed;
            let mut slope = fixed;
            for &(target, sign) in along {
                let target = &prices.targets[target];
                let (off, wanted) = target.most(target.price + sign * shift);
                bound += off;
                slope -= sign * wanted;
            }
            let mut first = 0;
            let mut seen = fixed;
            for (seller, pick) in self.sellers.iter().zip(&mut tried.picks) {
                let next = first + seller.options.len();
                let mut best = (i64::MIN, 0);
                for (option, (&value, &base)) in values[first..next].iter().zip(&bases[first..next]).enumerate() {
                    let value = value + shift * base;
                    if value > best.0 {
                        best = (value, base);
                        *pick = option;
                    }
                }
                first = next;
                bound += best.0;
                seen += best.1;
            }
            slope += seen - fixed;
            if bound < best_bound {
                (best_shift, best_bound) = (shift, bound);
            }
            // A set that comes near the bound early cuts the most elsewhere.
            let target = &prices.targets[along[0].0];
            if (along.len() > 1 || seen >= target.low && seen <= target.high) && tried.last != tried.picks {
                tried.last.clone_from(&tried.picks);
                self.evaluate(choice, &tried.picks);
            }
            if slope == 0 || best_bound < aim {
                break;
            }
            // More is left than wanted: it is priced too high.
            let tangent = Tangent { shift, bound, slope };
            if slope > 0 {
                above = Some(tangent);
            } else {
                below = Some(tangent);
            }
            shift = match (&below, &above) {
                (Some(left), Some(right)) => {
                    if right.shift - left.shift <= 1 {
                        break;
                    }
                    let (step, lowest) = left.meets(right);
                    if (i128::from(best_bound) - lowest) * i128::from(ENOUGH) < i128::from(best_bound - aim) {
                        break;
                    }
                    left.shift + step.clamp(1, right.shift - left.shift - 1)
                }
                (None, Some(right)) if right.shift > least => (right.shift - prices.scale / 2).max(least),
                (Some(left), None) if left.shift < most => (left.shift + prices.scale / 2).min(most),
                _ => break,
            };
        }
        if best_shift != 0 {
            values.iter_mut().zip(&bases).for_each(|(value, base)| *value += best_shift * base);
            for &(target, sign) in along {
                prices.targets[target].price += sign * best_shift;
            }
        }
        prices.bound = best_bound;
    }
}

/// The options that a price chose last, and those that were evaluated last.
struct Tried {
    picks: Vec<usize>,
    last: Vec<usize>,
}

/// A bound at a shift of the prices, and how it changes there.
struct Tangent {
    shift: i64,
    bound: i64,
    slope: i64,
}

impl Tangent {
    /// How far right a falling one meets a rising one, and at which bound: it is nowhere less.
    fn meets(&self, rising: &Self) -> (i64, i128) {
        let run = i128::from(rising.shift - self.shift);
        let drop = i128::from(self.bound - rising.bound) + i128::from(rising.slope) * run;
        let step = drop / i128::from(rising.slope - self.slope);
        // Rounded down, a step may be short of the meeting point by less than 1.
        let lowest = i128::from(self.bound) + i128::from(self.slope) * (step + 1);
        (i64::try_from(step).unwrap_or(i64::MAX), lowest)
    }
}
