use axum::extract::State;
use scrip_core::id::KeyId;

use crate::{
    api::Api,
    body::OptionalBody,
    caller::Authenticated,
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
    Authenticated(caller): Authenticated,
    PathOf(key): PathOf<KeyId>,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<KeyDocument>, Problem> {
    let revoked = api.desk.revoke_key(&caller, key).await?;
    Ok(Reply::ok(KeyDocument::new(&revoked.key, revoked.last_used_at)))
}
