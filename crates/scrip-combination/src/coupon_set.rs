//! Sets of coupons by their number in the order of ties, which compare as ties are decided.

use std::cmp::Ordering;

/// A set of coupons, by their number in the order of ties, below `64 N`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CouponSet<const N: usize> {
    words: [u64; N],
    count: u32,
}

impl<const N: usize> CouponSet<N> {
    pub const EMPTY: Self = Self { words: [0; N], count: 0 };

    /// `member` isn't in it yet.
    pub fn with(mut self, member: usize) -> Self {
        self.words[member / 64] |= bit(member);
        self.count += 1;
        self
    }

    /// Of disjoint sets.
    pub fn and(mut self, other: &Self) -> Self {
        for (word, theirs) in self.words.iter_mut().zip(other.words) {
            *word |= theirs;
        }
        self.count += other.count;
        self
    }

    /// `member` is in it.
    pub fn without(mut self, member: usize) -> Self {
        self.words[member / 64] &= !bit(member);
        self.count -= 1;
        self
    }

    pub fn has(&self, member: usize) -> bool {
        self.words[member / 64] & bit(member) != 0
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(own, theirs)| own & !theirs == 0)
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn members(self) -> impl Iterator<Item = usize> {
        (0..N * 64).filter(move |&member| self.has(member))
    }

    /// `Greater` wins a tie: fewer members, then the earlier ones (their bits are the higher).
    pub fn preference(&self, other: &Self) -> Ordering {
        other.count.cmp(&self.count).then_with(|| self.words.cmp(&other.words))
    }
}

/// Earlier members have higher bits, so that comparing words compares sorted lists of members.
const fn bit(member: usize) -> u64 {
    1 << (63 - member % 64)
}

/// What some choices save, and which coupons they are.
pub(crate) type Saving<const N: usize> = (i64, CouponSet<N>);

/// Whether `a` saves more than `b`, or as much and wins the tie.
pub(crate) fn is_better<const N: usize>(a: &Saving<N>, b: &Saving<N>) -> bool {
    a.0.cmp(&b.0).then_with(|| a.1.preference(&b.1)) == Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_counts_what_is_in_it() {
        let mut set = CouponSet::<2>::EMPTY;
        for (count, member) in (1..).zip([0, 3, 63, 64, 127]) {
            set = set.with(member);
            assert_eq!((set.count(), set.has(member)), (count, true));
        }
        for (count, member) in [(4, 63), (3, 0), (2, 127)] {
            set = set.without(member);
            assert_eq!((set.count(), set.has(member)), (count, false));
        }
        assert_eq!(set.members().collect::<Vec<_>>(), [3, 64]);
    }
}
