//! Upper bounds by Lagrangian relaxation. That a coupon sees the sum of what the sellers leave couples them; a multiplier on that
//! sum takes the coupling apart: each seller takes the option that is worth most by its saving and what it leaves, valued by the
//! multipliers. Whatever the multipliers, that is an upper bound; good ones make it a tight one.
//!
//! Each multiplier is moved to the least bound, a convex function, by two tangents that bracket it, in at most [`ROUNDS`] rounds.

use super::{Search, choices::Choice, couplings::Coupling, together::proportion};

/// More couplings than these stay without a multiplier, which only weakens the bound.
const MULTIPLIERS_MAX: usize = 8;
/// How often the multipliers are improved in turn where there are several.
const ROUNDS: usize = 3;
/// So many at most are also raised for each other.
const SHIFTED_MAX: usize = 4;
/// A multiplier that could lower what the bound exceeds the best by less than one part in so many is good enough.
const ENOUGH: i64 = 24;
/// Options that are looked at in a step.
const OPTIONS_IN_STEP: usize = 16;
/// What an amount of 1 is here, for multipliers are whole numbers too; and for carts so dear that products would overflow.
const SCALE: i64 = 10_000;
const SCALE_OF_DEAR: i64 = 100;
const DEAR: i64 = 10_000_000_000_000;

/// Multipliers, and what they make of the sellers' options.
pub(super) struct Relaxation {
    pub couplings: Vec<Coupling>,
    pub scale: i64,
    /// Everything that doesn't depend on the options, scaled.
    pub constant: i64,
    /// What each option adds to the bound, by its number: its saving and the value of what it leaves, scaled.
    pub reduced: Vec<i64>,
    bound: i64,
}

impl Relaxation {
    /// The most that any set of the choice saves.
    pub fn bound(&self) -> i64 {
        self.bound.div_euclid(self.scale)
    }

    /// The same, scaled.
    pub fn scaled_bound(&self) -> i64 {
        self.bound
    }
}

/// A way to move multipliers: some by the same amount, each up or down.
struct Direction<'d> {
    along: &'d [(usize, i64)],
    /// What of the bound moving doesn't change, scaled.
    others: i64,
    /// What each option leaves there, and sellers without options.
    bases: Vec<i64>,
    fixed: i64,
    /// How far the multipliers may be moved.
    least: i64,
    most: i64,
}

/// The bound where multipliers are moved so far, and how it changes there.
#[derive(Clone, Copy)]
struct Tangent {
    shift: i64,
    bound: i64,
    slope: i64,
}

/// The options that multipliers chose last, and those that were evaluated last.
struct Tried {
    picks: Vec<usize>,
    evaluated: Vec<usize>,
}

