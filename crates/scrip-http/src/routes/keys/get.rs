use axum::extract::State;
use scrip_core::id::KeyId;

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::KeyDocument};

/// Get an API key
///
/// Without its secret, and with when it was used last.
#[utoipa::path(get, path = "/v1/keys/{key}", tag = "Access", operation_id = "get_key",
    params(("key" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = KeyDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(key): PathOf<KeyId>,
) -> Result<Reply<KeyDocument>, Problem> {
    Ok(Reply::ok(KeyDocument::from(&*api.desk.get_key(&caller, key)?)))
}
