//! How a bucket's accounts are divided, so that what belongs to one lane of them fits into memory.

use scrip_core::{
    event::Event,
    name::{AccountId, IndividualId},
    slot::Bucket,
};
use scrip_store::{Snapshot, StoreError, frame::Frame};

/// Bytes of the journal that one lane's events may have. What follows from them takes about twenty-five times that: documents, rows as
/// they are stored and as they are replayed, each with its names.
pub(crate) const LANE_BYTES: u64 = 4 << 20;
/// Events of a journal that isn't divided.
const EVENTS_MIN: u64 = 8_192;
/// Events that are looked at to find where to divide, unless it takes more frames than [`FRAMES_MAX`].
const SAMPLES: usize = 20_000;
const FRAMES_MAX: u64 = 4_096;
/// A lane's share of the samples: fewer would make lanes of very different lengths.
const SAMPLES_A_LANE: u64 = 16;
const LANES_MAX: u64 = 4_096;

/// Ranges of names, by the byte order in which stores keep them.
pub(super) struct Lanes {
    accounts: Vec<String>,
    individuals: Vec<String>,
}

/// Names from `from` to before `to`; empty: no end.
#[derive(Clone, Copy)]
pub(super) struct Range<'l> {
    pub from: &'l str,
    pub to: &'l str,
}

impl Lanes {
    /// By frames from all over the journal. Wherever it divides, every account is in exactly one lane: a journal that can't be read makes
    /// worse lanes and nothing else.
    ///
    /// Errors: those of the store.
    pub fn sampled(snapshot: &mut dyn Snapshot, bucket: Bucket, lane_bytes: u64) -> Result<Self, StoreError> {
        // Where even that can't be read, reading the journal tells.
        let head = snapshot.head(bucket).map_or(0, |head| head.position);
        if head < EVENTS_MIN && lane_bytes == LANE_BYTES {
            return Ok(Self::new(1, Vec::new(), Vec::new()));
        }
        let (mut accounts, mut individuals) = (Vec::new(), Vec::new());
        let (mut events, mut bytes) = (0_usize, 0_u64);
        for number in 0..FRAMES_MAX {
            // Multiples of the golden ratio fill the journal evenly, however many there are.
            let part = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let position = 1 + u64::try_from((u128::from(part) * u128::from(head)) >> 64).expect("below the head");
            let found = snapshot.frames(bucket, position, 1)?;
            let Some(Ok((frame, _))) = found.first().map(|bytes| Frame::decode(bytes)) else { continue };
            let Ok(all) = frame.encoded_events() else { continue };
            for (recorded, encoded) in &all {
                events += 1;
                let Some(account) = recorded.event.account() else { continue };
                bytes += encoded.len() as u64;
                accounts.push((account.as_str().to_owned(), encoded.len()));
                if let Event::AccountLinked { individual, .. } = &recorded.event {
                    individuals.push((individual.as_str().to_owned(), 1));
                }
            }
            if events >= SAMPLES {
                break;
            }
        }
        let expected = u128::from(bytes) * u128::from(head) / events.max(1) as u128;
        let lanes = u64::try_from(expected / u128::from(lane_bytes)).unwrap_or(LANES_MAX) + 1;
        Ok(Self::new(lanes.min(accounts.len() as u64 / SAMPLES_A_LANE).min(LANES_MAX), accounts, individuals))
    }

    fn new(lanes: u64, accounts: Vec<(String, usize)>, individuals: Vec<(String, usize)>) -> Self {
        let lanes = usize::try_from(lanes).expect("few").max(1);
        Self { accounts: divided(accounts, lanes), individuals: divided(individuals, lanes) }
    }

    pub const fn count(&self) -> usize {
        self.accounts.len() + 1
    }

    pub const fn count_of_individuals(&self) -> usize {
        self.individuals.len() + 1
    }

    pub fn of(&self, account: &AccountId) -> usize {
        self.accounts.partition_point(|first| first.as_str() <= account.as_str())
    }

    pub fn of_individual(&self, individual: &IndividualId) -> usize {
        self.individuals.partition_point(|first| first.as_str() <= individual.as_str())
    }

    pub fn range(&self, lane: usize) -> Range<'_> {
        range(&self.accounts, lane)
    }

    pub fn range_of_individuals(&self, lane: usize) -> Range<'_> {
        range(&self.individuals, lane)
    }
}

fn range(firsts: &[String], lane: usize) -> Range<'_> {
    let from = if lane == 0 { "" } else { &firsts[lane - 1] };
    Range { from, to: firsts.get(lane).map_or("", String::as_str) }
}

/// The names with which the second lane and all after it begin, so that the samples' weights are about the same in each.
fn divided(mut samples: Vec<(String, usize)>, lanes: usize) -> Vec<String> {
    samples.sort_unstable();
    let all: usize = samples.iter().map(|(_, weight)| weight).sum();
    let mut firsts: Vec<String> = Vec::new();
    let mut before = 0;
    for (name, weight) in samples {
        if before * lanes >= all * (firsts.len() + 1) && firsts.last().is_none_or(|last| *last < name) {
            firsts.push(name);
        }
        before += weight;
    }
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_in_the_lane_whose_range_has_it() {
        let name = |number: usize| format!("a{:03}", number * 7 % 100);
        let samples = (0..100).map(|number| (name(number), 1 + number % 3)).collect();
        let lanes = Lanes::new(4, samples, Vec::new());
        assert_eq!((lanes.count(), lanes.count_of_individuals()), (4, 1));
        let mut held = [0; 4];
        for number in 0..100 {
            let account = AccountId::stored(&name(number));
            let lane = lanes.of(&account);
            let Range { from, to } = lanes.range(lane);
            assert!(from <= account.as_str() && (to.is_empty() || account.as_str() < to), "{account:?}");
            held[lane] += 1;
        }
        assert!(held.iter().all(|&accounts| (20..30).contains(&accounts)), "{held:?}");
        assert_eq!((lanes.range(0).from, lanes.range(3).to), ("", ""));
    }
}
