use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use scrip_core::{
    campaign::{Campaign, CampaignStage},
    command::{Command, LinkAccount, NoteCodes},
    event::{Event, Recorded},
    name::{AccountId, IndividualId, SellerId},
    reason::Refusal,
    slot::{Bucket, Buckets},
    state::State,
    time::{Timestamp, Zones},
};
use scrip_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    answer::{Answer, answer},
    clock::Clock,
    depleted::Depleted,
    jobs,
    kept::KeptHead,
    known::Known,
    random::Random,
    read::Reader,
    registry::Registry,
    repair::repair,
    room::{ReadLimits, Room, aside},
    secrets::Secrets,
    sequencer::{KeyUse, Reply, Seen, Sequencer, Verdict, Waiting},
    steps,
    time::{ClockTrouble, Time},
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
    /// Nothing is written until somebody mends what is said here. Nothing was done; whoever asked may read it.
    #[error("{0}")]
    Hindered(String),
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
    pub time: Time,
    pub zones: Zones,
    pub registry: Registry,
    pub secrets: Secrets,
    pub random: Random,
    pub gates: steps::Gates,
    pub depleted: Depleted,
    /// Whose job had the last turn (`None` within: the platform's).
    pub job_turn: Mutex<Option<Option<SellerId>>>,
    /// What readers have in memory.
    pub known: Known,
    /// Made with the first read, unless its limits were given before.
    room: OnceLock<Room>,
    /// Whoever drives the engine by hand has one thread: nothing may wait on another.
    pub by_hand: bool,
    /// Set once the device failed: nothing is written any more.
    pub failed: AtomicBool,
    pub on_failure: Box<dyn Fn(&str) + Send + Sync>,
    /// How many batches this process has committed, for whoever waits for one more.
    pub commits: watch::Sender<u64>,
    /// Which thread does the jobs; none by hand.
    jobs: OnceLock<thread::Thread>,
}

impl Shared {
    /// An empty working set of a bucket.
    pub fn state(&self, bucket: Bucket) -> State {
        State::new(bucket, self.store.buckets()).with_zones(self.zones.clone())
    }

    /// A commit failed, and may have been done all the same: what is kept in memory of it is read anew, or not believed.
    pub fn in_doubt(&self, bucket: Bucket, events: &[Recorded]) {
        self.registry.doubt(bucket);
        self.depleted.committed(events);
    }

    pub fn committed(&self, bucket: Bucket, position: u64, events: &[Recorded]) {
        let is_work = |recorded: &Recorded| matches!(recorded.event, Event::CodesRequested { .. });
        if let Some(jobs) = self.jobs.get().filter(|_| events.iter().any(is_work)) {
            jobs.unpark();
        }
        self.commits.send_modify(|commits| *commits += 1);
        metrics::gauge!("scrip_journal_position", "bucket" => bucket.get().to_string()).set(position as f64);
    }
}

/// What the engine is made with.
pub struct EngineOptions {
    pub secrets: Secrets,
    pub clock: Arc<dyn Clock>,
    /// The rules of time zones.
    pub zones: Zones,
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
    /// Brings what an earlier build derived to this one's rules, then starts a sequencer for every bucket in a thread of its
    /// own, and the background jobs.
    ///
    /// Errors: [`StoreError`] if the store can't be read, another engine writes to it, or its journal doesn't end as its
    /// secrets say; those of [`repair`].
    pub fn start(store: Arc<dyn Store>, options: EngineOptions) -> Result<Self, StoreError> {
        // Nothing is worked out anew from a journal that somebody wrote without the secret.
        crate::seals::check_ends(&*store, options.secrets.chain())?;
        repair(&*store)?;
        let (engine, sequencers) = Self::assemble(store, options, false)?;
        let threads = sequencers.into_iter().map(|sequencer| {
            thread::Builder::new()
                .name(format!("sequencer-{}", sequencer.bucket().get()))
                .spawn(move || sequencer.run())
                .expect("a thread can be started")
        });
        engine.workers.handles.lock().expect("nobody panics holding it").extend(threads);
        // Whoever starts it may be in a runtime already, which can't be waited in: a thread of its own waits.
        thread::scope(|scope| scope.spawn(|| engine.note_codes_of_earlier_builds()).join())
            .unwrap_or_else(|_| panic!("noting codes of earlier builds panicked"))?;
        let jobs = jobs::start(&engine, &engine.workers.stop);
        let _ = engine.shared.jobs.set(jobs.thread().clone());
        engine.workers.handles.lock().expect("nobody panics holding it").push(jobs);
        Ok(engine)
    }

