//! What the outside asks of an engine that runs.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use scrip_core::{
    campaign::{Campaign, CampaignStage},
    command::{Command, LinkAccount},
    event::{Event, Recorded},
    name::{AccountId, IndividualId},
    reason::{Reason, Refusal},
    slot::Buckets,
    state::State,
    time::{Timestamp, Zones},
};
use scrip_faults::Fault;
use scrip_store::{Store, sums::SumTable};
use tokio::sync::watch;

use crate::{
    answer::{Answer, answer},
    counted,
    dispatch::Dispatch,
    exchange,
    feed::Progress,
    follow::{PEOPLE, SUMS},
    kept::KeptHead,
    membership::Tenure,
    queues::Queues,
    read::Reader,
    reads::Reads,
    receipt::{EngineError, Pending, Receipt},
    registry::Registry,
    room::{ReadLimits, aside},
    secrets::Secrets,
    shared::Shared,
    sold_out::claimed,
    time::ClockTrouble,
    waiting::{KeyUse, Seen, wait_for},
};

/// How long lists wait for what this process answered before.
const LISTS_WAIT: Duration = Duration::from_millis(250);
/// And what must be whole.
const EXPORTS_WAIT: Duration = Duration::from_secs(5);

/// The engine over a store: commands in, answers out, each durable before it is given.
///
/// Cheap to clone; it stops when it is told to, or when the last clone is dropped.
#[derive(Clone)]
pub struct Engine {
    pub(crate) dispatch: Dispatch,
    pub(crate) workers: Arc<Workers>,
}

/// Threads that end once the queues are closed.
pub(crate) struct Workers {
    pub stop: Arc<AtomicBool>,
    pub handles: Mutex<Vec<JoinHandle<()>>>,
    /// They end last.
    pub followers: Mutex<Vec<JoinHandle<()>>>,
    pub progress: Arc<Progress>,
}

impl Workers {
    /// None yet; followers are told to stop by their progress.
    pub fn telling(progress: Arc<Progress>) -> Self {
        Self { stop: Arc::default(), handles: Mutex::default(), followers: Mutex::default(), progress }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.progress.end();
    }
}

/// An engine that may be gone.
pub(crate) struct WeakEngine {
    shared: Weak<Shared>,
    queues: Weak<Queues>,
    workers: Weak<Workers>,
}

impl WeakEngine {
    pub fn upgrade(&self) -> Option<Engine> {
        let dispatch = Dispatch { reads: Reads(self.shared.upgrade()?), queues: self.queues.upgrade()? };
        Some(Engine { dispatch, workers: self.workers.upgrade()? })
    }
}

impl Engine {
    /// Where the journals end: for keeping elsewhere, as what is written down there can't be written anew here. Blocks.
    ///
    /// Shape: one of each bucket that has any event.
    pub fn heads(&self) -> Result<Vec<(KeptHead, Timestamp)>, EngineError> {
        Ok(KeptHead::all(&*self.shared().store)?)
    }

    /// What is in memory of campaigns and keys. Where several processes serve it holds for who asks [`Engine::tenure`] before and
    /// [`Engine::still`] after.
    pub fn registry(&self) -> &Registry {
        &self.shared().registry
    }

    pub fn secrets(&self) -> &Secrets {
        &self.shared().secrets
    }

    /// What it is now, for readers as for batches: one time, whatever the clock does.
    pub fn now(&self) -> Timestamp {
        self.shared().now()
    }

    /// Whether the store takes writes.
    pub fn is_ready(&self) -> bool {
        !self.shared().failed.load(Ordering::SeqCst)
    }

    /// Begins what ends in an answer that rests on [`Engine::registry`]. Commands and reads ask by themselves.
    ///
    /// Errors: several processes serve, and this one has fallen behind: it may not answer.
    pub fn tenure(&self) -> Result<Tenure, EngineError> {
        self.shared().tenure()
    }

    /// Asked before that answer is given.
    ///
    /// Errors: it fell behind in between.
    pub fn still(&self, tenure: Tenure) -> Result<(), EngineError> {
        self.shared().still(tenure)
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
        let command = command.into();
        let awaited = self.dispatch.awaited(&command);
        let seen = Seen { barred, ..Seen::default() };
        let done = async { self.dispatch.once(command, key, seen).await?.verdict.done() };
        self.dispatch.answered(self.tenure()?, awaited, done).await
    }

    /// [`Engine::submit`] for threads that may block.
    pub fn submit_blocking(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        wait_for(self.submit(command, key))
    }

