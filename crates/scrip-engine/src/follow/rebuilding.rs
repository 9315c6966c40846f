//! Tables made anew by newer rules of their follower, beside those that are shown: the same windows from the journals' beginning, into
//! tables with a position of their own, until these have come as far and take the others' place (decision 0037).
//!
//! All that there is to remember is in the store: whoever begins, in this process or another, goes on where the last one ended.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scrip_core::slot::Bucket;
use scrip_faults::Fault;
use scrip_store::{Rebuild, StoreError, TableSet};

use super::{
    Projector,
    following::{Following, GATHER},
    is_older,
    patience::Patience,
};
use crate::{counted, receipt::chain, shared::Shared};

/// So many times as long as it kept them from writing a rebuild lets sequencers write: it takes half as much as the follower beside it.
const SHARE: u32 = 7;

/// A projector that makes its tables anew, beside the one that writes those that are shown. It has a thread of its own, unless whoever
/// started the engine drives it by [`Rebuilding::step`].
pub struct Rebuilding {
    following: Following,
    stage: Stage,
    /// Events that the tables which are shown have more, at the last look.
    lacks: u64,
    began: Instant,
}

/// Where it is, as far as this process knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The store is to be asked.
    Unknown,
    /// Windows are followed.
    Underway,
    /// There is nothing to do any more.
    Over,
}

impl Rebuilding {
    /// `None` if the tables that are there are of this build's rules, or nothing was followed yet.
    ///
    /// Errors: [`StoreError::Damaged`] if a newer Scrip made them; those of the store.
    pub(crate) fn of(shared: &Arc<Shared>, projector: Arc<dyn Projector>) -> Result<Option<Self>, StoreError> {
        counted::rebuild_is_behind(projector.name(), 0);
        shared.store.snapshot()?.made_by(projector.name())?.check(projector.name(), projector.revision())?;
        let mut following = Following::writing(TableSet::Rebuilt, shared.clone(), projector)?;
        match following.projection.rebuild(following.projector.revision()) {
            Ok(Rebuild::Over) => return Ok(None),
            Ok(Rebuild::Clearing | Rebuild::Underway) => {}
            // Nobody waits for it: its thread tries again, and says why.
            Err(error) => tracing::debug!(follower = following.name(), error = %chain(&error), "not made anew yet"),
        }
        // Or only something of what was shown before is left.
        if is_older(&mut *shared.store.snapshot()?, shared.buckets(), &*following.projector)? {
            shared.buckets().all().for_each(|bucket| shared.rebuilt(following.name(), bucket, 0));
        }
        Ok(Some(Self { following, stage: Stage::Unknown, lacks: u64::MAX, began: Instant::now() }))
    }

