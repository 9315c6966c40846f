use axum::extract::State;
use scrip_core::id::KeyId;

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
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
    Authenticated(caller): Authenticated,
    PathOf(key): PathOf<KeyId>,
    Body(patch): Body<KeyPatch>,
) -> Result<Reply<KeyDocument>, Problem> {
    let changed = api.desk.change_key(&caller, key, patch.metadata).await?;
    Ok(Reply::ok(KeyDocument::new(&changed.key, changed.last_used_at)))
}
