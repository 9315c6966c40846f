use scrip_core::command::SweepDue;

use crate::{engine::Engine, receipt::EngineError, steps};

/// Has read anew what a failed commit left in doubt, then tells buckets of campaigns that they don't know as they are: whoever changed one was interrupted.
pub(super) async fn spread(engine: &Engine) -> Result<(), EngineError> {
    for bucket in engine.registry().doubted() {
        // Its sequencer reads anew before it does anything: there is nothing due in the first second of 1970.
        engine.submit(SweepDue { bucket, second: 0, chunk: 0 }, None).await?;
    }
    for campaign in engine.registry().not_known_everywhere(engine.buckets()) {
        steps::spread(&engine.dispatch, campaign).await?;
    }
    Ok(())
}
