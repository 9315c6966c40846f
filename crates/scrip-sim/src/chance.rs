use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where every choice of a walk comes from: the same seed, the same walk. `ChaCha8Rng` gives the same numbers on every machine
/// and in every version.
#[derive(Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A stream of its own, so that what is drawn here doesn't shift what is drawn there.
    pub fn branch(&mut self) -> Self {
        Self(ChaCha8Rng::seed_from_u64(self.0.random()))
    }

    pub fn number(&mut self) -> u64 {
        self.0.random()
    }

    /// From 0 up to, but not including, `end`.
    ///
    /// # Panics
    /// If `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // Not `random_range`: its way from bits to numbers may change between versions.
        usize::try_from((u128::from(self.number()) * end as u128) >> 64).expect("below a usize")
    }

    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let count = usize::try_from(last - first + 1).expect("first isn't after last");
        first + i64::try_from(self.below(count)).expect("within the range")
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }
}
