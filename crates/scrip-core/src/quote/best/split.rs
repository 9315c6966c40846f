//! The split of a platform coupon's discount over lines, on plain figures: as
//! [`split_within`](crate::money::split_within) does it, without making lists.

use crate::money::Amount;

/// The lines of a cart in one lane.
#[derive(Default)]
pub(super) struct Split {
    /// As the lane found them, and what is left.
    entering: Vec<i64>,
    left: Vec<i64>,
    /// Between uses: lines that take more, and what their parts were rounded by.
    open: Vec<usize>,
    remainders: Vec<(i64, usize)>,
}

impl Split {
    pub fn enter(&mut self, lines: &[Amount]) {
        self.entering.clear();
        self.entering.extend(lines.iter().map(|left| left.minor()));
        self.left.clone_from(&self.entering);
    }

    /// The line as the lane finds it.
    pub fn set(&mut self, line: usize, left: i64) {
        (self.entering[line], self.left[line]) = (left, left);
    }

    pub fn left(&self, line: usize) -> i64 {
        self.left[line]
    }

    /// What the lane found on the lines, and what is left.
    pub fn sums(&self, lines: &[usize]) -> (i64, i64) {
        lines.iter().fold((0, 0), |(entering, left), &line| (entering + self.entering[line], left + self.left[line]))
    }
}

/// Takes the amount off the lines; they have room for it.
pub(super) fn place_within(split: &mut Split, lines: &[usize], off: i64) {
    let Split { entering, left, open, remainders } = split;
    open.clear();
    open.extend(lines.iter().copied().filter(|&line| left[line] > 0));
    let mut rest = off;
    while rest > 0 && !open.is_empty() {
        let whole: i64 = open.iter().map(|&line| entering[line]).sum();
        remainders.clear();
        let mut over = rest;
        // Nearly every product fits here, and a division of 128 bits takes several times as long.
        let short = rest.checked_mul(whole).is_some();
        for (place, &line) in open.iter().enumerate() {
            let (part, remainder) = if short {
                let product = rest * entering[line];
                (product / whole, product % whole)
            } else {
                let (product, whole) = (i128::from(rest) * i128::from(entering[line]), i128::from(whole));
                let fits = |amount| i64::try_from(amount).expect("a part of an amount");
                (fits(product / whole), fits(product % whole))
            };
            over -= part;
            remainders.push((remainder, place));
            left[line] -= part;
        }
        if over > 0 {
            let count = usize::try_from(over).expect("fewer left over than parts");
            remainders.select_nth_unstable_by(count - 1, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            for &(_, place) in &remainders[..count] {
                left[open[place]] -= 1;
            }
        }
        // Below zero is what found no room.
        rest = 0;
        open.retain(|&line| {
            let amount = left[line];
            if amount < 0 {
                rest -= amount;
                left[line] = 0;
            }
            amount > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::split_within;

    /// Coupon after coupon on the same lines, as the general split does it.
    #[test]
    fn it_is_the_split_of_orders() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((state >> 33) % below).expect("small")
        };
        for case in 0..5_000 {
            // Some near the limit of an amount, where products need 128 bits.
            let unit = if case % 5 == 0 { 100_000_000_000 } else { 1 };
            let count = usize::try_from(random(8) + 1).expect("small");
            let entering: Vec<Amount> = (0..count).map(|_| Amount::of(random(500) * unit)).collect();
            let mut left = entering.clone();
            let mut split = Split::default();
            split.enter(&entering);
            for _ in 0..4 {
                let lines: Vec<usize> = (0..count).filter(|_| random(3) > 0).collect();
                let of = |from: &[Amount]| lines.iter().map(|&line| from[line]).collect::<Vec<_>>();
                let room: Amount = of(&left).into_iter().sum();
                let off = room.min(Amount::of(random(800) * unit));
                for (&line, part) in lines.iter().zip(split_within(off, &of(&entering), &of(&left))) {
                    left[line] -= part;
                }
                place_within(&mut split, &lines, off.minor());
                let placed: Vec<i64> = (0..count).map(|line| split.left(line)).collect();
                assert_eq!(placed, left.iter().map(|left| left.minor()).collect::<Vec<_>>(), "case {case}");
            }
        }
    }
}
