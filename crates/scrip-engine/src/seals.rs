//! Whether a store's journals end as this database's secrets say, before anything is chained to them.

use scrip_core::slot::Bucket;
use scrip_store::{
    Snapshot, Store, StoreError,
    frame::{Frame, is_sealed, next_position},
    secret::ChainSecrets,
};

/// Frames looked at at once.
const PAGE: usize = 256;

/// Every journal's last frame has a good seal, or none has one yet.
///
/// A journal without seals is looked through: that is so until the first write after an upgrade, and never again.
/// Errors: [`StoreError::Damaged`]; the store can't be read.
pub(crate) fn check_ends(store: &dyn Store, secrets: &ChainSecrets) -> Result<(), StoreError> {
    let mut snapshot = store.snapshot()?;
    for bucket in store.buckets().all() {
        let head = snapshot.head(bucket)?;
        let damaged = |why: &dyn std::fmt::Display| StoreError::Damaged {
            what: format!("the journal of bucket {} ends at {}: {why}", bucket.get(), head.position),
        };
        let Some(bytes) = snapshot.frames(bucket, head.position.max(1), 1)?.pop() else { continue };
        let (frame, _) = Frame::decode(&bytes).map_err(|error| damaged(&error))?;
        frame.check_seal(secrets).map_err(|error| damaged(&error))?;
        if frame.seal.is_none() && any_sealed(&mut *snapshot, bucket)? {
            return Err(damaged(&"a frame without a seal stands after sealed ones"));
        }
    }
    Ok(())
}

fn any_sealed(snapshot: &mut dyn Snapshot, bucket: Bucket) -> Result<bool, StoreError> {
    let mut next = 1;
    loop {
        let page = snapshot.frames(bucket, next, PAGE)?;
        if page.iter().any(|bytes| is_sealed(bytes)) {
            return Ok(true);
        }
        match page.last().and_then(|bytes| next_position(bytes)).filter(|after| *after > next) {
            Some(after) => next = after,
            None => return Ok(false),
        }
    }
}
