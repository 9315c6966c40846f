//! What the engine does in the background; each task is safe to run twice. A *job* is something else: the making of codes, which
//! callers see.

mod announce_campaigns;
mod finish_leases;
mod forget_keys;
mod make_codes;
mod note_key_use;
mod sweep_holds;

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

/// How often tasks look for work that nobody wakes them for. What orders hold is given back within 5 s of the end of their hold.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread of the tasks. It holds the engine only while it works, so it doesn't keep it alive.
pub(crate) fn start(engine: &Engine, stop: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let weak = engine.downgrade();
    let stop = stop.clone();
    let thread = thread::Builder::new().name("maintenance".to_owned()).spawn(move || run(&weak, &stop));
    thread.expect("a thread can be started")
}

fn run(engine: &WeakEngine, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let Some(engine) = engine.upgrade() else { return };
        match wait_for(round(&engine, stop)) {
            // More to do: look after the holds, then go on.
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what was left undone in the background will be tried again"),
        }
        drop(engine);
        thread::park_timeout(PAUSE);
    }
}

/// One round of every task; one that fails keeps no other from its turn. Answers whether there is more to do.
pub(crate) async fn round(engine: &Engine, stop: &AtomicBool) -> Result<bool, EngineError> {
    let swept = sweep_holds::sweep_holds(engine).await;
    let announced = announce_campaigns::announce_campaigns(engine).await;
    let finished = finish_leases::finish_leases(engine).await;
    let forgotten = forget_keys::forget_keys(engine).await;
    let noted = note_key_use::note_key_use(engine).await;
    let made = make_codes::make_codes(engine, stop).await;
    swept.and(announced).and(finished).and(forgotten).and(noted).and(made)
}
