use axum::extract::State;
use scrip_core::{command::ChangeApiKey, id::KeyId};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::Body,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, KeyPatch},
};

/// Change an API key's metadata
///
/// Members that are named are set, or with null removed; all others stay.
#[utoipa::path(patch, path = "/v1/keys/{key}", tag = "Access", operation_id = "change_key",
    params(("key" = KeyId, Path, description = "The key")),
    request_body = KeyPatch,
    responses((status = 200, description = "The key as it is now", body = KeyDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    PathOf(key): PathOf<KeyId>,
    Body(patch): Body<KeyPatch>,
) -> Result<Reply<KeyDocument>, Problem> {
    let receipt = api.engine.submit(ChangeApiKey { key, metadata: patch.metadata }, None).await?;
    let Answer::ApiKey(key) = receipt.answer else { return Err(EngineError::Fault.into()) };
    let last_used_at = api.engine.registry().api_key(key.id).and_then(|known| known.last_used_at());
    Ok(Reply::ok(KeyDocument::new(&key, last_used_at)))
}
