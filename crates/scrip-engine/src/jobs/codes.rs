use std::sync::atomic::{AtomicBool, Ordering};

use scrip_core::{
    code::{Job, NewCode},
    command::{AddCodes, CODES_PER_COMMAND},
    key::Kind,
    state::{Aggregate, decode},
};
use scrip_store::StoreError;

use crate::engine::{Engine, EngineError};

/// Commands of one round: the sweep gets its turn in between.
const ROUND: u32 = 20;
/// Jobs looked at in one scan.
const PAGE: usize = 1_000;

/// Makes codes for the jobs that lack some, a round at a time. Answers whether there is more to do.
///
/// A job that a crash interrupted goes on where its document says.
pub(super) async fn make(engine: &Engine, stop: &AtomicBool) -> Result<bool, EngineError> {
    let Some(mut job) = unfinished(engine)? else { return Ok(false) };
    for _ in 0..ROUND {
        if stop.load(Ordering::SeqCst) || job.done >= job.total {
            break;
        }
        let count = CODES_PER_COMMAND.min(job.total - job.done);
        let codes = (0..count).map(|_| new_code(engine, &job)).collect();
        let receipt = engine.submit(AddCodes { job: job.id, codes, done_before: job.done }, None).await?;
        if let crate::answer::Answer::Job(now) = receipt.answer {
            job = now;
        }
    }
    Ok(true)
}

/// A code that lives where its job does, so that one command adds it and counts it. Where it lives can't be told from the
/// code without the secret, so nothing of what must be guessed is given away.
fn new_code(engine: &Engine, job: &Job) -> NewCode {
    let bucket = job.id.uid().slot().bucket(engine.buckets());
    loop {
        let code = engine.secrets().new_code(job.prefix.as_deref(), &engine.shared.random);
        if code.hash.slot().bucket(engine.buckets()) == bucket {
            return code;
        }
    }
}

fn unfinished(engine: &Engine) -> Result<Option<Job>, EngineError> {
    let mut snapshot = engine.store().snapshot()?;
    for bucket in engine.store().buckets().all() {
        let mut from = Vec::new();
        loop {
            let page = snapshot.scan(bucket, Kind::Job, &from, &[], PAGE)?;
            for (_, document) in &page {
                let aggregate = decode(Kind::Job, &document.body)
                    .map_err(|error| StoreError::Damaged { what: format!("a job can't be read: {error}") })?;
                if let Aggregate::Job(job) = aggregate
                    && job.done < job.total
                {
                    return Ok(Some(job));
                }
            }
            let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else { break };
            from.clone_from(last);
            from.push(0);
        }
    }
    Ok(None)
}
