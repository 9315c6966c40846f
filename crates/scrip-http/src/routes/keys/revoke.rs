use axum::extract::State;
use scrip_core::{command::RevokeApiKey, id::KeyId};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::OptionalBody,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, NothingRequest},
};

/// Revoke an API key
///
/// From this answer on it is nobody's. Repeating it changes nothing.
#[utoipa::path(post, path = "/v1/keys/{key}/revoke", tag = "Access", operation_id = "revoke_key",
    params(("key" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = KeyDocument)))]
pub(super) async fn revoke(
    State(api): State<Api>,
    PathOf(key): PathOf<KeyId>,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<KeyDocument>, Problem> {
    let receipt = api.engine.submit(RevokeApiKey { key }, None).await?;
    let Answer::ApiKey(key) = receipt.answer else { return Err(EngineError::Fault.into()) };
    let last_used_at = api.engine.registry().api_key(key.id).and_then(|known| known.last_used_at());
    Ok(Reply::ok(KeyDocument::new(&key, last_used_at)))
}
