//! Hands a projector the journal, window by window, and has its rows written.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use scrip_core::{event::Recorded, slot::Bucket};
use scrip_faults::Fault;
use scrip_store::{Followed, Projection, StoreError, frame::Frame};

use super::Projector;
use crate::{
    counted,
    fault_points::cursor_first,
    feed::{Fed, Heard},
    load::load_all,
    receipt::chain,
    shared::Shared,
};

/// Events of a window at first, and at most.
const WINDOW: usize = 512;
const WINDOW_MAX: usize = 8_192;
/// What a window should take the writer: others wait for it.
const WRITE_AIM: Duration = Duration::from_millis(8);
/// What comes within this time is written together, unless somebody waits for it.
const GATHER: Duration = Duration::from_millis(20);
/// So many times as long as it wrote a follower lets others write.
const SHARE: u32 = 3;
/// After what can't be followed now.
const PATIENCE: Duration = Duration::from_secs(1);
/// Frames of the journal that are read at once, and after how many bytes no more are.
const FRAMES: usize = 8;
const BYTES: usize = 2 << 20;
/// How long it goes on when everything stops: what is left is followed after the next start.
const LAST: Duration = Duration::from_secs(10);

/// A projector on its way through the journals. It has a thread of its own, unless whoever started the engine drives it by
/// [`Following::step`].
pub struct Following {
    shared: Arc<Shared>,
    projector: Box<dyn Projector>,
    projection: Box<dyn Projection>,
    /// How far it came, where that is known.
    positions: HashMap<Bucket, u64>,
    window: usize,
}

impl Following {
    pub(crate) fn new(shared: Arc<Shared>, projector: Box<dyn Projector>) -> Result<Self, StoreError> {
        let projection = shared.store.projection(projector.name())?;
        Ok(Self { shared, projector, projection, positions: HashMap::new(), window: WINDOW })
    }

    /// Under which the store keeps how far it came.
    pub fn name(&self) -> &'static str {
        self.projector.name()
    }

    /// Follows one window in each bucket that has something new. Answers whether there may be more.
    ///
    /// Errors: the store can't be read or written now, or is damaged; then it is where it was.
    pub fn step(&mut self) -> Result<bool, StoreError> {
        let mut more = false;
        for bucket in self.shared.buckets().all() {
            more |= self.follow(bucket)?;
        }
        Ok(more)
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
        let followed = Followed { bucket, from, to, rows: self.projector.rows(&window, &state) };
        let started = Instant::now();
        let written = if scrip_faults::is(Fault::CursorBeforeItsRows) {
            cursor_first(&mut *self.projection, followed)
        } else {
            self.projection.write(&followed)
        };
        match written {
            Ok(()) => {}
            // Another process was faster: on from where it came.
            Err(StoreError::Conflict { .. }) => {
                self.positions.remove(&bucket);
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
        self.adapt(window.len(), started.elapsed());
        self.positions.insert(bucket, to);
        self.shared.followed(self.projector.name(), bucket, to);
        Ok(true)
    }

    fn position(&mut self, bucket: Bucket) -> Result<u64, StoreError> {
        if let Some(position) = self.positions.get(&bucket) {
            return Ok(*position);
        }
        let position = self.shared.store.snapshot()?.followed(self.projector.name(), bucket)?;
        self.positions.insert(bucket, position);
        self.shared.followed(self.projector.name(), bucket, position);
        Ok(position)
    }

    /// What isn't kept in memory.
    fn of_the_journal(&self, bucket: Bucket, from: u64) -> Result<Vec<Arc<Fed>>, StoreError> {
        let mut snapshot = self.shared.store.snapshot()?;
        let (mut found, mut next, mut events, mut bytes) = (Vec::new(), from + 1, 0, 0);
        while events < self.window && bytes < BYTES {
            let frames = snapshot.frames(bucket, next, FRAMES)?;
            if frames.is_empty() {
                break;
            }
            for frame in frames {
                let damaged = |why: String| StoreError::Damaged {
                    what: format!("journal of bucket {}, at {next}: {why}", bucket.get()),
                };
                let (decoded, _) = Frame::decode(&frame).map_err(|error| damaged(error.to_string()))?;
                let recorded = decoded.events().map_err(|error| damaged(error.to_string()))?;
                if decoded.first != next {
                    return Err(damaged(format!("a frame begins at {}", decoded.first)));
                }
                next = decoded.last_position() + 1;
                events += recorded.len();
                bytes += frame.len();
                found.push(Arc::new(Fed::new(recorded, frame.len())));
            }
        }
        Ok(found)
    }

    /// Windows as large as may be without holding up sequencers.
    fn adapt(&mut self, events: usize, took: Duration) {
        if took > WRITE_AIM {
            self.window = (self.window / 2).max(WINDOW / 8);
        } else if events >= self.window && took < WRITE_AIM / 2 {
            self.window = (self.window * 2).min(WINDOW_MAX);
        }
    }
}

/// Follows until everything stops, then what is left of it.
pub(crate) fn run(mut following: Following) {
    let shared = following.shared.clone();
    let (progress, mut heard, name) = (&shared.progress, Heard::default(), following.projector.name());
    loop {
        let started = Instant::now();
        // Whatever fails here, a fault of the follower's included, is tried again: nobody's answer depends on it.
        match catch_unwind(AssertUnwindSafe(|| following.step())) {
            Ok(Ok(true)) => progress.gather(&mut heard, GATHER.max(started.elapsed() * SHARE)),
            Ok(Ok(false)) if progress.is_stopping() => return,
            Ok(Ok(false)) => {
                progress.wait(&mut heard);
                progress.gather(&mut heard, GATHER);
            }
            Ok(Err(error)) => {
                counted::follower_failed(name);
                tracing::error!(follower = name, error = %chain(&error), "the journal can't be followed now");
                if matches!(error, StoreError::Failed { .. }) {
                    shared.fail(&chain(&error));
                }
                if progress.is_stopping() {
                    return;
                }
                progress.rest(PATIENCE);
            }
            Err(_) => {
                counted::follower_failed(name);
                tracing::error!(follower = name, "a projector failed unexpectedly");
                if progress.is_stopping() {
                    return;
                }
                progress.rest(PATIENCE);
            }
        }
        if progress.is_stopping_for(LAST) {
            return;
        }
    }
}
