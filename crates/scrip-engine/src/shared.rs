//! What sequencers, the exchange, maintenance and readers share.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use scrip_core::{
    event::{Event, Recorded},
    name::SellerId,
    slot::{Bucket, Buckets},
    state::State,
    time::{Timestamp, Zones},
};
use scrip_faults::Fault;
use scrip_store::{Store, StoreError};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    counted,
    feed::{Feed, Follower, Progress, Told, journal},
    gates::Gates,
    known::Known,
    membership::{Membership, Tenure, WAIT_MICROS},
    random::Random,
    receipt::{EngineError, chain},
    registry::Registry,
    room::{ReadLimits, Room},
    secrets::Secrets,
    sold_out::SoldOut,
    time::Time,
};

/// Frames of a journal that are read at once for those who follow in memory.
const FRAMES: usize = 8;

/// What sequencers, the exchange, maintenance and readers share.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub time: Time,
    pub zones: Zones,
    pub registry: Registry,
    pub secrets: Secrets,
    pub random: Random,
    pub gates: Gates,
    pub sold_out: SoldOut,
    /// How far those came who follow in memory.
    pub told: Told,
    /// What was committed, for those who follow.
    pub feed: Feed,
    pub progress: Arc<Progress>,
    /// Where several processes serve from the store.
    pub membership: Option<Membership>,
    /// Where the journals ended when this process began.
    pub began: Vec<(Bucket, u64)>,
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
    /// Which thread does the maintenance; none by hand.
    pub maintenance: OnceLock<thread::Thread>,
}

impl Shared {
    /// Errors: the store can't be read.
    pub fn new(store: Arc<dyn Store>, options: EngineOptions, by_hand: bool) -> Result<Self, StoreError> {
        let mut snapshot = store.snapshot()?;
        // What is loaded and where telling begins are of one moment.
        let heads = store.buckets().all().map(|bucket| Ok((bucket, snapshot.head(bucket)?)));
        let heads = heads.collect::<Result<Vec<_>, StoreError>>()?;
        let registry = Registry::load(&mut *snapshot, store.buckets())?;
        drop(snapshot);
        let began = heads.iter().map(|(bucket, head)| (*bucket, head.position)).collect();
        let shared = Self {
            registry,
            time: Time::new(options.clock),
            zones: options.zones,
            secrets: options.secrets,
            random: options.random,
            gates: Gates::default(),
            sold_out: SoldOut::default(),
            told: Told::beyond(heads.iter().map(|(bucket, head)| (*bucket, head.position))),
            feed: Feed::default(),
            progress: Arc::default(),
            membership: store.members().map(|_| Membership::default()),
            began,
            job_turn: Mutex::default(),
            known: Known::default(),
            room: OnceLock::new(),
            by_hand,
            failed: AtomicBool::new(false),
            on_failure: options.on_failure,
            commits: watch::Sender::new(0),
            maintenance: OnceLock::new(),
            store,
        };
        for (bucket, head) in heads {
            shared.time.saw(head.at);
            shared.feed.begins(bucket, head.position);
        }
        Ok(shared)
    }

    pub fn buckets(&self) -> Buckets {
        self.store.buckets()
    }

    /// What it is now, for readers as for batches: one time, whatever the clock does.
    pub fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// The time of the last batch of any bucket.
    pub fn last_batch_at(&self) -> Result<Timestamp, StoreError> {
        let mut snapshot = self.store.snapshot()?;
        let mut last = Timestamp::default();
        for bucket in self.buckets().all() {
            last = last.max(snapshot.head(bucket)?.at);
        }
        Ok(last)
    }

    pub fn room(&self) -> &Room {
        self.room.get_or_init(|| Room::new(ReadLimits::default()))
    }

    /// How many reads there may be. Holds when it is said before the first.
    pub fn limit_reads(&self, limits: ReadLimits) {
        let _ = self.room.set(Room::new(limits));
    }

    /// An empty working set of a bucket.
    pub fn state(&self, bucket: Bucket) -> State {
        State::new(bucket, self.store.buckets()).with_zones(self.zones.clone())
    }

    /// A commit failed, and may have been done all the same: the journal will tell, and what is sold out isn't believed until then.
    pub fn in_doubt(&self, bucket: Bucket, events: &[Recorded]) {
        self.told.doubt(bucket);
        events.iter().for_each(|recorded| self.sold_out.apply(bucket, recorded));
    }

    /// Nothing is written from here on, and who runs the process is told once.
    pub fn fail(&self, why: &str) {
        if !self.failed.swap(true, Ordering::SeqCst) {
            (self.on_failure)(why);
        }
    }

    pub fn wake_maintenance(&self) {
        if let Some(thread) = self.maintenance.get() {
            thread.unpark();
        }
    }

    /// Tells those who follow in memory. Answers whether that could be: nothing is told out of order.
    fn tell(&self, bucket: Bucket, events: &[Recorded]) -> bool {
        if let Some(last) = events.last() {
            self.time.saw(last.at);
        }
        let told = self.told.tell(bucket, events, &[&self.registry, &self.sold_out]);
        let is_work = |recorded: &Recorded| matches!(recorded.event, Event::CodesRequested { .. });
        if events.iter().any(is_work) {
            self.wake_maintenance();
        }
        told
    }

