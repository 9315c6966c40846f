//! How far those were told who follow in memory, and what they aren't told twice.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use scrip_core::{event::Recorded, slot::Bucket};

use super::Follower;

/// Tells followers in memory each event of a bucket once, in the journal's order: what this process committed after the commit and
/// before the answer, and what it reads of the journal because another process committed it, or because nobody knew whether it
/// was committed.
pub(crate) struct Told {
    /// The position of the last event of each bucket that was told, or that was loaded.
    positions: HashMap<Bucket, Mutex<u64>>,
    /// Buckets of which it isn't known whether the last batch was committed.
    doubted: Mutex<BTreeSet<Bucket>>,
}

impl Told {
    /// Nothing yet beyond what was loaded, up to these positions.
    pub fn beyond(positions: impl IntoIterator<Item = (Bucket, u64)>) -> Self {
        let positions = positions.into_iter().map(|(bucket, position)| (bucket, Mutex::new(position)));
        Self { positions: positions.collect(), doubted: Mutex::default() }
    }

    fn of(&self, bucket: Bucket) -> MutexGuard<'_, u64> {
        self.positions[&bucket].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn position(&self, bucket: Bucket) -> u64 {
        *self.of(bucket)
    }

    /// Tells what of these events, which follow each other, wasn't told yet. Answers whether all was: where others come before them
    /// that weren't told, nothing is.
    pub fn tell(&self, bucket: Bucket, events: &[Recorded], followers: &[&dyn Follower]) -> bool {
        let mut told = self.of(bucket);
        let from = *told;
        if events.first().is_some_and(|first| first.position > from + 1) {
            return false;
        }
        for recorded in events.iter().filter(|recorded| recorded.position > from) {
            followers.iter().for_each(|follower| follower.apply(bucket, recorded));
            *told = recorded.position;
        }
        true
    }

    fn doubts(&self) -> MutexGuard<'_, BTreeSet<Bucket>> {
        self.doubted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A commit in this bucket failed, and may have been done all the same.
    pub fn doubt(&self, bucket: Bucket) {
        self.doubts().insert(bucket);
    }

    /// The bucket's sequencer has the bucket: nothing is underway. Where one process serves alone, what there is was told.
    pub fn settle(&self, bucket: Bucket) {
        self.doubts().remove(&bucket);
    }

    /// Buckets whose sequencers should look.
    pub fn doubted(&self) -> Vec<Bucket> {
        self.doubts().iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{event::Event, time::Timestamp};

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<u64>>);

    impl Follower for Heard {
        fn apply(&self, _: Bucket, recorded: &Recorded) {
            self.0.lock().expect("nobody panics holding it").push(recorded.position);
        }
    }

    fn events(positions: impl IntoIterator<Item = u64>) -> Vec<Recorded> {
        let event = |position| Recorded {
            position,
            at: Timestamp::default(),
            event: Event::DueSwept { second: position, chunk: 0 },
        };
        positions.into_iter().map(event).collect()
    }

    #[test]
    fn each_event_is_told_once_and_none_before_those_that_come_before_it() {
        let (told, heard) = (Told::beyond([(Bucket::FIRST, 2)]), Heard::default());
        let tell = |positions| told.tell(Bucket::FIRST, &events(positions), &[&heard]);
        assert!(!tell(4..7), "somebody else has 3");
        assert_eq!(told.position(Bucket::FIRST), 2);
        assert!(tell(1..4), "read of the journal");
        assert!(tell(3..7));
        assert!(tell(4..7), "by whoever committed it, who comes later");
        assert_eq!(*heard.0.lock().expect("nobody panics holding it"), [3, 4, 5, 6]);
        assert_eq!(told.position(Bucket::FIRST), 6);
    }
}
