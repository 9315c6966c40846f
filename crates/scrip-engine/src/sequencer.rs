//! A bucket's one sequence of batches: load → decide → evolve → save → answer.
//!
//! Round trips of a batch: one for the journal's head, one to three set-based loads (some aggregates name others), one
//! commit. Everybody who waits shares them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use scrip_core::{
    command::Command,
    event::{Event, Recorded},
    id::CodeHash,
    idempotency::UsedKey,
    reason::{Reason, Refusal},
    slot::Bucket,
    state::{Aggregate, Key, State},
    time::Timestamp,
};
use scrip_faults::Fault;
use scrip_store::{Batch, Head, Save, StoreError, Transaction, Writer, frame::Frame, secret::ChainSecret};
use tokio::sync::mpsc;

use crate::{
    answer::answer,
    counted,
    fault_points::{answer_early, counters_apart},
    load::load_all,
    random::RandomIds,
    receipt::{EngineError, Receipt, chain},
    shared::{Shared, ToldIfItFails},
    usage_elsewhere::Limited,
    waiting::{Done, DoneAndFreed, KeyUse, Reply, Verdict, Waiting},
};

/// Commands that share a commit at most: beyond, batches gain little and answers wait longer.
const BATCH_MAX: usize = 256;

/// Serves one bucket. It has a thread of its own, unless whoever started the engine drives it by [`Sequencer::step`].
pub struct Sequencer {
    shared: Arc<Shared>,
    bucket: Bucket,
    writer: Box<dyn Writer>,
    queue: mpsc::Receiver<Waiting>,
    ids: RandomIds,
}

