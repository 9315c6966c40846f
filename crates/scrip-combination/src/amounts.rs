//! Amounts that the coupons of one lane after another take from: lines, or sellers' shipping.

use crate::split::{Scratch, split_within};

/// What is left of each amount, and what the present lane found.
///
/// Every coupon of a lane sees what the lane found, so the order of a list can't matter.
#[derive(Clone, Default, Debug)]
pub struct Amounts {
    entering: Vec<i64>,
    /// At most `entering`, each at its index, and at least 0.
    left: Vec<i64>,
    scratch: Scratch,
}

impl Amounts {
    /// Amounts in minor units, each at least 0, that no coupon has touched.
    pub fn new(amounts: Vec<i64>) -> Self {
        Self { left: amounts.clone(), entering: amounts, scratch: Scratch::default() }
    }

    /// What is left now is what the next lane's coupons see.
    pub fn enter_lane(&mut self) {
        self.entering.clone_from(&self.left);
    }

    /// What is left, by index.
    pub fn left(&self) -> &[i64] {
        &self.left
    }

    /// The sum that the lane found on these.
    pub fn base(&self, indices: &[usize]) -> i64 {
        indices.iter().map(|&index| self.entering[index]).sum()
    }

    /// The sum that the lane found on these, and the sum that is left.
    pub(crate) fn sums(&self, indices: &[usize]) -> (i64, i64) {
        let add = |(entering, left), &index: &usize| (entering + self.entering[index], left + self.left[index]);
        indices.iter().fold((0, 0), add)
    }

    /// Takes `off` from these, in proportion to what the lane found, by largest remainder; what finds no room at one goes to the
    /// others. `off` is at most what is left on them. Source: rules, Order of application 4.
    pub fn take(&mut self, indices: &[usize], off: i64) {
        split_within(off, &self.entering, &mut self.left, indices, &mut self.scratch);
    }

    /// The parts that [`Amounts::take`] would take, one for each index, of `off` or, if that is less, of what is left.
    pub fn parts(&self, indices: &[usize], off: i64) -> Vec<i64> {
        let mut after = self.clone();
        after.take(indices, off.min(self.sums(indices).1));
        indices.iter().map(|&index| self.left[index] - after.left[index]).collect()
    }

    /// Takes a known part from one.
    ///
    /// # Panics
    /// If that is more than is left of it.
    pub fn take_part(&mut self, index: usize, part: i64) {
        assert!(part <= self.left[index], "a part of what is left");
        self.left[index] -= part;
    }

    /// The amounts of `other` as a lane finds them.
    pub(crate) fn copy_left(&mut self, other: &Self) {
        self.entering.clone_from(&other.left);
        self.left.clone_from(&other.left);
    }

    /// An amount as the lane finds it.
    pub(crate) fn find(&mut self, index: usize, amount: i64) {
        (self.entering[index], self.left[index]) = (amount, amount);
    }

    /// What is left of one after all.
    pub(crate) fn restore(&mut self, index: usize, left: i64) {
        self.left[index] = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::Random;

    /// Coupon after coupon of a lane, then the next lane.
    #[test]
    fn the_parts_are_what_is_taken_and_no_more_than_is_left() {
        for number in 0..2_000 {
            let random = &mut Random(0x11_0000 + number);
            let count = usize::try_from(random.range(1, 6)).expect("small");
            let whole: Vec<i64> = (0..count).map(|_| random.range(0, 300)).collect();
            let (mut amounts, mut entering) = (Amounts::new(whole.clone()), whole);
            for _ in 0..4 {
                if random.percent(30) {
                    amounts.enter_lane();
                    entering = amounts.left().to_vec();
                }
                let some: Vec<usize> = (0..count).filter(|_| random.percent(70)).collect();
                let before = amounts.left().to_vec();
                let found: i64 = some.iter().map(|&index| entering[index]).sum();
                let left: i64 = some.iter().map(|&index| before[index]).sum();
                assert_eq!((amounts.base(&some), amounts.sums(&some)), (found, (found, left)), "case {number}");
                let off = random.range(0, 500);
                let parts = amounts.parts(&some, off);
                assert_eq!(amounts.left(), before, "case {number}: to ask takes nothing");
                assert_eq!((parts.len(), parts.iter().sum()), (some.len(), off.min(left)), "case {number}");
                let mut one_by_one = amounts.clone();
                amounts.take(&some, off.min(left));
                for (&index, &part) in some.iter().zip(&parts) {
                    assert_eq!(part, before[index] - amounts.left()[index], "case {number}");
                    one_by_one.take_part(index, part);
                }
                assert_eq!(one_by_one.left(), amounts.left(), "case {number}");
            }
        }
    }

    #[test]
    fn no_part_is_more_than_what_is_left_of_one() {
        let mut amounts = Amounts::new(vec![10, 10]);
        amounts.take_part(0, 10);
        assert_eq!(amounts.left(), [0, 10]);
        assert!(std::panic::catch_unwind(move || amounts.take_part(0, 1)).is_err());
    }
}
