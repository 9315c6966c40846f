use scrip_core::command::NoteApiKeyUse;

use crate::{engine::Engine, receipt::EngineError};

/// Keys looked at in one go.
const PAGE: usize = 1_000;

/// Notes in the journal which keys were used, each at most once an hour: after a restart it is still known.
pub(super) async fn note_key_use(engine: &Engine) -> Result<(), EngineError> {
    let mut after = None;
    loop {
        let keys = engine.registry().api_keys(after, PAGE);
        for known in &keys {
            if let Some(at) = known.use_to_note() {
                engine.submit(NoteApiKeyUse { key: known.key.id, at }, None).await?;
            }
        }
        match keys.last() {
            Some(last) if keys.len() == PAGE => after = Some(last.key.id),
            _ => return Ok(()),
        }
    }
}
