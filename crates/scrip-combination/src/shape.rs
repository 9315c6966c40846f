//! What a coupon takes off a sum, as the search knows it: exactly for every sum, and, if the shape is one of those named here,
//! bounded over ranges of sums.

use std::{fmt, rc::Rc};

/// How a discount depends on the sum that it is of. Amounts are minor units, at least 0.
#[derive(Clone)]
pub enum Shape {
    /// A fixed amount, at most the sum. All of the sum: `i64::MAX`.
    Amount(i64),
    /// Basis points of the sum, 1 to 10,000, rounded once, half up; at most the cap.
    Percent { basis_points: u16, cap: i64 },
    /// The amount of the last tier whose `over` is exceeded; at most the sum. `over` rises, `amount` doesn't fall.
    Tiers(Vec<Tier>),
    /// Anything else. The search evaluates it on the sums that it meets, and of others it knows only that nothing takes off
    /// more than the sum. It needn't grow with the sum.
    Opaque(Opaque),
}

/// `amount` off a sum that exceeds `over`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tier {
    pub over: i64,
    pub amount: i64,
}

/// A discount of which nothing is known but its values.
#[derive(Clone)]
pub struct Opaque {
    function: Rc<dyn Fn(i64) -> i64>,
    cap: i64,
}

impl Shape {
    /// A discount by any function of the sum. What it gives below 0 or above the sum counts as that.
    pub fn opaque(function: impl Fn(i64) -> i64 + 'static) -> Self {
        Self::Opaque(Opaque { function: Rc::new(function), cap: i64::MAX })
    }

    /// The same, but never more than `most`.
    #[must_use]
    pub fn capped(self, most: i64) -> Self {
        match self {
            Self::Amount(amount) => Self::Amount(amount.min(most)),
            Self::Percent { basis_points, cap } => Self::Percent { basis_points, cap: cap.min(most) },
            Self::Tiers(mut tiers) => {
                tiers.iter_mut().for_each(|tier| tier.amount = tier.amount.min(most));
                Self::Tiers(tiers)
            }
            Self::Opaque(opaque) => Self::Opaque(Opaque { cap: opaque.cap.min(most), ..opaque }),
        }
    }

    /// What is taken off the sum, never more than it.
    pub fn off(&self, base: i64) -> i64 {
        let off = match self {
            Self::Amount(amount) => *amount,
            Self::Percent { basis_points, cap } => basis_points_of(base, *basis_points).min(*cap),
            Self::Tiers(tiers) => tiers.iter().rev().find(|tier| base > tier.over).map_or(0, |tier| tier.amount),
            Self::Opaque(Opaque { function, cap }) => function(base).min(*cap).max(0),
        };
        off.min(base)
    }

    /// Whether more is never taken off less.
    pub(crate) fn grows(&self) -> bool {
        !matches!(self, Self::Opaque(_))
    }

    /// Whether besides a sum larger by 1 never has more than 1 more taken off, so that of a larger sum no less is left.
    pub(crate) fn leaves_more(&self) -> bool {
        matches!(self, Self::Amount(_) | Self::Percent { .. })
    }

    /// The least sum of which it may take anything off.
    pub(crate) fn needed(&self) -> i64 {
        match self {
            Self::Tiers(tiers) => tiers.first().map_or(0, |tier| tier.over + 1),
            _ => 0,
        }
    }

    /// The most that is taken off this sum or any smaller one.
    pub(crate) fn most(&self, base: i64) -> i64 {
        match self {
            Self::Opaque(Opaque { cap, .. }) => base.min(*cap),
            _ => self.off(base),
        }
    }

    /// The least that is taken off this sum or any larger one.
    pub(crate) fn least(&self, base: i64) -> i64 {
        if self.grows() { self.off(base) } else { 0 }
    }

    /// A part of the sum that is taken off at least of any from `low` to `high`: numerator and denominator.
    pub(crate) fn rate_at_least(&self, low: i64, high: i64) -> (i64, i64) {
        let off = match self {
            // The larger the sum, the smaller the part.
            Self::Amount(_) => self.off(high),
            // The same, rounding aside.
            Self::Percent { .. } => self.off(high) - 1,
            Self::Tiers(_) => self.off(low),
            Self::Opaque(_) => 0,
        };
        (off.max(0), high.max(1))
    }

