use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use scrip_core::{
    command::{Command, LinkAccount},
    event::Recorded,
    name::{AccountId, IndividualId},
    reason::Refusal,
    slot::{Bucket, Buckets},
    state::State,
    time::Timestamp,
};
use scrip_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::{
    answer::{Answer, answer},
    clock::Clock,
    depleted::Depleted,
    jobs,
    random::Random,
    read::Reader,
    registry::Registry,
    secrets::Secrets,
    sequencer::{KeyUse, Reply, Seen, Sequencer, Verdict, Waiting},
    steps,
};

/// Commands that may wait for one bucket; beyond, the store can't take more now.
const QUEUE_MAX: usize = 8_192;

/// Why a command wasn't done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineError {
    /// The rules refuse it; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store can't take it. Nothing was done, or asking again with the same key tells.
    #[error("the store can't take it: {0}")]
    Unavailable(String),
    /// It failed unexpectedly; nothing was done.
    #[error("an unexpected fault")]
    Fault,
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %crate::sequencer::chain(&error), "reading failed");
        Self::Unavailable(error.to_string())
    }
}

/// A command's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub answer: Answer,
    /// Done before under the same idempotency key; this is the answer of then.
    pub replayed: bool,
    /// When it was done: what the clock decides about the answer was decided then.
    pub at: Timestamp,
}

/// A command that was handed over.
pub struct Pending(Pin<Box<dyn Future<Output = Result<Receipt, EngineError>> + Send>>);

impl Pending {
    /// Waits for its answer.
    pub async fn answer(self) -> Result<Receipt, EngineError> {
        self.0.await
    }
}

/// What sequencers, jobs and readers share.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub registry: Registry,
    pub secrets: Secrets,
    pub random: Random,
    pub gates: steps::Gates,
    pub depleted: Depleted,
    /// Whoever drives the engine by hand has one thread: nothing may wait on another.
    pub by_hand: bool,
    /// Set once the device failed: nothing is written any more.
    pub failed: AtomicBool,
    pub on_failure: Box<dyn Fn(&str) + Send + Sync>,
}

impl Shared {
    /// A commit failed, and may have been done all the same: what is kept in memory of it is read anew, or not believed.
    pub fn in_doubt(&self, bucket: Bucket, events: &[Recorded]) {
        self.registry.doubt(bucket);
        self.depleted.committed(events);
    }

    pub fn committed(&self, bucket: Bucket, position: u64) {
        metrics::gauge!("scrip_journal_position", "bucket" => bucket.get().to_string()).set(position as f64);
    }
}

/// What the engine is made with.
pub struct EngineOptions {
    pub secrets: Secrets,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// Called once when the device failed: the process should stop, and recover by starting anew.
    pub on_failure: Box<dyn Fn(&str) + Send + Sync>,
}

/// The engine over a store: commands in, answers out, each durable before it is given.
///
/// Cheap to clone; it stops when it is told to, or when the last clone is dropped.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    /// Empty once the engine was stopped: sequencers end when their queues' senders are gone.
    queues: Arc<RwLock<HashMap<Bucket, mpsc::Sender<Waiting>>>>,
    workers: Arc<Workers>,
}

/// Threads that end once the queues are closed.
#[derive(Default)]
struct Workers {
    stop: Arc<AtomicBool>,
    handles: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

/// The parts of an engine that may be gone, but for what is shared.
pub(crate) struct WeakParts {
    queues: Weak<RwLock<HashMap<Bucket, mpsc::Sender<Waiting>>>>,
    workers: Weak<Workers>,
}

impl WeakParts {
    pub fn upgrade(&self, shared: Arc<Shared>) -> Option<Engine> {
        Some(Engine { shared, queues: self.queues.upgrade()?, workers: self.workers.upgrade()? })
    }
}

impl Engine {
    /// Starts a sequencer for every bucket in a thread of its own, and the background jobs.
    ///
    /// Errors: [`StoreError`] if the store can't be read, or another engine writes to it.
    pub fn start(store: Arc<dyn Store>, options: EngineOptions) -> Result<Self, StoreError> {
        let (engine, sequencers) = Self::assemble(store, options, false)?;
        let threads = sequencers.into_iter().map(|sequencer| {
            thread::Builder::new()
                .name(format!("sequencer-{}", sequencer.bucket().get()))
                .spawn(move || sequencer.run())
                .expect("a thread can be started")
        });
        engine.workers.handles.lock().expect("nobody panics holding it").extend(threads);
        jobs::start(&engine, &engine.workers.stop);
        Ok(engine)
    }

    /// An engine without threads: its sequencers do a batch when [`Sequencer::step`] is called, its jobs a round when
    /// [`Engine::tidy`] is, and its futures can be polled by anything. The same seed and the same order of calls give the same
    /// walk.
    ///
    /// Errors: as [`Engine::start`].
    pub fn by_hand(store: Arc<dyn Store>, options: EngineOptions) -> Result<(Self, Vec<Sequencer>), StoreError> {
        Self::assemble(store, options, true)
    }

    fn assemble(
        store: Arc<dyn Store>,
        options: EngineOptions,
        by_hand: bool,
    ) -> Result<(Self, Vec<Sequencer>), StoreError> {
        let registry = Registry::load(&*store)?;
        let shared = Arc::new(Shared {
            registry,
            clock: options.clock,
            secrets: options.secrets,
            random: options.random,
            gates: steps::Gates::default(),
            depleted: Depleted::default(),
            by_hand,
            failed: AtomicBool::new(false),
            on_failure: options.on_failure,
            store,
        });
        let mut queues = HashMap::new();
        let mut sequencers = Vec::new();
        for bucket in shared.store.buckets().all() {
            let (sender, queue) = mpsc::channel(QUEUE_MAX);
            queues.insert(bucket, sender);
            sequencers.push(Sequencer::new(shared.clone(), bucket, shared.store.writer(bucket)?, queue));
        }
        let engine = Self { shared, queues: Arc::new(RwLock::new(queues)), workers: Arc::default() };
        Ok((engine, sequencers))
    }

