use scrip_core::command::SweepDue;

use crate::{engine::Engine, exchange, receipt::EngineError};

/// Has sequencers look what their last commit may or may not have written, then tells every bucket the newest revision of each
/// campaign that it doesn't know: whoever changed the campaign was interrupted.
pub(super) async fn announce_campaigns(engine: &Engine) -> Result<(), EngineError> {
    for bucket in engine.shared().told.doubted() {
        // The sequencer looks before any command, and this one does nothing: no hold runs out in the first second of 1970.
        engine.submit(SweepDue { bucket, second: 0, chunk: 0 }, None).await?;
    }
    for campaign in engine.registry().not_known_everywhere(engine.buckets()) {
        exchange::announce(&engine.dispatch, campaign).await?;
    }
    Ok(())
}
