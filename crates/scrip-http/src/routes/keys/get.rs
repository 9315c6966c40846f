use axum::extract::State;
use scrip_core::{id::KeyId, reason::Reason};

use crate::{api::Api, params::PathOf, problem::Problem, reply::Reply, wire::KeyDocument};

/// Get an API key
///
/// Without its secret, and with when it was used last.
#[utoipa::path(get, path = "/v1/keys/{key}", tag = "Access", operation_id = "get_key",
    params(("key" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = KeyDocument)))]
pub(super) async fn get(State(api): State<Api>, PathOf(key): PathOf<KeyId>) -> Result<Reply<KeyDocument>, Problem> {
    let known = api.engine.registry().api_key(key).ok_or(Reason::NotFound)?;
    Ok(Reply::ok(KeyDocument::from(&*known)))
}