    /// One round of the background jobs: gives back what timed out, goes on with steps that a crash interrupted, makes
    /// codes. Answers whether there is more to do. Safe to run at any time, any number of times.
    ///
    /// Errors: the store can't take it; what was left undone is done by a later round.
    pub async fn tidy(&self) -> Result<bool, EngineError> {
        jobs::round(self, &self.workers.stop).await
    }

    /// Stops taking commands, lets those that wait finish, and joins the sequencers.
    pub fn stop(self) {
        self.workers.stop.store(true, Ordering::SeqCst);
        self.queues.write().expect("nobody panics holding it").clear();
        let workers = self.workers;
        let handles = std::mem::take(&mut *workers.handles.lock().expect("nobody panics holding it"));
        for handle in handles {
            let _ = handle.join();
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub fn secrets(&self) -> &Secrets {
        &self.shared.secrets
    }

    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Whether the store takes writes.
    pub fn is_ready(&self) -> bool {
        !self.shared.failed.load(Ordering::SeqCst)
    }

    /// Does a command: durable when the answer is here.
    pub async fn submit(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        self.enqueue(command, key)?.answer().await
    }

    /// [`Engine::submit`] for threads that may block.
    pub fn submit_blocking(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        jobs::wait_for(self.submit(command, key))
    }

    /// Hands a command over without waiting, so that many can share a commit.
    pub fn enqueue(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Pending, EngineError> {
        let command = command.into();
        if !self.buckets().is_one() {
            let engine = self.clone();
            return Ok(Pending(Box::pin(async move { steps::submit(&engine, command, key).await })));
        }
        let answer = self.queue(command, key, Seen::default())?;
        Ok(Pending(Box::pin(async move {
            match answer.await.map_err(|_| EngineError::Fault)?.verdict {
                Verdict::Done(result) => result,
                Verdict::Unseen(_) | Verdict::Short(_) => Err(EngineError::Fault),
            }
        })))
    }

    /// Makes accounts count together with the one that the individual is named after (S3). What they have they keep.
    ///
    /// Errors: the store can't take it; asking again goes on from there.
    pub async fn link(&self, account: &AccountId, to: &AccountId) -> Result<(), EngineError> {
        let individual = IndividualId::from(to);
        // The one that it is named after first: from then on its own claims count for both.
        for account in [to, account] {
            let command = LinkAccount { account: account.clone(), individual: individual.clone() };
            self.submit(command, None).await?;
        }
        Ok(())
    }

    /// Runs a command once in its bucket.
    pub(crate) async fn once(
        &self,
        command: impl Into<Command>,
        key: Option<KeyUse>,
        seen: Seen,
    ) -> Result<Reply, EngineError> {
        self.queue(command.into(), key, seen)?.await.map_err(|_| EngineError::Fault)
    }

    fn queue(
        &self,
        command: Command,
        key: Option<KeyUse>,
        seen: Seen,
    ) -> Result<oneshot::Receiver<Reply>, EngineError> {
        let bucket = command.bucket(self.buckets());
        let queues = self.queues.read().expect("nobody panics holding it");
        let queue = queues.get(&bucket).ok_or_else(|| EngineError::Unavailable("it is stopping".to_owned()))?;
        let (reply, answer) = oneshot::channel();
        queue
            .try_send(Waiting { command, key, seen, reply: Some(reply) })
            .map_err(|_| EngineError::Unavailable("too many commands wait".to_owned()))?;
        Ok(answer)
    }

    pub(crate) fn buckets(&self) -> Buckets {
        self.shared.store.buckets()
    }

    /// What a command would be answered, changing nothing: the same path on committed state, saving nothing. Blocks.
    pub fn preview(&self, command: impl Into<Command>) -> Result<Answer, EngineError> {
        let command = command.into();
        self.read(|reader| {
            let now = reader.now();
            let mut position = u64::MAX / 2;
            reader.enter(command.bucket(self.buckets()));
            loop {
                reader.load(|state| command.needs(state, now))?;
                let prelude = command.prelude(reader.state(), now);
                if prelude.is_empty() {
                    break;
                }
                apply(reader.state_mut(), prelude, &mut position, now);
            }
            let decision = command.decide(reader.state(), now, &mut self.shared.random.ids())?;
            apply(reader.state_mut(), decision.events, &mut position, now);
            Ok(answer(decision.outcome, reader.state()))
        })
    }

    /// Reads what was committed. Blocks.
    pub fn read<T>(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let mut reader = Reader::new(self, self.shared.store.snapshot()?);
        work(&mut reader)
    }

    /// [`Engine::read`] without holding up whoever waits for it.
    pub(crate) async fn read_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.shared.by_hand {
            return self.read(work);
        }
        let engine = self.clone();
        tokio::task::spawn_blocking(move || engine.read(work)).await.map_err(|_| EngineError::Fault)?
    }

    pub(crate) fn downgrade(&self) -> jobs::WeakEngine {
        jobs::WeakEngine {
            shared: Arc::downgrade(&self.shared),
            rest: WeakParts { queues: Arc::downgrade(&self.queues), workers: Arc::downgrade(&self.workers) },
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.shared.store
    }
}

fn apply(state: &mut State, events: Vec<scrip_core::event::Event>, position: &mut u64, at: Timestamp) {
    for event in events {
        state.evolve(&Recorded { position: *position, at, event });
        *position += 1;
    }
}
