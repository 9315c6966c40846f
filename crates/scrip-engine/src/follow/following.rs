//! Hands a projector the journal, window by window, and has its rows written.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use scrip_core::{event::Recorded, slot::Bucket};
use scrip_faults::Fault;
use scrip_store::{Followed, Projection, StoreError, TableSet};

use super::{
    Follows, Projector,
    patience::{self, Patience},
};
use crate::{
    counted,
    fault_points::{add_again, cursor_first},
    feed::{Fed, Heard, journal},
    load::load_all,
    receipt::chain,
    shared::Shared,
};

/// About how much a window has at first, and at most: events, or things that one of them tells of.
const WINDOW: usize = 512;
const WINDOW_MAX: usize = 8_192;
/// For how long a window should keep sequencers from writing.
const WRITE_AIM: Duration = Duration::from_millis(8);
/// What comes within this time is written together, unless somebody waits for it.
pub(super) const GATHER: Duration = Duration::from_millis(20);
/// So many times as long as it kept them from writing a follower lets sequencers write.
const SHARE: u32 = 3;
/// Frames of the journal that are read at once, and after how many bytes no more are.
const FRAMES: usize = 8;
const BYTES: usize = 2 << 20;
/// So many events take long enough to tell of it.
const LONG: u64 = 100_000;
/// How long it goes on when everything stops: what is left is followed after the next start.
const LAST: Duration = Duration::from_secs(10);

/// A projector on its way through the journals. It has a thread of its own, unless whoever started the engine drives it by
/// [`Following::step`].
pub struct Following {
    pub(super) shared: Arc<Shared>,
    pub(super) projector: Arc<dyn Projector>,
    pub(super) projection: Box<dyn Projection>,
    set: TableSet,
    /// How far it came, where that is known.
    pub(super) positions: HashMap<Bucket, u64>,
    /// About how much a window has.
    pub(super) window: usize,
    /// For how long it kept sequencers from writing since this was asked last.
    pub(super) held: Duration,
}

impl Following {
    pub(crate) fn new(shared: Arc<Shared>, projector: Arc<dyn Projector>) -> Result<Self, StoreError> {
        counted::announce_follower(projector.name());
        Self::writing(TableSet::Shown, shared, projector)
    }

    pub(super) fn writing(
        set: TableSet,
        shared: Arc<Shared>,
        projector: Arc<dyn Projector>,
    ) -> Result<Self, StoreError> {
        let projection = shared.store.projection(projector.name())?;
        let (positions, window, held) = (HashMap::new(), WINDOW, Duration::ZERO);
        Ok(Self { shared, projector, projection, set, positions, window, held })
    }

