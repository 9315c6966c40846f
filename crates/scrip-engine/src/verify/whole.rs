//! A journal replayed into memory, whole: for working documents and rows out anew, and for comparing what is found lane by lane.

use scrip_core::{event::Recorded, slot::Bucket, state::State};
use scrip_store::{Snapshot, Store, StoreError, memory::Tables};

use super::{Outside, Report, chain};
use crate::follow::People;

/// Replays a bucket's journal from the first event, and writes the rows that follow into `tables`. Needs memory for all documents and rows.
///
/// Errors: the store can't be read. What is wrong with the journal is in the report, and the replay ends there.
pub(crate) fn replay(
    store: &dyn Store,
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    tables: &mut Tables,
    report: &mut Report,
) -> Result<State, StoreError> {
    let mut state = State::new(bucket, store.buckets());
    chain::read(snapshot, bucket, Outside::default(), report, |_, frame, events| {
        for (recorded, _) in &events {
            state.evolve(recorded);
        }
        let window: Vec<&Recorded> = events.iter().map(|(recorded, _)| recorded).collect();
        tables.write(&People.rows(&window, &state));
        state.saved(frame.last_position());
        Ok(())
    })?;
    Ok(state)
}