    /// Hands a command over without waiting, so that many can share a commit.
    pub fn enqueue(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Result<Pending, EngineError> {
        let command = command.into();
        let dispatch = self.dispatch.clone();
        let tenure = dispatch.tenure()?;
        let awaited = dispatch.awaited(&command);
        if !self.buckets().is_one() {
            return Ok(Pending::new(async move {
                dispatch.answered(tenure, awaited, exchange::submit(&dispatch, command, key)).await
            }));
        }
        let claimed = claimed(&command).filter(|_| key.is_none());
        // Where several processes serve, stock may have come back in another that this one hasn't heard of: the sequencer decides.
        if claimed.is_some()
            && dispatch.membership.is_none()
            && dispatch.sold_out.refuses(&command, |campaign| dispatch.registry.campaign(campaign), dispatch.now())
            && self.is_ready()
        {
            counted::command(command.name(), Reason::SoldOut.code());
            let refused = std::future::ready(Err(EngineError::Refused(Reason::SoldOut.into())));
            return Ok(Pending::new(async move { dispatch.answered(tenure, None, refused).await }));
        }
        let epoch = dispatch.sold_out.epoch(&command);
        let bucket = command.bucket(self.buckets());
        let answer = dispatch.queue(command, key, None)?;
        Ok(Pending::new(async move {
            let done = async {
                let verdict = answer.await.map_err(|_| EngineError::Fault)?.verdict;
                let done = dispatch.completed(bucket, verdict).await.done();
                if let (Some(campaign), Err(EngineError::Refused(refusal))) = (claimed, &done)
                    && *refusal.first() == Reason::SoldOut
                    && dispatch.registry.codes_asked(campaign) == 0
                {
                    dispatch.sold_out.note_gone(campaign, epoch);
                }
                done
            };
            dispatch.answered(tenure, awaited, done).await
        }))
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

    /// Why the clock keeps anything from being written, if it does. Blocks.
    ///
    /// Errors: the journal's heads can't be read.
    pub fn clock_trouble(&self) -> Result<Option<ClockTrouble>, EngineError> {
        Ok(self.shared().time.trouble(self.shared().last_batch_at()?))
    }

    /// Takes the clock as it is now for right, after it jumped. Where it is behind what is written, time may be said to
    /// stand still until it gets there. Answers what it shows. Blocks.
    ///
    /// Errors: inside, what keeps anything from being written all the same; outside, the heads can't be read.
    pub fn accept_clock(&self, stand_still: bool) -> Result<Result<Timestamp, ClockTrouble>, EngineError> {
        Ok(self.shared().time.accept(self.shared().last_batch_at()?, stand_still))
    }

    /// The rules of time zones that are in force.
    pub fn zones(&self) -> &Zones {
        &self.shared().zones
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
        self.shared().store.buckets()
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
            let decision = command.decide(reader.state(), now, &mut self.shared().random.ids())?;
            apply(reader.state_mut(), decision.events, &mut position, now);
            Ok(answer(decision.outcome, reader.state()))
        })
    }

    /// Reads what was committed. Blocks.
    pub fn read<T>(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let tenure = self.tenure()?;
        let read = self.dispatch.reads.blocking(work);
        self.still(tenure)?;
        read
    }

    /// Waits until lists and reports have what was answered before, by this process or until it started: at most a quarter of a second, as whoever asks would
    /// rather have what there is.
    pub async fn followed(&self) {
        self.followed_within(PEOPLE, LISTS_WAIT).await;
    }

    /// The same for a report whose sums a follower keeps. Answers whether they have it: of a file that is older than the report, or that
    /// its last process left behind, they are worked out first, and a follower may be stuck. Then they are added up from rows, and
    /// those are waited for.
    pub async fn sums_followed(&self, sums: &SumTable) -> bool {
        let shared = self.shared();
        let has_all = if shared.by_hand {
            shared.progress.has_reached(sums.name, &shared.feed.ends())
        } else {
            let is_there = shared.progress.has_reached(sums.name, &shared.began);
            is_there && self.followed_within(sums.name, LISTS_WAIT).await
        };
        if has_all {
            return true;
        }
        self.followed().await;
        false
    }

    /// The same for what must be whole or not be told at all.
    ///
    /// Errors: [`EngineError::Unavailable`] if it isn't there within some seconds.
    pub async fn surely_followed(&self) -> Result<(), EngineError> {
        let has_followed = self.followed_within(PEOPLE, EXPORTS_WAIT).await;
        let behind = || EngineError::Unavailable("the tables for people are behind".to_owned());
        has_followed.then_some(()).ok_or_else(behind)
    }

    /// Whether lists and reports, or some, answer from tables that were made by older rules than this build's, and are made anew.
    pub fn is_rebuilding(&self) -> bool {
        let progress = &self.shared().progress;
        progress.is_rebuilding(PEOPLE) || SUMS.iter().any(|sums| progress.is_rebuilding(sums.table().name))
    }

    async fn followed_within(&self, follower: &'static str, time: Duration) -> bool {
        let shared = self.shared();
        if shared.by_hand || scrip_faults::is(Fault::ListsDontWait) {
            return true;
        }
        shared.progress.reached(follower, &shared.feed.ends(), time).await
    }

    /// How many reads there may be. Holds when it is said before the first.
    pub fn limit_reads(&self, limits: ReadLimits) {
        self.shared().limit_reads(limits);
    }

    /// Tells of every batch that this process commits from here on.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.shared().commits.subscribe()
    }

    /// [`Engine::read`] in turn, without holding up whoever waits for it. Dropped before its turn it isn't done.
    ///
    /// Errors: those of the work; `rate_limited` if too many reads wait.
    pub async fn read_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.shared().as_member(self.dispatch.reads.in_turn(work)).await
    }

    /// The same for one of few that has begun, such as a page of an export or a command that was done: it is never refused for
    /// those that wait.
    pub async fn read_on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.shared().as_member(self.dispatch.reads.in_line(work)).await
    }

    /// [`Engine::preview`] in turn, as [`Engine::read_aside`].
    pub async fn preview_aside(&self, command: impl Into<Command>) -> Result<Answer, EngineError> {
        let (command, engine) = (command.into(), self.clone());
        let turn = self.shared().room().turn().await?;
        aside(turn, move || engine.preview(command)).await
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.dispatch
    }

    pub(crate) fn downgrade(&self) -> WeakEngine {
        WeakEngine {
            shared: Arc::downgrade(&self.dispatch.reads.0),
            queues: Arc::downgrade(&self.dispatch.queues),
            workers: Arc::downgrade(&self.workers),
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.shared().store
    }
}

fn apply(state: &mut State, events: Vec<Event>, position: &mut u64, at: Timestamp) {
    for event in events {
        state.evolve(&Recorded { position: *position, at, event });
        *position += 1;
    }
}
