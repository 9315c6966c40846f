//! Who may write: the sequencer's transaction, a follower's, or the checkpoint that begins the log anew. Waiting here is exact
//! where SQLite's own waiting for its lock sleeps and tries again.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::lock;

#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// A transaction or the checkpoint ended.
    free: Condvar,
    stopping: Condvar,
}

#[derive(Debug, Default)]
struct State {
    writing: bool,
    /// How many wait for `free`.
    waiting: usize,
    /// And how many of them are sequencers: a follower lets them go first, but not for ever.
    sequencers: usize,
    followers: usize,
    /// How often a sequencer went first since a follower waits.
    went_first: u32,
    /// The checkpoint waits for the transaction to end, or has the gate. It goes first.
    restarting: bool,
    /// Something was committed since this was asked.
    committed: bool,
    stopped: bool,
    /// Changes when a checkpoint begins, and when it has ended; odd between.
    checkpoints: u64,
    /// Why nobody may write any more.
    failed: Option<String>,
}

/// So many times a sequencer goes before a follower that waits.
const WENT_FIRST_MAX: u32 = 8;

impl State {
    const fn is_a_followers_turn(&self) -> bool {
        self.followers > 0 && self.went_first >= WENT_FIRST_MAX
    }
}

impl Gate {
    /// Waits until nobody else has the gate, and lets nobody in until the pass is dropped.
    pub(crate) fn write(&self) -> WritePass<'_> {
        let mut state = lock(&self.state);
        state.sequencers += 1;
        let is_taken = |state: &State| state.restarting || state.writing || state.is_a_followers_turn();
        let mut state = self.wait_free(state, is_taken);
        state.sequencers -= 1;
        state.went_first += u32::from(state.followers > 0);
        state.writing = true;
        WritePass(self)
    }

    /// The same, after sequencers that wait, or [`WENT_FIRST_MAX`] of them.
    pub(crate) fn write_behind(&self) -> WritePass<'_> {
        let mut state = lock(&self.state);
        state.followers += 1;
        let is_taken =
            |state: &State| state.restarting || state.writing || state.sequencers > 0 && !state.is_a_followers_turn();
        let mut state = self.wait_free(state, is_taken);
        state.followers -= 1;
        (state.went_first, state.writing) = (0, true);
        WritePass(self)
    }

    fn wait_free<'g>(
        &'g self,
        mut state: MutexGuard<'g, State>,
        is_taken: impl Fn(&State) -> bool,
    ) -> MutexGuard<'g, State> {
        state.waiting += 1;
        let waited = self.free.wait_while(state, |state| is_taken(state));
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// Runs while no transaction writes.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Pass<'g>(&'g Gate);
        impl Drop for Pass<'_> {
            fn drop(&mut self) {
                lock(&self.0.state).restarting = false;
                self.0.free.notify_all();
            }
        }
        let mut state = lock(&self.state);
        state.restarting = true;
        let _pass = Pass(self);
        drop(self.wait_free(state, |state| state.writing));
        work()
    }

    /// Runs a checkpoint.
    pub(crate) fn checkpointing<T>(&self, work: impl FnOnce() -> T) -> T {
        lock(&self.state).checkpoints += 1;
        let done = work();
        lock(&self.state).checkpoints += 1;
        done
    }

    /// How many checkpoints began and ended: odd while one runs. Where it is what it was, the log went on.
    pub(crate) fn checkpoints(&self) -> u64 {
        lock(&self.state).checkpoints
    }

    /// Waits for the time, or until the gate is stopped. Answers whether something was committed since the last call;
    /// `None`: stopped.
    pub(crate) fn wait(&self, time: Duration) -> Option<bool> {
        let waited = self.stopping.wait_timeout_while(lock(&self.state), time, |state| !state.stopped);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (!state.stopped).then(|| std::mem::take(&mut state.committed))
    }

    /// A checkpoint couldn't write or sync: whatever is committed from here on might be lost.
    pub(crate) fn fail(&self, why: String) {
        lock(&self.state).failed.get_or_insert(why);
    }

    pub(crate) fn failed(&self) -> Option<String> {
        lock(&self.state).failed.clone()
    }

    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.stopping.notify_all();
    }
}

/// Held by a transaction.
pub(crate) struct WritePass<'g>(&'g Gate);

impl WritePass<'_> {
    pub(crate) fn committed(&self) {
        lock(&self.0.state).committed = true;
    }
}

impl Drop for WritePass<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.writing = false;
        if state.waiting > 0 {
            self.0.free.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::*;

    #[test]
    fn a_follower_comes_to_its_turn_however_busy_sequencers_are() {
        let (gate, done) = (Arc::new(Gate::default()), Arc::new(AtomicBool::new(false)));
        let sequencers: Vec<_> = (0..2)
            .map(|_| {
                let (gate, done) = (Arc::clone(&gate), Arc::clone(&done));
                std::thread::spawn(move || {
                    while !done.load(Ordering::SeqCst) {
                        // While one writes the other waits: there is always one.
                        let _pass = gate.write();
                        std::thread::sleep(Duration::from_micros(200));
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            drop(gate.write_behind());
        }
        done.store(true, Ordering::SeqCst);
        sequencers.into_iter().for_each(|sequencer| sequencer.join().expect("ends"));
    }
}