impl Sequencer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        bucket: Bucket,
        writer: Box<dyn Writer>,
        queue: mpsc::Receiver<Waiting>,
    ) -> Self {
        let ids = shared.random.ids();
        Self { shared, bucket, writer, queue, ids }
    }

    pub const fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Serves until every handle of the engine is gone.
    pub(crate) fn run(mut self) {
        let _told = ToldIfItFails { shared: self.shared.clone(), what: "a sequencer failed unexpectedly" };
        let mut waiting: Vec<Waiting> = Vec::with_capacity(BATCH_MAX);
        // Takes what waits, never waits to fill up: the slower the commit, the larger the next batch.
        while self.queue.blocking_recv_many(&mut waiting, BATCH_MAX) > 0 {
            self.serve(&mut waiting);
        }
    }

    /// Does what waits now, at most `most` commands, in one batch. Answers how many that were.
    pub fn step(&mut self, most: usize) -> usize {
        let mut waiting = Vec::new();
        while waiting.len() < most.min(BATCH_MAX)
            && let Ok(next) = self.queue.try_recv()
        {
            waiting.push(next);
        }
        let count = waiting.len();
        if count > 0 {
            self.serve(&mut waiting);
        }
        count
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    fn serve(&mut self, waiting: &mut Vec<Waiting>) {
        let started = Instant::now();
        metrics::histogram!("scrip_batch_commands").record(waiting.len() as f64);
        if self.shared.failed.load(Ordering::SeqCst) {
            answer_all(waiting.drain(..), || EngineError::Unavailable("the store's device failed".to_owned()));
            return;
        }
        match self.batch(waiting) {
            Ok(results) => {
                for (mut waiting, result) in waiting.drain(..).zip(results) {
                    waiting.answer(result);
                }
            }
            // One command of the batch may be to blame: each gets its own, so that it fails alone.
            Err(StoreError::Damaged { .. } | StoreError::Conflict { .. }) if waiting.len() > 1 => {
                for alone in waiting.drain(..) {
                    self.alone(alone);
                }
            }
            Err(error) => self.failed(&error, waiting),
        }
        metrics::histogram!("scrip_batch_seconds").record(started.elapsed().as_secs_f64());
    }

    fn alone(&mut self, waiting: Waiting) {
        let mut waiting = vec![waiting];
        match self.batch(&mut waiting) {
            Ok(results) => {
                for (mut waiting, result) in waiting.drain(..).zip(results) {
                    waiting.answer(result);
                }
            }
            Err(error) => self.failed(&error, &mut waiting),
        }
    }

    fn failed(&self, error: &StoreError, waiting: &mut Vec<Waiting>) {
        tracing::error!(bucket = self.bucket.get(), error = %chain(error), "a batch failed; nothing of it was done");
        metrics::counter!(counted::BATCHES_FAILED).increment(1);
        if matches!(error, StoreError::Failed { .. }) {
            // After a failed write or sync nobody knows what the device has: stop, and recover by starting anew.
            // Those who wait are answered first: the process goes on for a moment.
            self.shared.fail(&chain(error));
        }
        let text = error.to_string();
        answer_all(waiting.drain(..), || EngineError::Unavailable(text.clone()));
    }

    /// Runs one batch; a command that panics is taken out and the rest is done again without it.
    fn batch(&mut self, waiting: &mut [Waiting]) -> Result<Vec<Reply>, StoreError> {
        let mut faulty = vec![false; waiting.len()];
        let done = loop {
            match self.try_batch(waiting, &mut faulty)? {
                Some(done) => break done,
                None => metrics::counter!(counted::COMMANDS_FAILED).increment(1),
            }
        };
        let mut results = Vec::with_capacity(done.len());
        let mut counts: Vec<((&str, &str), u64)> = Vec::new();
        for (waiting, (done, freed)) in waiting.iter().zip(done) {
            let (outcome, result) = match done {
                Done::NeedsRemoteUsage(limited) => ("unseen", Err(Verdict::NeedsRemoteUsage(limited))),
                Done::NeedsQuota(shortages) => ("short", Err(Verdict::NeedsQuota(shortages))),
                Done::Fresh { answer, at } => ("done", Ok(Ok(Receipt { answer: *answer, replayed: false, at }))),
                Done::Refused(refusal) => (refusal.first().code(), Ok(Err(EngineError::Refused(refusal)))),
                Done::Hindered(why) => ("hindered", Ok(Err(EngineError::Hindered(why)))),
                Done::Fault => ("fault", Ok(Err(EngineError::Fault))),
                Done::Again { position, count, kind, at } => {
                    ("replayed", Err(Verdict::Again { position, count, kind, at }))
                }
            };
            let alike = (waiting.command.name(), outcome);
            match counts.iter_mut().find(|(known, _)| *known == alike) {
                Some((_, count)) => *count += 1,
                None => counts.push((alike, 1)),
            }
            let verdict = result.map_or_else(|verdict| verdict, Verdict::Done);
            results.push(Reply { verdict, freed });
        }
        counts.into_iter().for_each(|((name, outcome), count)| counted::commands(name, outcome, count));
        Ok(results)
    }

    /// `None`: a command failed unexpectedly and is marked; nothing was committed.
    fn try_batch(
        &mut self,
        waiting: &mut [Waiting],
        faulty: &mut [bool],
    ) -> Result<Option<Vec<DoneAndFreed>>, StoreError> {
        let mut transaction = self.writer.begin()?;
        let head = transaction.head()?;
        // Nobody knew whether it was committed: now that this sequencer has the bucket nothing is underway. What other processes
        // commit all the time is read beside this, as they wait for the bucket.
        if self.shared.membership.is_none() {
            self.shared.catch_up(self.bucket, head.position)?;
        }
        self.shared.told.settle(self.bucket);
        let now = match self.shared.time.for_batch(head.at) {
            Ok(now) => now,
            Err(trouble) => {
                let done = waiting.iter().map(|_| (Done::Hindered(trouble.to_string()), Vec::new()));
                return Ok(Some(done.collect()));
            }
        };
        let mut work = Work::new(self.shared.state(self.bucket), head, now);
        work.load(&mut *transaction, waiting)?;
        let mut done = Vec::with_capacity(waiting.len());
        for (index, waiting) in waiting.iter().enumerate() {
            if faulty[index] {
                done.push((Done::Fault, Vec::new()));
                continue;
            }
            // What an earlier command of the batch changed may name further aggregates.
            work.load(&mut *transaction, std::slice::from_ref(waiting))?;
            match catch_unwind(AssertUnwindSafe(|| work.run(&mut *transaction, waiting, &mut self.ids))) {
                Ok(result) => done.push((result?, std::mem::take(&mut work.freed))),
                Err(_) => {
                    tracing::error!(command = waiting.command.name(), "a command failed unexpectedly");
                    faulty[index] = true;
                    return Ok(None);
                }
            }
        }
        if !work.recorded.is_empty() {
            let batch = work.into_batch(self.bucket, self.ids.batch_id(), self.shared.secrets.chain().last());
            if scrip_faults::is(Fault::AnswerBeforeCommit) {
                answer_early(waiting, &done);
            }
            match scrip_faults::is(Fault::CounterOutsideTheTransaction)
                .then(|| counters_apart(&batch.0, &batch.1, &self.shared.secrets))
            {
                Some(Some((first, counters))) => {
                    transaction.commit(&first)?;
                    self.writer.begin()?.commit(&counters)?;
                }
                _ => transaction.commit(&batch.0).inspect_err(|_| self.shared.in_doubt(self.bucket, &batch.1))?,
            }
            let (Batch { frame, .. }, events) = batch;
            self.shared.time.saw(now);
            self.shared.committed(self.bucket, events, frame.body.len());
        }
        Ok(Some(done))
    }
}

