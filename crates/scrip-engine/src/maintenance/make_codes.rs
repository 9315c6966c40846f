use std::{
    ops::Bound,
    sync::atomic::{AtomicBool, Ordering},
};

use scrip_core::{
    code::{Job, NewCode},
    command::{AddCodes, CODES_PER_COMMAND},
};

use crate::{answer::Answer, engine::Engine, receipt::EngineError};

/// Commands of one round: the sweep gets its turn in between.
const ROUND: u32 = 100;
/// Codes of one command. Each is a place of its own in the file, and whoever claims meanwhile waits for them.
const CODES: u32 = 200;
const _: () = assert!(CODES <= CODES_PER_COMMAND);

/// Makes codes for the jobs that lack some, one command for each of those who asked in turn: however much others have asked
/// for, nobody waits longer than they are many. Answers whether there is more to do.
///
/// A job that a crash interrupted goes on where its document says.
pub(super) async fn make_codes(engine: &Engine, stop: &AtomicBool) -> Result<bool, EngineError> {
    // Where several engines serve one store, another may have left some behind.
    if !engine.buckets().is_one() || engine.shared().by_hand {
        engine.shared().catch_up_everywhere()?;
    }
    for _ in 0..ROUND {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let Some(job) = next(engine) else { return Ok(false) };
        let count = CODES.min(job.total - job.done);
        let codes = (0..count).map(|_| new_code(engine, &job)).collect();
        let receipt = engine.submit(AddCodes { job: job.id, codes, done_before: job.done }, None).await?;
        // Somebody else may have made them.
        if matches!(receipt.answer, Answer::Job(now) if now.done != job.done + count) {
            engine.shared().catch_up_everywhere()?;
        }
    }
    Ok(true)
}

/// The oldest job of whoever comes after the one that was served last.
fn next(engine: &Engine) -> Option<Job> {
    let jobs = engine.registry().next_jobs();
    let mut served = engine.shared().job_turn.lock().expect("nobody panics holding it");
    let after = served.clone().map_or(Bound::Unbounded, Bound::Excluded);
    let (asker, job) = jobs.range((after, Bound::Unbounded)).next().or_else(|| jobs.first_key_value())?;
    *served = Some(asker.clone());
    Some(job.clone())
}

/// A code that lives where its job does, so that one command adds it and counts it. Where it lives can't be told from the
/// code without the secret, so nothing of what must be guessed is given away.
fn new_code(engine: &Engine, job: &Job) -> NewCode {
    let bucket = job.id.uid().slot().bucket(engine.buckets());
    loop {
        let code = engine.secrets().new_code(job.prefix.as_deref(), &engine.shared().random);
        if code.hash.slot().bucket(engine.buckets()) == bucket {
            return code;
        }
    }
}
