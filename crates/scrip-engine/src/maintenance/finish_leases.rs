use scrip_core::{
    code::Code,
    exchange::PendingLease,
    slot::Bucket,
    state::{Aggregate, Kind, decode},
};
use scrip_store::StoreError;

use crate::{engine::Engine, exchange, receipt::EngineError};

/// Documents of a bucket: 64 of each kind at most.
const ALL: usize = 64;

/// Finishes leases of unique codes that somebody left between two steps: those that are out and whose time is over, and those that
/// return. Closed leases are forgotten when their time is over.
pub(super) async fn finish_leases(engine: &Engine) -> Result<(), EngineError> {
    if engine.buckets().is_one() {
        return Ok(());
    }
    for bucket in engine.buckets().all() {
        for pending in pending(engine, bucket, Kind::LeasesOut)? {
            // Until then the account's bucket may still take the code in.
            if engine.now() < pending.lease.until {
                continue;
            }
            let there = pending.lease.account.slot().bucket(engine.buckets());
            if let Some(code) = code_under(engine, bucket, &pending)? {
                exchange::resolve(&engine.dispatch, there, pending.hash, &code).await?;
            }
        }
        for pending in pending(engine, bucket, Kind::LeasesReturning)? {
            if pending.closed && engine.now() < pending.lease.until {
                continue;
            }
            if let Some(code) = code_under(engine, bucket, &pending)? {
                exchange::resolve(&engine.dispatch, bucket, pending.hash, &code).await?;
            }
        }
    }
    Ok(())
}

fn pending(engine: &Engine, bucket: Bucket, kind: Kind) -> Result<Vec<PendingLease>, StoreError> {
    if scrip_faults::is(scrip_faults::Fault::LostReleaseAfterACrash) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (_, document) in engine.store().snapshot()?.scan(bucket, kind, &[], &[], ALL)? {
        let aggregate = decode(kind, &document.body)
            .map_err(|error| StoreError::Damaged { what: format!("pending leases can't be read: {error}") })?;
        if let Aggregate::LeasesOut(pending) | Aggregate::LeasesReturning(pending) = aggregate {
            found.extend(pending.leases);
        }
    }
    Ok(found)
}

/// The code as `bucket` has it under that very lease.
fn code_under(engine: &Engine, bucket: Bucket, pending: &PendingLease) -> Result<Option<Code>, StoreError> {
    let state = exchange::peek(&engine.dispatch, bucket, |state| vec![state.code_key(pending.hash)])?;
    let same = |code: &&Code| code.is_leased_under(pending.lease.fencing);
    Ok(state.code(pending.hash).filter(same).cloned())
}