    /// Earlier builds didn't write down that a campaign has codes: those that have some learn it here, before anybody collects
    /// what only a code should give (S1).
    fn note_codes_of_earlier_builds(&self) -> Result<(), StoreError> {
        let unsaid = |campaign: &Campaign| !campaign.coded && campaign.terms.named_channels().is_none();
        for campaign in self.registry().campaigns(None, None, usize::MAX, unsaid) {
            let asked = self.registry().codes_asked(campaign.id) > 0;
            if asked || !self.shared.store.snapshot()?.codes(campaign.id, None, 1)?.is_empty() {
                // What can't be written now is tried at the next start; nothing else depends on it.
                if let Err(error) = self.submit_blocking(NoteCodes { campaign: campaign.id }, None) {
                    tracing::warn!(campaign = %campaign.id, %error, "that it has codes isn't noted yet");
                }
            }
        }
        Ok(())
    }

    /// An engine without threads: its sequencers do a batch when [`Sequencer::step`] is called, its jobs a round when
    /// [`Engine::tidy`] is, and its futures can be polled by anything. The same seed and the same order of calls give the same
    /// walk.
    ///
    /// Errors: as [`Engine::start`].
    pub fn by_hand(store: Arc<dyn Store>, options: EngineOptions) -> Result<(Self, Vec<Sequencer>), StoreError> {
        crate::seals::check_ends(&*store, options.secrets.chain())?;
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
            time: Time::new(options.clock),
            zones: options.zones,
            secrets: options.secrets,
            random: options.random,
            gates: steps::Gates::default(),
            depleted: Depleted::default(),
            job_turn: Mutex::default(),
            known: Known::default(),
            room: OnceLock::new(),
            by_hand,
            failed: AtomicBool::new(false),
            on_failure: options.on_failure,
            commits: watch::Sender::new(0),
            jobs: OnceLock::new(),
            store,
        });
        let mut queues = HashMap::new();
        let mut sequencers = Vec::new();
        for bucket in shared.store.buckets().all() {
            let (sender, queue) = mpsc::channel(QUEUE_MAX);
            queues.insert(bucket, sender);
            sequencers.push(Sequencer::new(shared.clone(), bucket, shared.store.writer(bucket)?, queue));
        }
        shared.time.saw(last_batch_at(&*shared.store)?);
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

    /// Stops taking commands, lets those that wait finish, and joins the sequencers and the jobs: nobody has the store then
    /// but who called this.
    pub fn stop(self) {
        self.workers.stop.store(true, Ordering::SeqCst);
        self.queues.write().expect("nobody panics holding it").clear();
        if let Some(jobs) = self.shared.jobs.get() {
            jobs.unpark();
        }
        let workers = self.workers;
        let handles = std::mem::take(&mut *workers.handles.lock().expect("nobody panics holding it"));
        for handle in handles {
            let _ = handle.join();
        }
    }

    /// Where the journals end: for keeping elsewhere, as what is written down there can't be written anew here. Blocks.
    ///
    /// Shape: one of each bucket that has any event.
    pub fn heads(&self) -> Result<Vec<(KeptHead, Timestamp)>, EngineError> {
        Ok(KeptHead::all(&*self.shared.store)?)
    }

    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub fn secrets(&self) -> &Secrets {
        &self.shared.secrets
    }

    /// What it is now, for readers as for batches: one time, whatever the clock does.
    pub fn now(&self) -> Timestamp {
        self.shared.time.now()
    }

    /// Whether the store takes writes.
    pub fn is_ready(&self) -> bool {
        !self.shared.failed.load(Ordering::SeqCst)
    }

    /// Does a command: durable when the answer is here.
    pub async fn submit(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        self.enqueue(command, key)?.answer().await
    }

    /// [`Engine::submit`], unless something else stands against the command: then a repetition under its key is answered as then,
    /// and anything new is refused with that.
    pub async fn submit_unless(
        &self,
        barred: Option<Refusal>,
        command: impl Into<Command>,
        key: Option<KeyUse>,
    ) -> Result<Receipt, EngineError> {
        if barred.is_none() {
            return self.submit(command, key).await;
        }
        match self.once(command, key, Seen { barred, ..Seen::default() }).await?.verdict {
            Verdict::Done(result) => result,
            Verdict::Again { .. } | Verdict::Unseen(_) | Verdict::Short(_) => Err(EngineError::Fault),
        }
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
        let bucket = command.bucket(self.buckets());
        let (answer, engine) = (self.queue(command, key, Seen::default())?, self.clone());
        Ok(Pending(Box::pin(async move {
            let verdict = answer.await.map_err(|_| EngineError::Fault)?.verdict;
            match engine.completed(bucket, verdict).await {
                Verdict::Done(result) => result,
                Verdict::Again { .. } | Verdict::Unseen(_) | Verdict::Short(_) => Err(EngineError::Fault),
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
        let command = command.into();
        let bucket = command.bucket(self.buckets());
        let reply = self.queue(command, key, seen)?.await.map_err(|_| EngineError::Fault)?;
        Ok(Reply { verdict: self.completed(bucket, reply.verdict).await, ..reply })
    }

    /// Reads what an answer shows besides what the sequencer had in hand: one of before, and refunds that stand on pages.
    async fn completed(&self, bucket: Bucket, verdict: Verdict) -> Verdict {
        match verdict {
            // Committed: that the answer can't be read again is this command's trouble alone.
            Verdict::Again { position, count, kind, at } => {
                let answer = self.read_on(move |reader| reader.answer_again(bucket, position, count, kind)).await;
                Verdict::Done(answer.map(|answer| Receipt { answer, replayed: true, at }))
            }
            Verdict::Done(Ok(Receipt { answer: Answer::Order { order, created }, replayed, at }))
                if !order.has_all_refunds() =>
            {
                let order = self.read_on(move |reader| reader.with_all_refunds(bucket, *order)).await;
                let answer = order.map(|order| Answer::Order { order: Box::new(order), created });
                Verdict::Done(answer.map(|answer| Receipt { answer, replayed, at }))
            }
            verdict => verdict,
        }
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

    /// Why the clock keeps anything from being written, if it does. Blocks.
    ///
    /// Errors: the journal's heads can't be read.
    pub fn clock_trouble(&self) -> Result<Option<ClockTrouble>, EngineError> {
        Ok(self.shared.time.trouble(self.last_batch_at()?))
    }

    /// Takes the clock as it is now for right, after it jumped. Where it is behind what is written, time may be said to
    /// stand still until it gets there. Answers what it shows. Blocks.
    ///
    /// Errors: inside, what keeps anything from being written all the same; outside, the heads can't be read.
    pub fn accept_clock(&self, stand_still: bool) -> Result<Result<Timestamp, ClockTrouble>, EngineError> {
        Ok(self.shared.time.accept(self.last_batch_at()?, stand_still))
    }

    /// The time of the last batch of any bucket.
    fn last_batch_at(&self) -> Result<Timestamp, EngineError> {
        Ok(last_batch_at(&*self.shared.store)?)
    }

    /// The rules of time zones that are in force.
    pub fn zones(&self) -> &Zones {
        &self.shared.zones
    }

    /// Published campaigns that count days in a time zone without rules: they give out nothing.
    pub fn campaigns_without_zone(&self) -> Vec<Arc<Campaign>> {
        let lacks = |campaign: &Campaign| {
            let zone = campaign.terms.validity.time_zone();
            campaign.stage != CampaignStage::Ended && zone.is_some_and(|zone| !self.zones().know(zone))
        };
        self.registry().campaigns(None, None, usize::MAX, lacks)
    }

    pub(crate) fn buckets(&self) -> Buckets {
        self.shared.store.buckets()
    }

    /// What a command would be answered, changing nothing: the same path on committed state, saving nothing. Blocks.
    pub fn preview(&self, command: impl Into<Command>) -> Result<Answer, EngineError> {
        let command = command.into();
        self.read(|reader| {
            reader.enter(command.bucket(self.buckets()));
            let now = reader.now();
            let mut position = u64::MAX / 2;
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

    /// How many reads there may be. Holds when it is said before the first.
    pub fn limit_reads(&self, limits: ReadLimits) {
        let _ = self.shared.room.set(Room::new(limits));
    }

    /// Tells of every batch that this process commits from here on.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.shared.commits.subscribe()
    }

    fn room(&self) -> &Room {
        self.shared.room.get_or_init(|| Room::new(ReadLimits::default()))
    }

    /// [`Engine::read`] in turn, without holding up whoever waits for it. Dropped before its turn it isn't done.
    ///
    /// Errors: those of the work; `rate_limited` if too many reads wait.
    pub async fn read_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.shared.by_hand {
            return self.read(work);
        }
        let place = self.room().place().await?;
        let engine = self.clone();
        aside(place, move || engine.read(work)).await
    }

    /// The same for one of few that has begun, such as a page of an export or a command that was done: it is never refused for
    /// those that wait.
    pub async fn read_on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.shared.by_hand {
            return self.read(work);
        }
        if scrip_faults::is(scrip_faults::Fault::ExportKeepsItsPlace) {
            self.room().place_in_line().await.forget();
        }
        let place = self.room().place_in_line().await;
        let engine = self.clone();
        aside(place, move || engine.read(work)).await
    }

    /// [`Engine::preview`] in turn, as [`Engine::read_aside`].
    pub async fn preview_aside(&self, command: impl Into<Command>) -> Result<Answer, EngineError> {
        let (command, engine) = (command.into(), self.clone());
        let place = self.room().place().await?;
        aside(place, move || engine.preview(command)).await
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

fn last_batch_at(store: &dyn Store) -> Result<Timestamp, StoreError> {
    let mut snapshot = store.snapshot()?;
    let mut last = Timestamp::default();
    for bucket in store.buckets().all() {
        last = last.max(snapshot.head(bucket)?.at);
    }
    Ok(last)
}

fn apply(state: &mut State, events: Vec<Event>, position: &mut u64, at: Timestamp) {
    for event in events {
        state.evolve(&Recorded { position: *position, at, event });
        *position += 1;
    }
}
