use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use scrip_core::time::{Timestamp, Zones};
use scrip_engine::{
    ByHand, Clock, Engine, EngineError, EngineOptions, Following, ManualClock, Random, Rebuilding, Renewing, Secrets,
    Sequencer,
};
use scrip_store::StoreError;

use crate::{store::WeatheredStore, task::Task};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
/// For how long a process may answer after it asked.
const SERVES: i64 = 5 * SECOND;

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
    /// How far what has passed by its clock is off what has passed, and was when the engine began to measure.
    drift: i64,
    drift_believed: i64,
    /// From when on it must be none of those that serve, by what has passed by its clock: it hasn't asked since.
    serves_until: i64,
    /// Nothing renews it.
    pub held_up: bool,
    failed: Arc<AtomicBool>,
    /// Before the engine, so that what waits for it is dropped first.
    pub maintenance: Option<Task<Result<bool, EngineError>>>,
    /// While the maintenance is underway something was read that didn't fit together.
    pub maintenance_read_stale: bool,
    pub sequencers: Vec<Sequencer>,
    pub followers: Vec<Following>,
    pub rebuilding: Vec<Rebuilding>,
    pub renewing: Option<Renewing>,
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
            drift: 0,
            drift_believed: 0,
            serves_until: i64::MIN,
            held_up: false,
            failed: Arc::default(),
            maintenance: None,
            maintenance_read_stale: false,
            sequencers: Vec::new(),
            followers: Vec::new(),
            rebuilding: Vec::new(),
            renewing: None,
            engine: None,
        }
    }

    /// Time passes until then.
    pub fn set_clock(&self, at: Timestamp) {
        self.clock.set(Timestamp::from_micros(at.micros() + self.skew + self.jump));
    }

    /// So much more has passed by its clock, or less, than has passed.
    pub fn set_apart(&mut self, micros: i64) {
        self.drift += micros;
        self.clock.drift(micros);
    }

    /// Follows what others committed, and asks to be one of those that serve. Whether it is then isn't said.
    ///
    /// Errors: the store can't do it now, or is damaged.
    pub fn renew(&mut self) -> Result<(), StoreError> {
        let Some(renewing) = &mut self.renewing else { return Ok(()) };
        let asked = self.clock.elapsed_micros();
        self.serves_until = asked + SERVES;
        renewing.step()
    }

    /// Whether it asked so late that it may answer.
    pub fn may_answer(&self) -> bool {
        self.renewing.is_none() || self.clock.elapsed_micros() < self.serves_until
    }

    /// Somebody sets the clock, at `now`, so far wrong; 0: right.
    pub fn set_wrong(&mut self, now: Timestamp, jump: i64) {
        self.jump = jump;
        self.clock.jump(Timestamp::from_micros(now.micros() + self.skew + jump));
    }

    /// The time that it has to go by at `now`, and whether it may write after a batch of `head`: said anew here, from the rule.
    pub fn time(&self, now: Timestamp, head: Timestamp) -> (i64, bool) {
        let has_jumped = self.has_jumped();
        let clock = now.micros() + self.skew + if has_jumped { self.expected() } else { self.jump };
        (clock, !has_jumped && head.micros() - clock <= 5 * SECOND)
    }

    /// Whether it takes what its clock shows now for a jump.
    pub fn has_jumped(&self) -> bool {
        (self.jump - self.expected()).abs() > HOUR
    }

    /// How far it expects its clock to be set wrong, by what has passed.
    const fn expected(&self) -> i64 {
        self.believed + self.drift - self.drift_believed
    }

    fn believe(&mut self) {
        (self.believed, self.drift_believed) = (self.jump, self.drift);
    }

    /// An operator says that the clock is right. Answers whether that was heard.
    pub fn accept_clock(&mut self) -> bool {
        let heard = self.engine.as_ref().is_some_and(|engine| engine.accept_clock(false).is_ok());
        if heard {
            self.believe();
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
        let ByHand { engine, sequencers, followers, rebuilding, renewing } =
            Engine::by_hand(Arc::new(self.store.clone()), options)?;
        (self.engine, self.sequencers, self.followers) = (Some(engine), sequencers, followers);
        (self.rebuilding, self.renewing, self.serves_until) = (rebuilding, renewing, i64::MIN);
        self.believe();
        Ok(())
    }

    /// All that it had in memory is gone.
    pub fn crash(&mut self) {
        self.maintenance = None;
        self.sequencers.clear();
        self.followers.clear();
        self.rebuilding.clear();
        self.renewing = None;
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
