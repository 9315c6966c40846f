//! What fails again and again: how often it is told, and how long what nobody waits for is left alone.

use std::time::Duration;

/// After what can't be followed now, where somebody may wait for what can.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// Whoever mends something sees a rebuild go on within this.
const LONG: Duration = Duration::from_secs(32);
/// Of so many failures in a row one is told at least.
const TOLD: u32 = 64;

/// Counts failures until something was followed.
#[derive(Default)]
pub(super) struct Patience {
    failed: u32,
}

impl Patience {
    /// Counts one. Answers whether it is told: the first, second, fourth and so on, so that a log isn't filled by one row.
    pub const fn failed(&mut self) -> bool {
        self.failed = self.failed.saturating_add(1);
        self.failed.is_power_of_two() && self.failed < TOLD || self.failed.is_multiple_of(TOLD)
    }

    /// Twice as long after each.
    pub fn long(&self) -> Duration {
        SHORT.saturating_mul(1 << self.failed.saturating_sub(1).min(5)).min(LONG)
    }

    pub const fn went_on(&mut self) {
        self.failed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_again_is_told_and_tried_less_often_until_it_goes_on() {
        let mut patience = Patience::default();
        let told: Vec<u32> = (1..=200).filter(|_| patience.failed()).collect();
        assert_eq!(told, [1, 2, 4, 8, 16, 32, 64, 128, 192]);
        patience.went_on();
        let waits: Vec<u64> = (0..8).map(|_| (patience.failed(), patience.long().as_secs()).1).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
        patience.went_on();
        assert!(patience.failed() && patience.long() == SHORT);
    }
}
