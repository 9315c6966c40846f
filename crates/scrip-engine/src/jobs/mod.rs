//! Work in the background; each job is safe to run twice.

mod announce;
mod codes;
mod key_use;
mod keys;
mod leases;
mod sweep;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    engine::{Engine, WeakEngine},
    receipt::EngineError,
    waiting::wait_for,
};

/// How often jobs look for work that nobody wakes them for. What orders hold is given back within 5 s of the end of their hold.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread of the jobs. It holds the engine only while it works, so it doesn't keep it alive.
pub(crate) fn start(engine: &Engine, stop: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let weak = engine.downgrade();
    let stop = stop.clone();
    let jobs = thread::Builder::new().name("jobs".to_owned()).spawn(move || run(&weak, &stop));
    jobs.expect("a thread can be started")
}

fn run(engine: &WeakEngine, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let Some(engine) = engine.upgrade() else { return };
        match wait_for(round(&engine, stop)) {
            // More to do: look after the holds, then go on.
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what a job left undone will be tried again"),
        }
        drop(engine);
        thread::park_timeout(PAUSE);
    }
}

/// One round of every job; one that fails keeps no other from its turn. Answers whether there is more to do.
pub(crate) async fn round(engine: &Engine, stop: &AtomicBool) -> Result<bool, EngineError> {
    let swept = sweep::sweep(engine).await;
    let announced = announce::announce(engine).await;
    let finished = leases::finish(engine).await;
    let forgotten = keys::forget(engine).await;
    let noted = key_use::note(engine).await;
    let made = codes::make(engine, stop).await;
    swept.and(announced).and(finished).and(forgotten).and(noted).and(made)
}