    /// Tells those who follow in memory what the bucket's journal has up to there, whoever committed it. Nearly always that is
    /// nothing new.
    ///
    /// Errors: the journal can't be read; what comes after is told once it can.
    pub fn catch_up(&self, bucket: Bucket, to: u64) -> Result<(), StoreError> {
        if self.told.position(bucket) >= to {
            return Ok(());
        }
        while self.told.position(bucket) < to {
            let from = self.told.position(bucket);
            let page = journal::after(&mut *self.store.snapshot()?, bucket, from, FRAMES)?;
            if page.is_empty() {
                let what = format!("the journal of bucket {} ends at {from}, before {to}", bucket.get());
                return Err(StoreError::Damaged { what });
            }
            for fed in &page {
                self.tell(bucket, &fed.events);
            }
        }
        // Whoever died after its commit follows it no more: the rows of it are ours to write too.
        self.feed.others_committed(bucket, self.told.position(bucket));
        self.commits.send_modify(|commits| *commits += 1);
        self.progress.ring();
        Ok(())
    }

    /// The same in every bucket, up to the ends that their journals have by now.
    ///
    /// Errors: as [`Shared::catch_up`].
    pub fn catch_up_everywhere(&self) -> Result<(), StoreError> {
        for bucket in self.buckets().all() {
            let head = self.store.snapshot()?.head(bucket)?;
            self.catch_up(bucket, head.position)?;
        }
        Ok(())
    }

    /// Up to which position of each bucket all that is in memory follows its journal.
    pub fn followed_in_memory(&self) -> Vec<(Bucket, u64)> {
        self.buckets().all().map(|bucket| (bucket, self.told.position(bucket))).collect()
    }

    /// Begins what ends in an answer.
    ///
    /// Errors: several processes serve, and this one has fallen behind.
    pub fn tenure(&self) -> Result<Tenure, EngineError> {
        let Some(membership) = &self.membership else { return Ok(Tenure::ALONE) };
        membership.tenure(self.time.elapsed_micros()).or_else(|last| {
            let behind = "this process has fallen behind the others that serve";
            let answers = scrip_faults::is(Fault::AnswersWithoutMembership);
            if answers { Ok(last) } else { Err(EngineError::Unavailable(behind.to_owned())) }
        })
    }

    /// Asked before the answer is given: what it rests on may have been read at any time since it began.
    ///
    /// Errors: it has fallen behind, be it for a time.
    pub fn still(&self, tenure: Tenure) -> Result<(), EngineError> {
        if self.tenure()? == tenure || scrip_faults::is(Fault::AnswersWithoutMembership) {
            return Ok(());
        }
        Err(EngineError::Unavailable("this process fell behind the others that serve".to_owned()))
    }

    /// What this process answers from beginning to end.
    pub async fn as_member<T>(&self, answer: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        let tenure = self.tenure()?;
        let answer = answer.await;
        self.still(tenure)?;
        answer
    }

    /// Waits until every process that serves has in memory what the bucket's journal has now.
    ///
    /// Errors: one neither follows nor goes, or the store can't be read. What was done is done; asking again waits again.
    pub async fn followed_by_all(&self, bucket: Bucket) -> Result<(), EngineError> {
        let Some(membership) = &self.membership else { return Ok(()) };
        if scrip_faults::is(Fault::AnsweredBeforeFollowed) {
            return Ok(());
        }
        let position = self.store.snapshot()?.head(bucket)?.position;
        let until = self.time.elapsed_micros() + WAIT_MICROS;
        let is_late = || self.time.elapsed_micros() >= until;
        let what = "it is done, and not every process that serves knows it yet: ask again with the same key";
        let done = membership.followed_by_all(bucket, position, is_late).await;
        done.then_some(()).ok_or_else(|| EngineError::Unavailable(what.to_owned()))
    }

    /// Tells everybody of a commit, `bytes` long in the journal: what answers depend on before they are given.
    pub fn committed(&self, bucket: Bucket, events: Vec<Recorded>, bytes: usize) {
        if let (false, Some(last)) = (self.tell(bucket, &events), events.last())
            && let Err(error) = self.catch_up(bucket, last.position)
        {
            tracing::warn!(error = %chain(&error), "what others committed before is told later, and this with it");
        }
        self.commits.send_modify(|commits| *commits += 1);
        if let Some(last) = events.last() {
            metrics::gauge!("scrip_journal_position", "bucket" => bucket.get().to_string()).set(last.position as f64);
        }
        self.feed.committed(bucket, events, bytes);
        self.say_who_is_behind();
        self.progress.ring();
    }

    fn say_who_is_behind(&self) {
        let ends = self.feed.ends();
        let behind = self.progress.behind(&ends);
        behind.into_iter().for_each(|(follower, events)| counted::follower_is_behind(follower, events));
        let behind = self.progress.rebuilds_behind(&ends);
        behind.into_iter().for_each(|(follower, events)| counted::rebuild_is_behind(follower, events));
    }

    /// A follower has come to the position.
    pub fn followed(&self, follower: &'static str, bucket: Bucket, position: u64) {
        self.progress.came(follower, bucket, position);
        self.feed.forget(bucket, self.progress.least(bucket));
        self.say_who_is_behind();
    }

    /// Tables that a follower makes anew have come to the position. What they lack they may read in the journal: nothing is kept for them.
    pub fn rebuilt(&self, follower: &'static str, bucket: Bucket, position: u64) {
        self.progress.rebuilt(follower, bucket, position);
        self.say_who_is_behind();
    }

    /// They are shown.
    pub fn rebuild_is_over(&self, follower: &'static str) {
        self.progress.rebuild_is_over(follower);
        counted::rebuild_is_behind(follower, 0);
    }
}

/// A sequencer that fails itself, not with a command, ends: nobody knows what of its batch was done, and nothing is written any
/// more. So does whoever renews this process as one that serves. Whoever runs the process is told, as where the device fails.
pub(crate) struct ToldIfItFails {
    pub shared: Arc<Shared>,
    pub what: &'static str,
}

impl Drop for ToldIfItFails {
    fn drop(&mut self) {
        if thread::panicking() {
            if let Some(membership) = &self.shared.membership {
                membership.stop();
            }
            self.shared.fail(self.what);
        }
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
