use crate::{
    engine::{Engine, EngineError},
    steps,
};

/// Tells buckets of campaigns that they don't know as they are: whoever changed one was interrupted.
pub(super) async fn spread(engine: &Engine) -> Result<(), EngineError> {
    for campaign in engine.registry().not_known_everywhere(engine.buckets()) {
        steps::spread(engine, campaign).await?;
    }
    Ok(())
}