/// The working set of a batch, and what its commands have led to so far.
struct Work {
    state: State,
    head: Head,
    now: Timestamp,
    recorded: Vec<Recorded>,
    /// Of the command at hand.
    freed: Vec<CodeHash>,
}

impl Work {
    const fn new(state: State, head: Head, now: Timestamp) -> Self {
        Self { state, head, now, recorded: Vec::new(), freed: Vec::new() }
    }

    fn load(&mut self, transaction: &mut dyn Transaction, waiting: &[Waiting]) -> Result<(), StoreError> {
        let now = self.now;
        load_all(transaction, &mut self.state, |state| {
            let mut keys = Vec::with_capacity(waiting.len() * 5);
            for waiting in waiting {
                keys.extend(waiting.command.needs(state, now));
                keys.extend(waiting.key.iter().flat_map(|key| recent_keys(key, now)));
            }
            keys
        })
    }

    fn run(
        &mut self,
        transaction: &mut dyn Transaction,
        waiting: &Waiting,
        ids: &mut RandomIds,
    ) -> Result<Done, StoreError> {
        if let Some(key) = &waiting.key
            && let Some(used) = self.used(key)
            && !scrip_faults::is(Fault::ReplayAppliedTwice)
        {
            return Ok(if used.command_hash == key.command_hash {
                Done::Again { position: used.position, count: used.count, kind: used.answer, at: used.at }
            } else {
                Done::Refused(Reason::IdempotencyKeyReused.into())
            });
        }
        if let Some(refusal) = waiting.seen.as_ref().and_then(|seen| seen.barred.as_ref()) {
            return Ok(Done::Refused(refusal.clone()));
        }
        loop {
            let prelude = waiting.command.prelude(&self.state, self.now);
            if prelude.is_empty() {
                break;
            }
            for event in prelude {
                self.record(event);
            }
            self.load(transaction, std::slice::from_ref(waiting))?;
        }
        self.state.set_usage_elsewhere(waiting.seen.as_ref().and_then(|seen| seen.usage_elsewhere.clone()));
        let decision = match waiting.command.decide(&self.state, self.now, ids) {
            Ok(decision) => decision,
            Err(refusal) if self.judged_by_this_bucket_alone(&refusal) => {
                return Ok(self.needs_remote_usage(&waiting.command));
            }
            Err(refusal) => return Ok(Done::Refused(refusal)),
        };
        let short = self.state.short_of(&decision.events);
        if !short.is_empty() && !waiting.seen.as_ref().is_some_and(|seen| seen.overdraw) {
            return Ok(Done::NeedsQuota(short));
        }
        let position = self.next_position();
        let count = u32::try_from(decision.events.len()).expect("a command leads to few events");
        for event in decision.events {
            self.record(event);
        }
        let kind = decision.outcome.answer_kind();
        let answer = answer(decision.outcome, &self.state);
        // Only a command that had an effect is kept; any other is judged afresh when it comes again.
        if let (Some(key), true) = (&waiting.key, count > 0) {
            let entry = UsedKey {
                key_hash: key.key_hash,
                command_hash: key.command_hash,
                position,
                count,
                at: self.now,
                answer: kind,
            };
            self.record(Event::KeyUsed { holder: key.holder.clone(), day: day(self.now), entry });
        }
        Ok(Done::Fresh { answer: Box::new(answer), at: self.now })
    }

