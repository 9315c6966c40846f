//! Lines of a cart as bits.

/// A set of lines, by index below 512.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineSet([u64; 8]);

impl LineSet {
    pub const NONE: Self = Self([0; 8]);

    pub fn of(lines: &[usize]) -> Self {
        lines.iter().fold(Self::NONE, |all, &line| all.with(line))
    }

    pub fn with(mut self, line: usize) -> Self {
        self.0[line / 64] |= 1 << (line % 64);
        self
    }

    pub fn has(&self, line: usize) -> bool {
        self.0[line / 64] & 1 << (line % 64) != 0
    }

    pub fn and(mut self, other: &Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word &= theirs;
        }
        self
    }

    pub fn or(mut self, other: &Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word |= theirs;
        }
        self
    }

    pub fn without(mut self, other: &Self) -> Self {
        for (word, theirs) in self.0.iter_mut().zip(other.0) {
            *word &= !theirs;
        }
        self
    }

    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(word, theirs)| word & !theirs == 0)
    }

    /// In order.
    pub fn indices(&self) -> Vec<usize> {
        let mut indices = Vec::with_capacity(self.count() as usize);
        for (number, mut word) in self.0.into_iter().enumerate() {
            while word != 0 {
                indices.push(number * 64 + word.trailing_zeros() as usize);
                word &= word - 1;
            }
        }
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_lines_are_what_lists_of_them_say() {
        let (few, more) = (LineSet::of(&[0, 63, 64, 511]), LineSet::of(&[0, 1, 63, 64, 200, 511]));
        assert_eq!(few.indices(), [0, 63, 64, 511]);
        assert_eq!((LineSet::NONE.count(), few.count(), more.count()), (0, 4, 6));
        assert!(few.is_within(&more) && !more.is_within(&few) && few.is_within(&few));
        assert_eq!(more.without(&few).indices(), [1, 200]);
        assert_eq!((few.and(&more), few.or(&more)), (few, more));
        assert!(more.has(200) && !few.has(200) && !few.has(1));
    }
}
