//! How far the followers came, and who waits for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use scrip_core::slot::Bucket;
use tokio::{sync::watch, time::timeout};

type Positions = BTreeMap<(&'static str, Bucket), u64>;

/// How far each follower came in each bucket, as this process knows, and the bell that wakes them.
pub(crate) struct Progress {
    positions: watch::Sender<Positions>,
    /// How far tables are that are made anew.
    rebuilt: Mutex<Positions>,
    bell: Mutex<Bell>,
    rung: Condvar,
}

#[derive(Default)]
struct Bell {
    /// Counts the rings, so that each follower hears every one.
    rings: u64,
    /// And those by somebody who waits.
    hurries: u64,
    /// Followers that sleep until it rings.
    asleep: usize,
    /// Since when everything stops.
    stopping: Option<Instant>,
    /// Nobody waits for what is left.
    ending: bool,
    /// Followers whose last attempt failed.
    failing: BTreeSet<&'static str>,
}

/// What a follower has heard so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heard {
    rings: u64,
    hurries: u64,
}

impl Default for Progress {
    fn default() -> Self {
        let positions = watch::Sender::new(Positions::new());
        Self { positions, rebuilt: Mutex::default(), bell: Mutex::default(), rung: Condvar::new() }
    }
}

impl Progress {
    fn bell(&self) -> MutexGuard<'_, Bell> {
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something new.
    pub fn ring(&self) {
        let mut bell = self.bell();
        bell.rings += 1;
        if bell.asleep > 0 {
            self.rung.notify_all();
        }
    }

    fn hurry(&self) {
        self.bell().hurries += 1;
        self.rung.notify_all();
    }

    pub fn stop(&self) {
        self.bell().stopping.get_or_insert_with(Instant::now);
        self.rung.notify_all();
    }

    /// The same, leaving what is left for the next start.
    pub fn end(&self) {
        self.bell().ending = true;
        self.stop();
    }

    /// Whether the follower's last attempt failed: then nobody waits for it.
    pub fn failing(&self, follower: &'static str, is_failing: bool) {
        let mut bell = self.bell();
        if is_failing {
            bell.failing.insert(follower)
        } else {
            bell.failing.remove(follower)
        };
    }

    pub fn is_stopping(&self) -> bool {
        self.bell().stopping.is_some()
    }

    /// Whether it has been stopping for so long.
    pub fn is_stopping_for(&self, time: Duration) -> bool {
        let bell = self.bell();
        bell.ending || bell.stopping.is_some_and(|since| since.elapsed() > time)
    }

    /// Waits until there is something new, or everything stops.
    pub fn wait(&self, heard: &mut Heard) {
        let is_quiet =
            |bell: &mut Bell| (bell.rings, bell.hurries) == (heard.rings, heard.hurries) && bell.stopping.is_none();
        let mut bell = self.bell();
        bell.asleep += 1;
        let mut bell = self.rung.wait_while(bell, is_quiet).unwrap_or_else(PoisonError::into_inner);
        bell.asleep -= 1;
        heard.rings = bell.rings;
    }

    /// Lets more come together for so long, unless somebody waits or everything stops.
    pub fn gather(&self, heard: &mut Heard, time: Duration) {
        let is_patient = |bell: &mut Bell| bell.hurries == heard.hurries && bell.stopping.is_none();
        let waited = self.rung.wait_timeout_while(self.bell(), time, is_patient);
        let (bell, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (heard.rings, heard.hurries) = (bell.rings, bell.hurries);
    }

    /// Waits for so long, unless everything stops.
    pub fn rest(&self, time: Duration) {
        let waited = self.rung.wait_timeout_while(self.bell(), time, |bell| bell.stopping.is_none());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    pub fn came(&self, follower: &'static str, bucket: Bucket, position: u64) {
        self.positions.send_modify(|positions| {
            positions.insert((follower, bucket), position);
        });
    }

    fn rebuilds(&self) -> MutexGuard<'_, Positions> {
        self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The follower's tables are made anew, and have come to the position.
    pub fn rebuilt(&self, follower: &'static str, bucket: Bucket, position: u64) {
        self.rebuilds().insert((follower, bucket), position);
    }

    pub fn rebuild_is_over(&self, follower: &'static str) {
        self.rebuilds().retain(|(known, _), _| *known != follower);
    }

    /// Whether what this follower's tables show was made by older rules.
    pub fn is_rebuilding(&self, follower: &'static str) -> bool {
        self.rebuilds().keys().any(|(known, _)| *known == follower)
    }

    /// Each follower that has begun, with how many events it lacks of those up to these ends.
    pub fn behind(&self, ends: &[(Bucket, u64)]) -> BTreeMap<&'static str, u64> {
        behind(&self.positions.borrow(), ends)
    }

    /// The same of tables that are made anew.
    pub fn rebuilds_behind(&self, ends: &[(Bucket, u64)]) -> BTreeMap<&'static str, u64> {
        behind(&self.rebuilds(), ends)
    }

    /// How far every follower came that has begun.
    pub fn least(&self, bucket: Bucket) -> u64 {
        let positions = self.positions.borrow();
        positions.iter().filter(|((_, of), _)| *of == bucket).map(|(_, at)| *at).min().unwrap_or(0)
    }

    /// Whether the follower has come to these positions.
    pub fn has_reached(&self, follower: &'static str, wanted: &[(Bucket, u64)]) -> bool {
        has(&self.positions.borrow(), follower, wanted)
    }

    /// Waits until the follower has come to these positions, at most for so long. Answers whether it has.
    pub async fn reached(&self, follower: &'static str, wanted: &[(Bucket, u64)], time: Duration) -> bool {
        let mut positions = self.positions.subscribe();
        if has(&positions.borrow(), follower, wanted) {
            return true;
        }
        if self.bell().failing.contains(follower) {
            return false;
        }
        self.hurry();
        timeout(time, positions.wait_for(|positions| has(positions, follower, wanted))).await.is_ok()
    }
}

fn behind(positions: &Positions, ends: &[(Bucket, u64)]) -> BTreeMap<&'static str, u64> {
    let mut behind = BTreeMap::new();
    for ((follower, bucket), at) in positions {
        let end = ends.iter().find(|(known, _)| known == bucket).map_or(0, |(_, end)| *end);
        *behind.entry(*follower).or_default() += end.saturating_sub(*at);
    }
    behind
}

fn has(positions: &Positions, follower: &'static str, wanted: &[(Bucket, u64)]) -> bool {
    wanted.iter().all(|(bucket, position)| positions.get(&(follower, *bucket)).is_some_and(|at| at >= position))
}