    /// A part of the sum that is taken off at most of any from `low`, at least 1, to `high`: numerator and denominator.
    pub(crate) fn rate_at_most(&self, low: i64, high: i64) -> (i64, i64) {
        let off = match self {
            Self::Percent { .. } => self.off(low) + 1,
            _ => self.most(high),
        };
        (off.min(low), low)
    }

    /// What its values are lifted by so that no sum between two breakpoints has more than the line between them.
    pub(crate) fn lift(&self) -> i64 {
        // Rounding takes a percentage off its line by less than 1.
        i64::from(matches!(self, Self::Percent { .. }))
    }

    /// Sums at which [`Shape::most`] bends or jumps.
    pub(crate) fn breakpoints(&self) -> Vec<i64> {
        match self {
            Self::Amount(amount) => vec![*amount],
            Self::Percent { basis_points, cap } => {
                let points = i128::from(*basis_points);
                // The least sum that the cap is reached on, and the one before: up to there the line is the percentage's, while the cap
                // may lie below that by nearly a minor unit.
                let reached = i64::try_from((i128::from(*cap) * 10_000 + points - 1) / points);
                reached.into_iter().flat_map(|reached| [reached - 1, reached]).collect()
            }
            Self::Tiers(tiers) => tiers.iter().flat_map(|tier| [tier.over, tier.over + 1, tier.amount]).collect(),
            Self::Opaque(Opaque { cap, .. }) => vec![*cap],
        }
    }
}

/// Rounded once, half up.
fn basis_points_of(base: i64, points: u16) -> i64 {
    // Nearly every sum fits here, and a division of 128 bits takes several times as long.
    if let Some(product) = base.checked_mul(2 * i64::from(points)).and_then(|double| double.checked_add(10_000)) {
        return product / 20_000;
    }
    let rounded = (2 * i128::from(base) * i128::from(points) + 10_000) / 20_000;
    i64::try_from(rounded).expect("a part of a sum fits where the sum fits")
}

