//! Work in the background; each job is safe to run twice.

mod codes;
mod sweep;

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::engine::Engine;

/// How often jobs look for work. What orders hold is given back within 5 s of the end of their hold.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread of the jobs. It holds the engine only while it works, so it doesn't keep it alive.
pub(crate) fn start(engine: &Engine, stop: &Arc<AtomicBool>) {
    let weak = engine.downgrade();
    let stop = stop.clone();
    thread::Builder::new().name("jobs".to_owned()).spawn(move || run(&weak, &stop)).expect("a thread can be started");
}

fn run(engine: &WeakEngine, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let Some(engine) = engine.upgrade() else { return };
        if let Err(error) = sweep::sweep(&engine) {
            tracing::warn!(%error, "the sweep of holds that ran out will be tried again");
        }
        match codes::make(&engine, stop) {
            // More to do: look after the holds, then go on.
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the making of codes will be tried again"),
        }
        drop(engine);
        thread::park_timeout(PAUSE);
    }
}

/// An engine that may be gone.
pub(crate) struct WeakEngine {
    pub shared: Weak<crate::engine::Shared>,
    pub rest: crate::engine::WeakParts,
}

impl WeakEngine {
    fn upgrade(&self) -> Option<Engine> {
        self.rest.upgrade(self.shared.upgrade()?)
    }
}
