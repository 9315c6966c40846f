//! What this process has committed last, kept in memory for those who follow, and how far they came.

pub(crate) mod journal;
mod progress;
mod told;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use scrip_core::{
    event::{Event, Recorded},
    slot::Bucket,
};

pub(crate) use self::{
    progress::{Heard, Progress},
    told::Told,
};

/// Bytes of frames that are kept of a bucket at most, in memory some ten times as much: whoever is further behind reads the
/// journal.
const BYTES_MAX: usize = 2 << 20;

/// Who learns from the journal in memory: told of every event ([`Told`]), in the order of each bucket; of those that this process has
/// committed before whoever asked for them is answered.
pub(crate) trait Follower {
    fn apply(&self, bucket: Bucket, recorded: &Recorded);
}

/// The events of one commit.
#[derive(Debug)]
pub(crate) struct Fed {
    pub events: Vec<Recorded>,
    /// About what they take.
    pub bytes: usize,
    /// About how much there is to write of them, in events that tell of one thing.
    pub weight: usize,
}

impl Fed {
    pub fn new(events: Vec<Recorded>, bytes: usize) -> Self {
        let weight = events.iter().map(|recorded| weight(&recorded.event)).sum();
        Self { events, bytes, weight }
    }
}

fn weight(event: &Event) -> usize {
    if let Event::UniqueCodesAdded { codes, .. } = event {
        return codes.len();
    }
    if let Event::AccountLinked { .. } = event {
        return LINKED;
    }
    let placed = if let Event::OrderPlaced { order } = event { Some(&order.cart) } else { None };
    let cart = if let Event::OrderRevised { cart, .. } = event { Some(cart) } else { placed };
    cart.map_or(1, |cart| cart.lines().len())
}

/// Coupons of an account that is linked: a whole wallet with its history.
const LINKED: usize = 500;

/// The last commits of each bucket.
#[derive(Default)]
pub(crate) struct Feed(Mutex<HashMap<Bucket, Kept>>);

#[derive(Default)]
struct Kept {
    commits: VecDeque<Arc<Fed>>,
    bytes: usize,
    /// Where this process's last commit in the bucket ended, or what there was when it began.
    end: u64,
}

impl Feed {
    fn kept(&self) -> MutexGuard<'_, HashMap<Bucket, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the bucket's journal ended when this process began: what comes before isn't kept.
    pub fn begins(&self, bucket: Bucket, end: u64) {
        self.kept().entry(bucket).or_default().end = end;
    }

    /// Takes in what was committed, `bytes` long in the journal.
    pub fn committed(&self, bucket: Bucket, events: Vec<Recorded>, bytes: usize) {
        let Some(end) = events.last().map(|last| last.position) else { return };
        let mut all = self.kept();
        let kept = all.entry(bucket).or_default();
        kept.end = end;
        kept.bytes += bytes;
        kept.commits.push_back(Arc::new(Fed::new(events, bytes)));
        while kept.bytes > BYTES_MAX {
            let Some(oldest) = kept.commits.pop_front() else { break };
            kept.bytes -= oldest.bytes;
        }
    }

    /// Where the bucket's journal goes to by what other processes committed: what is not kept here is read there.
    pub fn others_committed(&self, bucket: Bucket, end: u64) {
        let mut all = self.kept();
        let kept = all.entry(bucket).or_default();
        kept.end = kept.end.max(end);
    }

    /// Where that is, by bucket.
    pub fn ends(&self) -> Vec<(Bucket, u64)> {
        self.kept().iter().map(|(bucket, kept)| (*bucket, kept.end)).collect()
    }

    /// The commits that follow the position without a gap, of about this weight at most. `None` if the next ones aren't kept.
    pub fn after(&self, bucket: Bucket, position: u64, most: usize) -> Option<Vec<Arc<Fed>>> {
        let all = self.kept();
        let kept = all.get(&bucket)?;
        let first = kept.commits.partition_point(|fed| fed.events[0].position <= position);
        if kept.end > position && kept.commits.get(first).is_none_or(|fed| fed.events[0].position != position + 1) {
            return None;
        }
        let (mut found, mut next, mut weight) = (Vec::new(), position + 1, 0);
        for fed in kept.commits.iter().skip(first) {
            // Somebody else may have committed between.
            if weight >= most || fed.events[0].position != next {
                break;
            }
            next += fed.events.len() as u64;
            weight += fed.weight;
            found.push(Arc::clone(fed));
        }
        Some(found)
    }

    /// Forgets what everybody has followed.
    pub fn forget(&self, bucket: Bucket, position: u64) {
        if let Some(kept) = self.kept().get_mut(&bucket) {
            while let Some(oldest) = kept.commits.pop_front_if(|fed| fed.events[0].position <= position) {
                kept.bytes -= oldest.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::time::Timestamp;

    use super::*;

    fn commit(feed: &Feed, first: u64, count: u64, bytes: usize) {
        let event = |position| Recorded {
            position,
            at: Timestamp::default(),
            event: Event::DueSwept { second: position, chunk: 0 },
        };
        feed.committed(Bucket::FIRST, (first..first + count).map(event).collect(), bytes);
    }

    fn positions(feed: &Feed, after: u64, most: usize) -> Option<Vec<u64>> {
        let found = feed.after(Bucket::FIRST, after, most)?;
        Some(found.iter().flat_map(|fed| &fed.events).map(|recorded| recorded.position).collect())
    }

    #[test]
    fn commits_follow_without_a_gap_or_not_at_all() {
        let feed = Feed::default();
        assert_eq!(positions(&feed, 0, 9), None, "what was before isn't known");
        commit(&feed, 3, 2, 1);
        commit(&feed, 5, 1, 1);
        assert_eq!(positions(&feed, 0, 9), None);
        assert_eq!(positions(&feed, 2, 9), Some(vec![3, 4, 5]));
        assert_eq!(positions(&feed, 4, 9), Some(vec![5]));
        assert_eq!(positions(&feed, 5, 9), Some(vec![]), "nothing new");
        assert_eq!(positions(&feed, 3, 9), None, "within a commit nobody ends");
        assert_eq!(positions(&feed, 2, 1), Some(vec![3, 4]), "commits are whole");
        // Another process has 6 to 8.
        commit(&feed, 9, 1, 1);
        assert_eq!(positions(&feed, 2, 9), Some(vec![3, 4, 5]));
        assert_eq!(positions(&feed, 5, 9), None);
        assert_eq!(positions(&feed, 8, 9), Some(vec![9]));
        assert_eq!(positions(&feed, 9, 9), Some(vec![]), "nothing new");
        feed.others_committed(Bucket::FIRST, 12);
        assert_eq!(positions(&feed, 9, 9), None, "others went on, and nobody told what");
        feed.others_committed(Bucket::FIRST, 3);
        assert_eq!(feed.ends(), [(Bucket::FIRST, 12)]);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_was_followed_is_forgotten() {
        let feed = Feed::default();
        for number in 0..5 {
            commit(&feed, number + 1, 1, BYTES_MAX / 3);
        }
        assert_eq!(positions(&feed, 0, 9), None);
        assert_eq!(positions(&feed, 2, 9), Some(vec![3, 4, 5]));
        feed.forget(Bucket::FIRST, 4);
        assert_eq!(positions(&feed, 2, 9), None);
        assert_eq!(positions(&feed, 4, 9), Some(vec![5]));
        commit(&feed, 6, 1, 2 * BYTES_MAX);
        assert_eq!(positions(&feed, 5, 9), None, "one that is larger than all that is kept isn't");
        assert_eq!(feed.ends(), [(Bucket::FIRST, 6)]);
    }
}
