//! The journal as it is stored, for those who don't find in memory what comes next.

use scrip_core::slot::Bucket;
use scrip_store::{Snapshot, StoreError, frame::Frame};

use super::Fed;

/// The commits that follow the position without a gap, at most so many; none at the journal's end.
///
/// Errors: the store can't be read, or its journal has a gap or no events where they should be.
pub(crate) fn after(
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    position: u64,
    most: usize,
) -> Result<Vec<Fed>, StoreError> {
    let mut next = position + 1;
    let mut found = Vec::new();
    for frame in snapshot.frames(bucket, next, most)? {
        let damaged =
            |why: String| StoreError::Damaged { what: format!("journal of bucket {}, at {next}: {why}", bucket.get()) };
        let (decoded, _) = Frame::decode(&frame).map_err(|error| damaged(error.to_string()))?;
        let recorded = decoded.events().map_err(|error| damaged(error.to_string()))?;
        if decoded.first != next {
            return Err(damaged(format!("a frame begins at {}", decoded.first)));
        }
        next = decoded.last_position() + 1;
        found.push(Fed::new(recorded, frame.len()));
    }
    Ok(found)
}