impl<const N: usize> Search<'_, N> {
    /// Good multipliers, with the sets met on the way offered. `None`: no set of the choice can save as much as the best.
    pub(super) fn relax(&mut self, choice: &Choice<N>) -> Option<Relaxation> {
        let whole: i64 = self.lines().iter().chain(&self.start.problem.shipping).sum();
        let scale = if whole <= DEAR { SCALE } else { SCALE_OF_DEAR };
        let couplings = self.couplings(choice, scale)?;
        if !self.agree(&couplings) {
            return None;
        }
        let fixed = scale * (choice.shipping_saved - self.never_taken(choice));
        let options = self.sellers.iter().flat_map(|seller| &seller.options);
        let reduced = options.map(|option| scale * option.worth).collect();
        let mut relaxation = Relaxation { couplings, scale, constant: fixed, reduced, bound: i64::MAX };
        self.improve_multipliers(choice, &mut relaxation)?;
        let of_coupling = |coupling: &Coupling| {
            coupling.most(coupling.multiplier).0 + coupling.multiplier * self.later_coupons[coupling.later].fixed
        };
        relaxation.constant = relaxation.couplings.iter().map(of_coupling).sum::<i64>() + fixed;
        relaxation.bound = relaxation.constant + self.most(&relaxation.reduced);
        self.cover(choice, &mut relaxation);
        (relaxation.bound() >= self.best.0).then_some(relaxation)
    }

    /// In rounds, each multiplier in turn, then pairs of them. `None` once the bound is below the best.
    fn improve_multipliers(&mut self, choice: &Choice<N>, relaxation: &mut Relaxation) -> Option<()> {
        let mut tried = Tried { picks: vec![0; self.sellers.len()], evaluated: Vec::new() };
        let count = relaxation.couplings.len().min(MULTIPLIERS_MAX);
        // Otherwise it is the cover that bounds.
        let has_room = self.has_room(&choice.coupons);
        for round in 0..ROUNDS {
            let before = relaxation.bound;
            let alone = (0..count).map(|coupling| vec![(coupling, 1)]);
            // Where one alone can't lower the bound, one for the other still may.
            let for_each_other = (0..count.min(SHIFTED_MAX))
                .flat_map(|to| (0..to).map(move |from| vec![(from, 1), (to, -1)]))
                .take(if round == 0 && has_room { usize::MAX } else { 0 });
            for along in alone.chain(for_each_other) {
                self.minimize_along(choice, relaxation, &along, &mut tried);
                if relaxation.bound() < self.best.0 {
                    return None;
                }
            }
            let gap = relaxation.bound - self.best.0.saturating_mul(relaxation.scale);
            if count < 2 || before != i64::MAX && (before - relaxation.bound) * ENOUGH < gap {
                break;
            }
        }
        Some(())
    }

    /// Moves the multipliers along to where the bound is least.
    fn minimize_along(
        &mut self,
        choice: &Choice<N>,
        relaxation: &mut Relaxation,
        along: &[(usize, i64)],
        tried: &mut Tried,
    ) {
        let direction = self.direction(relaxation, along);
        let (mut falling, mut rising): (Option<Tangent>, Option<Tangent>) = (None, None);
        let (mut best_shift, mut best_bound) = (0, relaxation.bound);
        let aim = self.best.0.saturating_mul(relaxation.scale);
        let mut next = Some(0);
        while let Some(shift) = next {
            let (tangent, seen) = self.tangent(relaxation, &direction, shift, &mut tried.picks);
            if tangent.bound < best_bound {
                (best_shift, best_bound) = (shift, tangent.bound);
            }
            // A set that comes near the bound early cuts the most elsewhere.
            let coupling = &relaxation.couplings[along[0].0];
            let may_apply = along.len() > 1 || seen >= coupling.low && seen <= coupling.high;
            if may_apply && tried.evaluated != tried.picks {
                tried.evaluated.clone_from(&tried.picks);
                self.evaluate(choice, &tried.picks);
            }
            if tangent.slope == 0 || best_bound < aim {
                break;
            }
            // More is left than wanted: it is valued too high.
            *(if tangent.slope > 0 { &mut rising } else { &mut falling }) = Some(tangent);
            next = match (&falling, &rising) {
                (Some(falling), Some(rising)) => falling.between(rising, best_bound, aim),
                (None, Some(rising)) => direction.further_down(rising, relaxation.scale),
                (Some(falling), None) => direction.further_up(falling, relaxation.scale),
                (None, None) => None,
            };
        }
        direction.apply(relaxation, best_shift);
        relaxation.bound = best_bound;
    }

    fn direction<'d>(&self, relaxation: &Relaxation, along: &'d [(usize, i64)]) -> Direction<'d> {
        let moved = |number: usize| along.iter().any(|&(coupling, _)| coupling == number);
        let couplings = relaxation.couplings.iter().enumerate();
        let others = couplings.map(|(number, coupling)| {
            let off = if moved(number) { 0 } else { coupling.most(coupling.multiplier).0 };
            off + coupling.multiplier * self.later_coupons[coupling.later].fixed
        });
        let scale = relaxation.scale;
        let mut direction = Direction {
            along,
            others: others.sum::<i64>() + relaxation.constant,
            bases: vec![0; relaxation.reduced.len()],
            fixed: 0,
            least: -3 * scale,
            most: 3 * scale,
        };
        for &(coupling, sign) in along {
            let Coupling { later, multiplier, .. } = relaxation.couplings[coupling];
            direction.fixed += sign * self.later_coupons[later].fixed;
            for (sum, base) in direction.bases.iter_mut().zip(&self.bases[later]) {
                *sum += sign * base;
            }
            // A minor unit that is left is worth at least -1 and at most 2.
            let (down, up) = (-scale - multiplier, 2 * scale - multiplier);
            direction.least = direction.least.max(if sign > 0 { down } else { -up });
            direction.most = direction.most.min(if sign > 0 { up } else { -down });
        }
        direction
    }

    /// The bound so far along, and the sum that the options leave which are worth most there: `picks`.
    fn tangent(
        &mut self,
        relaxation: &Relaxation,
        direction: &Direction<'_>,
        shift: i64,
        picks: &mut [usize],
    ) -> (Tangent, i64) {
        self.steps += 1 + relaxation.reduced.len() / OPTIONS_IN_STEP;
        let mut bound = direction.others + shift * direction.fixed;
        let mut wanted_in_all = 0;
        for &(coupling, sign) in direction.along {
            let coupling = &relaxation.couplings[coupling];
            let (off, wanted) = coupling.most(coupling.multiplier + sign * shift);
            bound += off;
            wanted_in_all += sign * wanted;
        }
        let mut first = 0;
        let mut seen = direction.fixed;
        for (seller, pick) in self.sellers.iter().zip(picks) {
            let next = first + seller.options.len();
            let own = relaxation.reduced[first..next].iter().zip(&direction.bases[first..next]);
            let mut best = (i64::MIN, 0);
            for (option, (&value, &base)) in own.enumerate() {
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
        (Tangent { shift, bound, slope: seen - wanted_in_all }, seen)
    }

    /// Whether options may leave one coupling as much as it needs and another as little as its budget asks for.
    fn agree(&mut self, couplings: &[Coupling]) -> bool {
        for few in couplings.iter().filter(|coupling| coupling.high < self.later_coupons[coupling.later].most) {
            for much in couplings.iter().filter(|coupling| coupling.low > self.later_coupons[coupling.later].least) {
                let more: Vec<i64> =
                    self.bases[much.later].iter().zip(&self.bases[few.later]).map(|(much, few)| much - few).collect();
                self.steps += 1 + more.len() / OPTIONS_IN_STEP;
                let fixed = self.later_coupons[much.later].fixed - self.later_coupons[few.later].fixed;
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
    fn cover(&mut self, choice: &Choice<N>, relaxation: &mut Relaxation) {
        if choice.coupons.len() < 2 {
            return;
        }
        for coupling in 0..relaxation.couplings.len() {
            let Some(&covered) = relaxation.couplings[coupling].coupons.first() else { continue };
            let (constant, values) = self.bound_by_cover(choice, covered, relaxation.scale);
            self.steps += 1 + values.len() / OPTIONS_IN_STEP;
            let bound = constant + self.most(&values);
            if bound < relaxation.bound {
                (relaxation.bound, relaxation.constant, relaxation.reduced) = (bound, constant, values);
            }
        }
    }

    /// With all of one coupon's lines taken: what doesn't depend on the options, and what each option adds, scaled.
    fn bound_by_cover(&self, choice: &Choice<N>, covered: usize, scale: i64) -> (i64, Vec<i64>) {
        let later = &self.later_coupons[covered];
        let mut constant = scale * (choice.shipping_saved + later.fixed);
        let options = self.sellers.iter().flat_map(|seller| &seller.options);
        let mut values: Vec<i64> =
            options.zip(&self.bases[covered]).map(|(option, base)| scale * (option.worth + base)).collect();
        for (number, &other) in choice.coupons.iter().enumerate() {
            let beside = &self.later_coupons[other];
            if beside.lines.is_within(&later.lines) {
                continue;
            }
            let overlap = self.overlap(covered.min(other), covered.max(other));
            let outside = beside.most - overlap.most;
            // Rounded up, so that it stays a bound.
            let rate = if self.has_room(&choice.coupons[..=number]) {
                let (off, of) = self.most_rate(&choice.coupons, other);
                constant += scale * (2 + self.margin(choice.coupons.len(), overlap));
                (proportion(scale, off, of) + 1).min(scale)
            } else {
                scale
            };
            if proportion(outside, rate, scale) >= beside.most_off() {
                constant += scale * beside.most_off();
                continue;
            }
            constant += rate * (beside.fixed - overlap.fixed);
            for ((value, base), both) in values.iter_mut().zip(&self.bases[other]).zip(overlap.left_by_all()) {
                *value += rate * (base - both);
            }
        }
        (constant, values)
    }
}

impl Direction<'_> {
    /// Half a unit down, as long as the bound falls that way.
    fn further_down(&self, rising: &Tangent, scale: i64) -> Option<i64> {
        (rising.shift > self.least).then(|| (rising.shift - scale / 2).max(self.least))
    }

    fn further_up(&self, falling: &Tangent, scale: i64) -> Option<i64> {
        (falling.shift < self.most).then(|| (falling.shift + scale / 2).min(self.most))
    }

    fn apply(&self, relaxation: &mut Relaxation, shift: i64) {
        if shift == 0 {
            return;
        }
        relaxation.reduced.iter_mut().zip(&self.bases).for_each(|(value, base)| *value += shift * base);
        for &(coupling, sign) in self.along {
            relaxation.couplings[coupling].multiplier += sign * shift;
        }
    }
}

impl Tangent {
    /// Where a falling tangent meets a rising one: nowhere is the bound less. `None` if that is hardly less than the best bound so
    /// far, or nothing is between them.
    fn between(&self, rising: &Self, best_bound: i64, aim: i64) -> Option<i64> {
        if rising.shift - self.shift <= 1 {
            return None;
        }
        let (step, lowest) = self.meets(rising);
        let hardly_less = (i128::from(best_bound) - lowest) * i128::from(ENOUGH) < i128::from(best_bound - aim);
        (!hardly_less).then(|| self.shift + step.clamp(1, rising.shift - self.shift - 1))
    }

    /// How far right it meets a rising one, and at which bound.
    fn meets(&self, rising: &Self) -> (i64, i128) {
        let run = i128::from(rising.shift - self.shift);
        let drop = i128::from(self.bound - rising.bound) + i128::from(rising.slope) * run;
        let step = drop / i128::from(rising.slope - self.slope);
        // Rounded down, a step may be short of the meeting point by less than 1.
        let lowest = i128::from(self.bound) + i128::from(self.slope) * (step + 1);
        (i64::try_from(step).unwrap_or(i64::MAX), lowest)
    }
}
