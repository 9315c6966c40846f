use scrip_core::{
    command::SweepDue,
    state::{Key, Kind},
};
use scrip_faults::Fault;

use crate::{engine::Engine, receipt::EngineError};

/// Documents swept in one round: others get their turn in between.
const ROUND: usize = 64;

/// Gives back what orders hold whose time ran out.
pub(super) async fn sweep_holds(engine: &Engine) -> Result<(), EngineError> {
    if scrip_faults::is(Fault::HoldNotSwept) {
        return Ok(());
    }
    let buckets = engine.store().buckets();
    for bucket in buckets.all() {
        loop {
            // Strictly before this second: all that fell due in it has lapsed.
            let until = engine.now().seconds().unsigned_abs().to_be_bytes();
            let due = engine.store().snapshot()?.scan(bucket, Kind::Due, &[], &until, ROUND)?;
            for (bytes, _) in &due {
                if let Some(Key::Due(bucket, second, chunk)) = Key::due_from_bytes(bucket, bytes) {
                    engine.submit(SweepDue { bucket, second, chunk }, None).await?;
                }
            }
            if due.len() < ROUND {
                break;
            }
        }
    }
    Ok(())
}