    /// Whose tables they are.
    pub fn name(&self) -> &'static str {
        self.following.name()
    }

    /// One window in each bucket, or one step of what is before and after. Answers whether there is more to do.
    ///
    /// Errors: as [`Following::step`]; the next step goes on from where it is.
    pub fn step(&mut self) -> Result<bool, StoreError> {
        match self.stage {
            Stage::Over => return Ok(false),
            Stage::Underway => {}
            Stage::Unknown => match self.ask()? {
                Rebuild::Over => {
                    // Where another process did it nobody here knows yet.
                    self.are_shown()?;
                    self.stage = Stage::Over;
                    return Ok(false);
                }
                Rebuild::Clearing => return Ok(true),
                Rebuild::Underway => {
                    self.following.positions.clear();
                    self.stage = Stage::Underway;
                }
            },
        }
        match self.following.follow_all() {
            Ok(_) => {}
            // Another process has shown them, or the rows contradict what is there.
            Err(StoreError::Conflict { .. }) if !self.is_underway()? => {
                self.stage = Stage::Unknown;
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
        self.lacks = self.looks_behind()?;
        if self.lacks == 0 || scrip_faults::is(Fault::RebuiltShownEarly) {
            // Whether it is done or not, by whom and why: the store says how to go on.
            self.stage = Stage::Unknown;
            match self.show() {
                // Another process has shown them, and there was nothing to write here by which this one would have heard of it.
                Err(StoreError::Conflict { .. }) => {}
                shown => shown?,
            }
        }
        Ok(true)
    }

    /// Goes on until there is nothing left to do.
    ///
    /// Errors: as [`Rebuilding::step`].
    pub fn finish(&mut self) -> Result<(), StoreError> {
        while self.step()? {}
        Ok(())
    }

    fn ask(&mut self) -> Result<Rebuild, StoreError> {
        let Following { projection, projector, held, .. } = &mut self.following;
        let started = Instant::now();
        let rebuild = projection.rebuild(projector.revision());
        *held += started.elapsed();
        rebuild
    }

    fn is_underway(&self) -> Result<bool, StoreError> {
        let Following { shared, projector, .. } = &self.following;
        let made_by = shared.store.snapshot()?.made_by(projector.name())?;
        Ok(made_by.rebuilt == Some(projector.revision()))
    }

    /// How many events the tables that are shown have more.
    fn looks_behind(&mut self) -> Result<u64, StoreError> {
        let mut lacks = 0;
        for (bucket, shown) in self.shown()? {
            lacks += shown.saturating_sub(self.following.position(bucket)?);
        }
        Ok(lacks)
    }

    /// How far the tables are that are shown.
    fn shown(&self) -> Result<Vec<(Bucket, u64)>, StoreError> {
        let shared = &self.following.shared;
        let mut snapshot = shared.store.snapshot()?;
        shared.buckets().all().map(|bucket| Ok((bucket, snapshot.followed(self.name(), bucket)?))).collect()
    }

    fn show(&mut self) -> Result<(), StoreError> {
        let started = Instant::now();
        let shown = self.following.projection.show_rebuilt();
        self.following.held += started.elapsed();
        if shown? {
            self.are_shown()?;
            tracing::info!(
                follower = self.name(),
                events = self.following.positions.values().sum::<u64>(),
                seconds = self.began.elapsed().as_secs(),
                "its tables are made anew: lists and reports answer from them"
            );
        }
        Ok(())
    }

    /// From here on lists and reports answer from what was made anew.
    fn are_shown(&self) -> Result<(), StoreError> {
        let (shared, name) = (&self.following.shared, self.name());
        self.shown()?.into_iter().for_each(|(bucket, at)| shared.followed(name, bucket, at));
        shared.rebuild_is_over(name);
        Ok(())
    }

    /// For how long it lets sequencers write. Those that write the tables which are shown go on meanwhile: nearly as far as they are it
    /// waits for no more to come together.
    fn pause(&mut self) -> Duration {
        let least = if self.lacks < self.following.window as u64 { Duration::ZERO } else { GATHER };
        least.max(std::mem::take(&mut self.following.held) * SHARE)
    }
}

/// Until the tables are shown and nothing is left of those before, or everything stops: the rest is done after the next start.
pub(crate) fn rebuild(mut rebuilding: Rebuilding) {
    let (shared, name) = (rebuilding.following.shared.clone(), rebuilding.name());
    let (progress, mut heard) = (&shared.progress, Default::default());
    if progress.is_rebuilding(name) {
        tracing::info!(
            follower = name,
            events = rebuilding.following.lacks(),
            "its tables were made by older rules, and are made anew beside those that are there: until then lists and reports answer \
             from these, and say so"
        );
    }
    let mut patience = Patience::default();
    while !progress.is_stopping() {
        match rebuilding.step() {
            Ok(true) => {
                patience.went_on();
                progress.gather(&mut heard, rebuilding.pause());
            }
            Ok(false) => return,
            // Whatever fails is tried again: no answer depends on it.
            Err(error) => {
                counted::rebuild_failed(name);
                if patience.failed() {
                    tracing::error!(follower = name, error = %chain(&error), "its tables can't be made anew now");
                }
                if matches!(error, StoreError::Failed { .. }) {
                    shared.fail(&chain(&error));
                }
                progress.rest(patience.long());
            }
        }
    }
}