    /// Under which the store keeps how far it came.
    pub fn name(&self) -> &'static str {
        self.projector.name()
    }

    /// Follows one window in each bucket that has something new. Answers whether there may be more.
    ///
    /// Errors: the first of a bucket that can't be followed now, as the store can't be read or written or is damaged, or the projector
    /// failed; there it is where it was, and all others are followed.
    pub fn step(&mut self) -> Result<bool, StoreError> {
        let followed = self.follow_all();
        self.shared.progress.failing(self.name(), followed.is_err());
        followed
    }

    /// A window in each bucket.
    pub(super) fn follow_all(&mut self) -> Result<bool, StoreError> {
        let (mut more, mut failed) = (false, None);
        for bucket in self.shared.buckets().all() {
            match catch_unwind(AssertUnwindSafe(|| self.follow(bucket))) {
                Ok(Ok(is_more)) => more |= is_more,
                Ok(Err(error)) => {
                    failed.get_or_insert(error);
                }
                Err(_) => {
                    let what = format!("{} failed unexpectedly in bucket {}", self.name(), bucket.get());
                    failed.get_or_insert(StoreError::Damaged { what });
                }
            }
        }
        failed.map_or(Ok(more), Err)
    }

    /// Follows until there is nothing new.
    ///
    /// Errors: as [`Following::step`].
    pub fn catch_up(&mut self) -> Result<(), StoreError> {
        while self.step()? {}
        Ok(())
    }

    fn follow(&mut self, bucket: Bucket) -> Result<bool, StoreError> {
        let from = self.position(bucket)?;
        let fed = match self.shared.feed.after(bucket, from, self.window) {
            // Others may have committed what this process doesn't hear of: whoever drives by hand has several.
            Some(fed) if !(fed.is_empty() && self.shared.by_hand) => fed,
            _ => self.of_the_journal(bucket, from)?,
        };
        let window: Vec<&Recorded> = fed.iter().flat_map(|fed| &fed.events).collect();
        let Some(last) = window.last() else { return Ok(false) };
        let to = last.position;
        let mut state = self.shared.state(bucket);
        if !self.projector.needs(&window, &state).is_empty() {
            let mut snapshot = self.shared.store.snapshot()?;
            load_all(&mut *snapshot, &mut state, |state| self.projector.needs(&window, state))?;
        }
        let (rows, added) = match self.projector.follows(&window, &state)? {
            Follows::Rows(rows) => (rows, Vec::new()),
            Follows::Sums(added) => (Vec::new(), vec![added]),
        };
        let followed = Followed { bucket, from, to, rows, added };
        let held = match self.write(&followed) {
            Ok(held) => held,
            // Another process was faster: on from where it came. If none was, the rows contradict what is there.
            Err(error @ StoreError::Conflict { .. }) => {
                self.positions.remove(&bucket);
                let at = self.position(bucket)?;
                if scrip_faults::is(Fault::AddedAgain) && at > from {
                    add_again(&mut *self.projection, &followed, at)?;
                }
                return if at == from { Err(error) } else { Ok(true) };
            }
            Err(error) => return Err(error),
        };
        self.held += held;
        self.adapt(fed.iter().map(|fed| fed.weight).sum(), held);
        self.came(bucket, to);
        Ok(true)
    }

    fn write(&mut self, followed: &Followed) -> Result<Duration, StoreError> {
        if self.set == TableSet::Shown && scrip_faults::is(Fault::CursorBeforeItsRows) {
            return cursor_first(&mut *self.projection, followed);
        }
        self.projection.write(self.set, followed)
    }

    /// Tells whoever waits for it, or wants to know.
    fn came(&mut self, bucket: Bucket, to: u64) {
        self.positions.insert(bucket, to);
        match self.set {
            TableSet::Shown => self.shared.followed(self.name(), bucket, to),
            TableSet::Rebuilt => self.shared.rebuilt(self.name(), bucket, to),
        }
    }

    /// How much it lacks of what there was when this process began.
    pub(super) fn lacks(&mut self) -> u64 {
        let began = self.shared.began.clone();
        let lacks = |(bucket, end): (Bucket, u64)| end.saturating_sub(self.position(bucket).unwrap_or(end));
        began.into_iter().map(lacks).sum()
    }

    pub(super) fn position(&mut self, bucket: Bucket) -> Result<u64, StoreError> {
        if let Some(position) = self.positions.get(&bucket) {
            return Ok(*position);
        }
        let mut snapshot = self.shared.store.snapshot()?;
        let name = self.projector.name();
        let position = match self.set {
            TableSet::Shown => snapshot.followed(name, bucket)?,
            TableSet::Rebuilt => snapshot.rebuilt(name, bucket)?,
        };
        drop(snapshot);
        self.came(bucket, position);
        Ok(position)
    }

    /// What isn't kept in memory.
    fn of_the_journal(&self, bucket: Bucket, from: u64) -> Result<Vec<Arc<Fed>>, StoreError> {
        let mut snapshot = self.shared.store.snapshot()?;
        let (mut found, mut at, mut weight, mut bytes) = (Vec::new(), from, 0, 0);
        while weight < self.window && bytes < BYTES {
            let page = journal::after(&mut *snapshot, bucket, at, FRAMES)?;
            let Some(last) = page.last().and_then(|fed| fed.events.last()) else { break };
            at = last.position;
            for fed in page {
                weight += fed.weight;
                bytes += fed.bytes;
                found.push(Arc::new(fed));
            }
        }
        Ok(found)
    }

    /// Windows as large as may be without holding up sequencers.
    fn adapt(&mut self, weight: usize, held: Duration) {
        if held > WRITE_AIM {
            self.window = (self.window / 2).max(WINDOW / 8);
        } else if weight >= self.window && held < WRITE_AIM / 2 {
            self.window = (self.window * 2).min(WINDOW_MAX);
        }
    }
}

/// Follows until everything stops, then what is left of it.
pub(crate) fn run(mut following: Following) {
    let shared = following.shared.clone();
    let (progress, mut heard, name) = (&shared.progress, Heard::default(), following.projector.name());
    let mut patience = Patience::default();
    let events = following.lacks();
    let mut is_long = events > LONG;
    if is_long {
        tracing::info!(
            follower = name,
            events,
            "follows what was there before: until then what it writes shows less, and reports of sums are added up row by row"
        );
    }
    loop {
        match following.step() {
            Ok(true) => {
                patience.went_on();
                progress.gather(&mut heard, GATHER.max(std::mem::take(&mut following.held) * SHARE));
            }
            Ok(false) if progress.is_stopping() => return,
            Ok(false) => {
                patience.went_on();
                if std::mem::take(&mut is_long) {
                    tracing::info!(follower = name, "has followed what was there before");
                }
                progress.wait(&mut heard);
                progress.gather(&mut heard, GATHER);
            }
            // Whatever fails is tried again: no answer depends on it.
            Err(error) => {
                counted::follower_failed(name);
                if patience.failed() {
                    tracing::error!(follower = name, error = %chain(&error), "the journal can't be followed now");
                }
                if matches!(error, StoreError::Failed { .. }) {
                    shared.fail(&chain(&error));
                }
                if progress.is_stopping() {
                    return;
                }
                progress.rest(patience::SHORT);
            }
        }
        if progress.is_stopping_for(LAST) {
            return;
        }
    }
}
