//! Who may write: the writer's transaction, or the checkpoint that begins the log anew. Waiting here is exact where
//! SQLite's own waiting for its lock sleeps and tries again.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use crate::lock;

#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// The writer's transaction or the checkpoint ended.
    free: Condvar,
    stopping: Condvar,
}

#[derive(Debug, Default)]
struct State {
    writing: bool,
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

impl Gate {
    /// Waits until no checkpoint has the gate, and lets none in until the pass is dropped.
    pub(crate) fn write(&self) -> WritePass<'_> {
        let waited = self.free.wait_while(lock(&self.state), |state| state.restarting);
        waited.unwrap_or_else(PoisonError::into_inner).writing = true;
        WritePass(self)
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
        drop(self.free.wait_while(state, |state| state.writing));
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

/// Held by the writer's transaction.
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
        if state.restarting {
            self.0.free.notify_all();
        }
    }
}
