use scrip_core::{
    code::{Code, CodeUnderway},
    key::Kind,
    slot::Bucket,
    state::{Aggregate, decode},
};
use scrip_store::StoreError;

use crate::{engine::Engine, receipt::EngineError, steps};

/// Documents of a bucket: 64 of each kind at most.
const ALL: usize = 64;

/// Goes on with unique codes whose steps somebody didn't finish: those that were lent and whose time is over, and those that are on
/// their way home. Ways that are over are forgotten when their time is.
pub(super) async fn settle(engine: &Engine) -> Result<(), EngineError> {
    if engine.buckets().is_one() {
        return Ok(());
    }
    for bucket in engine.buckets().all() {
        for underway in underway(engine, bucket, Kind::Lent)? {
            // The account's bucket doesn't take it in any more from here on.
            if engine.now() < underway.lent.until {
                continue;
            }
            let there = underway.lent.account.slot().bucket(engine.buckets());
            if let Some(code) = code_under(engine, bucket, &underway)? {
                steps::resolve(&engine.dispatch, there, underway.hash, &code).await?;
            }
        }
        for underway in underway(engine, bucket, Kind::Homing)? {
            if underway.lent.closed && engine.now() < underway.lent.until {
                continue;
            }
            if let Some(code) = code_under(engine, bucket, &underway)? {
                steps::resolve(&engine.dispatch, bucket, underway.hash, &code).await?;
            }
        }
    }
    Ok(())
}

fn underway(engine: &Engine, bucket: Bucket, kind: Kind) -> Result<Vec<CodeUnderway>, StoreError> {
    if scrip_faults::is(scrip_faults::Fault::LostReleaseAfterACrash) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (_, document) in engine.store().snapshot()?.scan(bucket, kind, &[], &[], ALL)? {
        let aggregate = decode(kind, &document.body)
            .map_err(|error| StoreError::Damaged { what: format!("codes underway can't be read: {error}") })?;
        if let Aggregate::Lent(codes) | Aggregate::Homing(codes) = aggregate {
            found.extend(codes.codes);
        }
    }
    Ok(found)
}

/// The code as `bucket` has it on that very way.
fn code_under(engine: &Engine, bucket: Bucket, underway: &CodeUnderway) -> Result<Option<Code>, StoreError> {
    let state = steps::peek(&engine.dispatch, bucket, |state| vec![state.code_key(underway.hash)])?;
    let same = |code: &&Code| code.lent().is_some_and(|lent| lent.take == underway.lent.take);
    Ok(state.code(underway.hash).filter(same).cloned())
}
