//! What seeded faults of the sequencer and of followers do when they are on. Nobody calls it otherwise.

use std::time::Duration;

use scrip_core::{
    event::{Event, Recorded},
    state::Kind,
};
use scrip_store::{Batch, Followed, Projection, StoreError, TableSet, frame::Frame};

use crate::{
    receipt::Receipt,
    secrets::Secrets,
    waiting::{Done, DoneAndFreed, Reply, Verdict, Waiting},
};

/// Answers what was done while it isn't durable.
pub(crate) fn answer_early(waiting: &mut [Waiting], done: &[DoneAndFreed]) {
    for (waiting, (done, _)) in waiting.iter_mut().zip(done) {
        if let Done::Fresh { answer, at } = done {
            let receipt = Receipt { answer: (**answer).clone(), replayed: false, at: *at };
            waiting.answer(Reply::of(Verdict::Done(Ok(receipt))));
        }
    }
}

/// A batch in two: the counters of campaigns come with the last event, in a commit of their own. `None` unless that is the use
/// of a key, which no rule looks at.
pub(crate) fn counters_apart(batch: &Batch, events: &[Recorded], secrets: &Secrets) -> Option<(Batch, Batch)> {
    let (last, before) = events.split_last().filter(|(last, _)| matches!(last.event, Event::KeyUsed { .. }))?;
    let Frame { bucket, first, at, batch: id, previous, .. } = batch.frame;
    let before: Vec<_> = before.iter().map(|recorded| &recorded.event).collect();
    let seal = secrets.chain().last();
    let frame = Frame::new(bucket, first, at, id, previous, &before).sealed(seal);
    let rest = Frame::new(bucket, last.position, at, id, frame.encode().1, &[&last.event]).sealed(seal);
    let (counters, others) = batch.saves.iter().cloned().partition(|save| save.key.kind() == Kind::Allowance);
    let others = Batch { frame, saves: others };
    Some((others, Batch { frame: rest, saves: counters }))
}

/// How far a follower came in a transaction of its own, and then its rows.
pub(crate) fn cursor_first(projection: &mut dyn Projection, followed: &Followed) -> Result<Duration, StoreError> {
    projection.write(TableSet::Shown, &Followed { rows: Vec::new(), added: Vec::new(), ..followed.clone() })?;
    projection.write(TableSet::Shown, &Followed { from: followed.to, ..followed.clone() })
}

/// What was added to sums already, by who is at `at`.
pub(crate) fn add_again(projection: &mut dyn Projection, followed: &Followed, at: u64) -> Result<Duration, StoreError> {
    projection.write(TableSet::Shown, &Followed { from: at, to: at, rows: Vec::new(), ..followed.clone() })
}