/// Whether both take the same off every sum: of two opaque ones only if they are the same function.
impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Amount(own), Self::Amount(theirs)) => own == theirs,
            (Self::Percent { basis_points, cap }, Self::Percent { basis_points: points, cap: most }) => {
                (basis_points, cap) == (points, most)
            }
            (Self::Tiers(own), Self::Tiers(theirs)) => own == theirs,
            (Self::Opaque(own), Self::Opaque(theirs)) => {
                own.cap == theirs.cap && Rc::ptr_eq(&own.function, &theirs.function)
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => write!(f, "Amount({amount})"),
            Self::Percent { basis_points, cap } => write!(f, "Percent({basis_points}, at most {cap})"),
            Self::Tiers(tiers) => write!(f, "Tiers({tiers:?})"),
            Self::Opaque(Opaque { cap, .. }) => write!(f, "Opaque(at most {cap})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::{Random, opaque};

    const SUMS: i64 = 300;

    /// Of every kind, with figures that matter below [`SUMS`].
    fn any(random: &mut Random) -> Shape {
        let cap = |random: &mut Random| if random.percent(50) { random.range(1, 60) } else { i64::MAX };
        match random.index(4) {
            0 => Shape::Amount(random.range(1, 200)),
            1 => {
                let basis_points = u16::try_from(random.range(1, 10_000)).expect("basis points");
                Shape::Percent { basis_points, cap: cap(random) }
            }
            2 => {
                let mut tier = Tier { over: -1, amount: 0 };
                let tiers = (0..random.range(1, 4)).map(|_| {
                    tier.over += random.range(1, 80);
                    tier.amount += random.range(0, 60);
                    tier
                });
                Shape::Tiers(tiers.collect())
            }
            _ => {
                let known = Shape::Amount(random.range(1, 200));
                let most = cap(random);
                opaque(random, &known).capped(most)
            }
        }
    }

    #[test]
    fn what_is_said_of_a_shape_is_true_of_every_sum() {
        for number in 0..1_500 {
            let random = &mut Random(0x12_0000 + number);
            let shape = any(random);
            let off: Vec<(i64, i64)> = (0..=SUMS).map(|base| (base, shape.off(base))).collect();
            let holds = |rule: &str, all: bool| assert!(all, "shape {number}: {rule}: {shape:?}");
            holds("between nothing and the sum", off.iter().all(|&(base, off)| (0..=base).contains(&off)));
            let rises = |value: fn(&(i64, i64)) -> i64| off.windows(2).all(|pair| value(&pair[0]) <= value(&pair[1]));
            holds("more is never taken off less", !shape.grows() || rises(|&(_, off)| off));
            holds("of more no less is left", !shape.leaves_more() || rises(|&(base, off)| base - off));
            holds("nothing below what it needs", off.iter().all(|&(base, off)| off == 0 || base >= shape.needed()));
            let (low, high) = (random.range(1, SUMS), random.range(1, SUMS));
            let (low, high) = (low.min(high), low.max(high));
            let up_to = off.iter().take_while(|pair| pair.0 <= low).map(|pair| pair.1).max();
            holds("the most of any smaller sum", up_to <= Some(shape.most(low)));
            let from = off.iter().skip_while(|pair| pair.0 < low).map(|pair| pair.1).min();
            holds("the least of any larger sum", from >= Some(shape.least(low)));
            if shape.grows() {
                holds("both exact where it grows", (up_to, from) == (Some(shape.most(low)), Some(shape.least(low))));
            }
            let within = || off.iter().filter(|pair| (low..=high).contains(&pair.0));
            let (part, of) = shape.rate_at_least(low, high);
            // Rounding takes a percentage off the proportion by half a minor unit.
            holds("a part at least", within().all(|&(base, off)| part * base * 2 <= (off * 2 + shape.lift()) * of));
            let (part, of) = shape.rate_at_most(low, high);
            holds("a part at most", within().all(|&(base, off)| off * of <= part * base));
            bends_at_breakpoints(&shape, number);
        }
    }

    /// On no sum between two breakpoints it takes off more than the line between them.
    fn bends_at_breakpoints(shape: &Shape, number: u64) {
        let mut bends = shape.breakpoints();
        bends.extend([0, SUMS]);
        bends.retain(|base| (0..=SUMS).contains(base));
        bends.sort_unstable();
        bends.dedup();
        for ends in bends.windows(2) {
            let [first, last] = [ends[0], ends[1]].map(|base| (base, shape.most(base) + shape.lift()));
            for base in first.0..=last.0 {
                let line = first.1 * (last.0 - base) + last.1 * (base - first.0);
                let most = shape.most(base) * (last.0 - first.0);
                assert!(most <= line, "shape {number}: {most} on {base}, not {line}: {shape:?}");
            }
        }
    }

    #[test]
    fn a_capped_shape_takes_off_the_same_up_to_its_cap() {
        for number in 0..1_000 {
            let random = &mut Random(0x13_0000 + number);
            let shape = any(random);
            let (once, twice) = (random.range(0, 80), random.range(0, 80));
            let capped = shape.clone().capped(once).capped(twice);
            for base in 0..=SUMS {
                let expected = shape.off(base).min(once).min(twice);
                assert_eq!(capped.off(base), expected, "shape {number} of {base}: {capped:?}");
                assert!(capped.most(base) <= once.min(twice), "shape {number} of {base}: {capped:?}");
            }
        }
    }

    #[test]
    fn a_percentage_is_rounded_half_up_whatever_the_sum() {
        let percent = |basis_points| Shape::Percent { basis_points, cap: i64::MAX };
        for (points, base, expected) in [
            (5_000, 1, 1),
            (4_999, 1, 0),
            (1, 4_999, 0),
            (1, 5_000, 1),
            (250, 100, 3),
            (10_000, i64::MAX / 2, i64::MAX / 2),
            // Beyond what a product of 64 bits holds, and just within it.
            (9_999, 4_000_000_000_000_000_000, 3_999_600_000_000_000_000),
            (3_333, 2_000_000_000_000_005, 666_600_000_000_002),
            (3_333, 2_000_000_000_000_004, 666_600_000_000_001),
        ] {
            assert_eq!(percent(points).off(base), expected, "{points} of {base}");
        }
    }

    #[test]
    fn shapes_are_the_same_if_all_their_figures_are() {
        let tiers = |amount| Shape::Tiers(vec![Tier { over: 1, amount }]);
        let percent = |basis_points, cap| Shape::Percent { basis_points, cap };
        let opaque = Shape::opaque(|base| base / 2);
        let shapes = [
            Shape::Amount(1),
            Shape::Amount(2),
            percent(1, 1),
            percent(1, 2),
            percent(2, 1),
            tiers(1),
            tiers(2),
            opaque.clone(),
            opaque.capped(5),
            // Another function, though of the same values.
            Shape::opaque(|base| base / 2),
        ];
        for (number, one) in shapes.iter().enumerate() {
            for (other, another) in shapes.iter().enumerate() {
                assert_eq!(one == another, number == other, "{one:?} and {another:?}");
            }
        }
    }
}
