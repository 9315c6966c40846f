use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use scrip_core::time::Timestamp;

/// Where the engine reads the time. The core gets it as an argument.
pub trait Clock: Send + Sync + 'static {
    /// What the wall clock shows; anybody may set it.
    fn now(&self) -> Timestamp;

    /// Microseconds that have passed since some start of the machine's, those in which it slept too. Nobody can set it.
    fn elapsed_micros(&self) -> i64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        // A clock beyond the year 9999 shows nothing that could be written down.
        Timestamp::from_micros(micros).min(Timestamp::MAX)
    }

    fn elapsed_micros(&self) -> i64 {
        // Linux stops CLOCK_MONOTONIC while it sleeps, others don't.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let id = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let id = rustix::time::ClockId::Monotonic;
        let since = rustix::time::clock_gettime(id);
        since.tv_sec.saturating_mul(1_000_000).saturating_add(since.tv_nsec / 1_000)
    }
}

/// A clock that is set by hand, for tests and for walks through days in seconds.
#[derive(Debug)]
pub struct ManualClock {
    wall: AtomicI64,
    elapsed: AtomicI64,
}

impl ManualClock {
    pub const fn new(at: Timestamp) -> Self {
        Self { wall: AtomicI64::new(at.micros()), elapsed: AtomicI64::new(0) }
    }

    /// So much time passes that it is `at`.
    pub fn set(&self, at: Timestamp) {
        let before = self.wall.swap(at.micros(), Ordering::SeqCst);
        self.elapsed.fetch_add(at.micros() - before, Ordering::SeqCst);
    }

    /// So much more time has passed, or less, than the wall clock shows: no two run at the same rate.
    pub fn drift(&self, micros: i64) {
        self.elapsed.fetch_add(micros, Ordering::SeqCst);
    }

    /// Somebody sets the wall clock, and no time passes.
    pub fn jump(&self, to: Timestamp) {
        self.wall.store(to.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.wall.load(Ordering::SeqCst))
    }

    fn elapsed_micros(&self) -> i64 {
        self.elapsed.load(Ordering::SeqCst)
    }
}
