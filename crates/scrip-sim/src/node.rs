use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use scrip_core::time::Timestamp;
use scrip_engine::{Engine, EngineError, EngineOptions, ManualClock, Random, Secrets, Sequencer};
use scrip_store::StoreError;

use crate::{store::WeatheredStore, task::Task};

/// One process: an engine driven by hand, until it crashes.
pub struct Node {
    store: WeatheredStore,
    clock: Arc<ManualClock>,
    /// How far its clock is off, in microseconds.
    skew: i64,
    failed: Arc<AtomicBool>,
    /// Before the engine, so that what waits for it is dropped first.
    pub job: Option<Task<Result<bool, EngineError>>>,
    /// While the job is underway something was read that didn't fit together.
    pub job_read_stale: bool,
    pub sequencers: Vec<Sequencer>,
    pub engine: Option<Engine>,
}

impl Node {
    pub fn new(store: WeatheredStore, skew: i64) -> Self {
        Self {
            store,
            clock: Arc::new(ManualClock::new(Timestamp::from_micros(0))),
            skew,
            failed: Arc::default(),
            job: None,
            job_read_stale: false,
            sequencers: Vec::new(),
            engine: None,
        }
    }

    pub fn set_clock(&self, at: Timestamp) {
        self.clock.set(Timestamp::from_micros(at.micros() + self.skew));
    }

    /// Starts anew on what is stored.
    pub fn start(&mut self, seed: u64, secrets: Secrets) -> Result<(), StoreError> {
        self.failed = Arc::default();
        let failed = self.failed.clone();
        let options = EngineOptions {
            secrets,
            clock: self.clock.clone(),
            random: Random::seeded(seed),
            on_failure: Box::new(move |_| failed.store(true, Ordering::Relaxed)),
        };
        let (engine, sequencers) = Engine::by_hand(Arc::new(self.store.clone()), options)?;
        (self.engine, self.sequencers) = (Some(engine), sequencers);
        Ok(())
    }

    /// All that it had in memory is gone.
    pub fn crash(&mut self) {
        self.job = None;
        self.sequencers.clear();
        self.engine = None;
    }

    /// Whether its device failed, so that it has to be started anew.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// Starts a round of the background jobs, unless one is underway.
    pub fn start_job(&mut self) {
        if let (Some(engine), None) = (&self.engine, &self.job) {
            let engine = engine.clone();
            self.job_read_stale = false;
            self.job = Some(Task::new(async move { engine.tidy().await }));
        }
    }
}
