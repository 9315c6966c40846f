use scrip_core::{
    command::{ForgetKeys, KEYS_PER_COMMAND, keys_kept_from},
    state::{Key, Kind},
};

use crate::{engine::Engine, receipt::EngineError};

/// Commands of one round and bucket: some 44 million documents a day, and never more than one in a batch of claims.
const ROUND: usize = 8;

/// Lets go of idempotency keys whose time is over, a slice at a time.
pub(super) async fn forget_keys(engine: &Engine) -> Result<(), EngineError> {
    let until = keys_kept_from(engine.now()).to_be_bytes();
    for bucket in engine.buckets().all() {
        for _ in 0..ROUND {
            let found = engine.store().snapshot()?.scan(bucket, Kind::RecentKeys, &[], &until, KEYS_PER_COMMAND)?;
            let documents: Vec<_> = found
                .iter()
                .filter_map(|(bytes, _)| {
                    let Key::RecentKeys(holder, day) = Key::recent_keys_from_bytes(bytes)? else { return None };
                    Some((holder, day))
                })
                .collect();
            if documents.is_empty() {
                break;
            }
            engine.submit(ForgetKeys { bucket, documents }, None).await?;
            if found.len() < KEYS_PER_COMMAND {
                break;
            }
        }
    }
    Ok(())
}
