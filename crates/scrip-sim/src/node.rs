use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use scrip_core::time::{Timestamp, Zones};
use scrip_engine::{ByHand, Engine, EngineError, EngineOptions, Following, ManualClock, Random, Secrets, Sequencer};
use scrip_store::StoreError;

use crate::{store::WeatheredStore, task::Task};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// One process: an engine driven by hand, until it crashes.
pub struct Node {
    store: WeatheredStore,
    clock: Arc<ManualClock>,
    /// How far its clock is off, in microseconds.
    skew: i64,
    /// And how far it was set wrong.
    jump: i64,
    /// How far it was set wrong when the engine began to measure what passes: at its start, or when it was told to believe it.
    believed: i64,
    failed: Arc<AtomicBool>,
    /// Before the engine, so that what waits for it is dropped first.
    pub maintenance: Option<Task<Result<bool, EngineError>>>,
    /// While the maintenance is underway something was read that didn't fit together.
    pub maintenance_read_stale: bool,
    pub sequencers: Vec<Sequencer>,
    pub followers: Vec<Following>,
    pub engine: Option<Engine>,
}

impl Node {
    pub fn new(store: WeatheredStore, skew: i64) -> Self {
        Self {
            store,
            clock: Arc::new(ManualClock::new(Timestamp::from_micros(0))),
            skew,
            jump: 0,
            believed: 0,
            failed: Arc::default(),
            maintenance: None,
            maintenance_read_stale: false,
            sequencers: Vec::new(),
            followers: Vec::new(),
            engine: None,
        }
    }

    /// Time passes until then.
    pub fn set_clock(&self, at: Timestamp) {
        self.clock.set(Timestamp::from_micros(at.micros() + self.skew + self.jump));
    }

    /// Somebody sets the clock, at `now`, so far wrong; 0: right.
    pub fn set_wrong(&mut self, now: Timestamp, jump: i64) {
        self.jump = jump;
        self.clock.jump(Timestamp::from_micros(now.micros() + self.skew + jump));
    }

    /// The time that it has to go by at `now`, and whether it may write after a batch of `head`: said anew here, from the rule.
    pub fn time(&self, now: Timestamp, head: Timestamp) -> (i64, bool) {
        let has_jumped = (self.jump - self.believed).abs() > HOUR;
        let clock = now.micros() + self.skew + if has_jumped { self.believed } else { self.jump };
        (clock, !has_jumped && head.micros() - clock <= 5 * SECOND)
    }

    /// Whether it takes what its clock shows now for a jump.
    pub fn has_jumped(&self) -> bool {
        (self.jump - self.believed).abs() > HOUR
    }

    /// An operator says that the clock is right. Answers whether that was heard.
    pub fn accept_clock(&mut self) -> bool {
        let heard = self.engine.as_ref().is_some_and(|engine| engine.accept_clock(false).is_ok());
        if heard {
            self.believed = self.jump;
        }
        heard
    }

    /// Starts anew on what is stored.
    pub fn start(&mut self, seed: u64, secrets: Secrets) -> Result<(), StoreError> {
        self.failed = Arc::default();
        let failed = self.failed.clone();
        let options = EngineOptions {
            secrets,
            clock: self.clock.clone(),
            zones: Zones::bundled(),
            random: Random::seeded(seed),
            on_failure: Box::new(move |_| failed.store(true, Ordering::Relaxed)),
        };
        let ByHand { engine, sequencers, followers, renewing: _ } =
            Engine::by_hand(Arc::new(self.store.clone()), options)?;
        (self.engine, self.sequencers, self.followers) = (Some(engine), sequencers, followers);
        self.believed = self.jump;
        Ok(())
    }

    /// All that it had in memory is gone.
    pub fn crash(&mut self) {
        self.maintenance = None;
        self.sequencers.clear();
        self.followers.clear();
        self.engine = None;
    }

    /// Whether its device failed, so that it has to be started anew.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// Starts a round of the maintenance, unless one is underway.
    pub fn start_maintenance(&mut self) {
        if let (Some(engine), None) = (&self.engine, &self.maintenance) {
            let engine = engine.clone();
            self.maintenance_read_stale = false;
            self.maintenance = Some(Task::new(async move { engine.tidy().await }));
        }
    }
}
