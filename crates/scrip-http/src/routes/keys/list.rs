use axum::extract::State;
use scrip_core::id::KeyId;

use crate::{
    api::Api,
    cursor,
    params::{Paging, Query},
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, ListDocument},
};

/// List API keys
///
/// Oldest first, revoked and expired ones too, without secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "Access", operation_id = "list_keys", params(Paging),
    responses((status = 200, description = "A page", body = ListDocument<KeyDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<KeyDocument>>, Problem> {
    let list = cursor::List::of(&"keys");
    let after: Option<KeyId> = list.place(params.cursor.as_deref())?;
    let mut keys = api.engine.registry().api_keys(after, params.limit.0 + 1);
    let more = keys.len() > params.limit.0;
    keys.truncate(params.limit.0);
    let next_cursor = keys.last().filter(|_| more).map(|known| list.cursor(&known.key.id));
    Ok(Reply::ok(ListDocument { data: keys.iter().map(|known| KeyDocument::from(&**known)).collect(), next_cursor }))
}