    /// Whether other buckets may have what this one lacks.
    fn judged_by_this_bucket_alone(&self, refusal: &Refusal) -> bool {
        !self.state.buckets().is_one()
            && self.state.usage_elsewhere().is_none()
            && refusal.is_changed_by_other_buckets()
    }

    /// What of other buckets has to be looked at to judge the command.
    fn needs_remote_usage(&self, command: &Command) -> Done {
        Done::NeedsRemoteUsage(Limited::named_by(command.needs(&self.state, self.now)))
    }

    fn used(&self, key: &KeyUse) -> Option<UsedKey> {
        let today = day(self.now);
        [today, today - 1]
            .into_iter()
            .filter_map(|day| self.state.recent_keys(&key.holder, day))
            .flat_map(|keys| &keys.used)
            .find(|used| used.key_hash == key.key_hash)
            .cloned()
    }

    const fn next_position(&self) -> u64 {
        self.head.position + self.recorded.len() as u64 + 1
    }

    fn record(&mut self, event: Event) {
        let recorded = Recorded { position: self.next_position(), at: self.now, event };
        self.state.evolve(&recorded);
        if let Event::CouponVoided { code, .. } = &recorded.event
            && !self.state.is_home(*code)
            && self.state.code(*code).is_some_and(|code| code.lease().is_some())
        {
            self.freed.push(*code);
        }
        self.recorded.push(recorded);
    }

    fn into_batch(self, bucket: Bucket, batch: [u8; 16], seal: &ChainSecret) -> (Batch, Vec<Recorded>) {
        let events: Vec<&Event> = self.recorded.iter().map(|recorded| &recorded.event).collect();
        let frame = Frame::new(bucket, self.head.position + 1, self.now, batch, self.head.hash, &events).sealed(seal);
        let saves = self
            .state
            .changes()
            .into_iter()
            .filter(|change| change.read.is_some() || change.value.is_some())
            .map(|change| Save {
                key: change.key,
                read: change.read,
                body: change.value.as_ref().map(Aggregate::encode),
            })
            .collect();
        (Batch { frame, saves }, self.recorded)
    }
}

/// Keys are kept at least 24 hours: today's and yesterday's documents.
fn recent_keys(key: &KeyUse, now: Timestamp) -> [Key; 2] {
    let today = day(now);
    [today, today - 1].map(|day| Key::RecentKeys(key.holder.clone(), day))
}

fn day(at: Timestamp) -> u32 {
    u32::try_from(at.day()).expect("days since 1970 fit")
}

fn answer_all(waiting: impl Iterator<Item = Waiting>, error: impl Fn() -> EngineError) {
    for mut waiting in waiting {
        waiting.answer(Reply::of(Verdict::Done(Err(error()))));
    }
}
