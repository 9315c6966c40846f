use axum::extract::State;

use crate::{
    api::Api,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, ListDocument},
};

/// List API keys
///
/// Oldest first, revoked ones too, without secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "Access", operation_id = "list_keys",
    responses((status = 200, description = "The keys", body = ListDocument<KeyDocument>)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Reply<ListDocument<KeyDocument>>, Problem> {
    let data = api.engine.registry().api_keys().iter().map(KeyDocument::new).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }))
}
