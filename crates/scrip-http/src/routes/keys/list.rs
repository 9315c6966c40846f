use axum::extract::State;

use crate::{
    api::Api,
    caller::Authenticated,
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
    Authenticated(caller): Authenticated,
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<KeyDocument>>, Problem> {
    let list = cursor::List::of(&"keys");
    let after = list.after(params.cursor.as_deref())?;
    let page = api.desk.list_keys(&caller, after, params.limit.0)?;
    let data = page.items.iter().map(|known| KeyDocument::from(&**known)).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: page.next.map(|after| list.cursor(&after)) }))
}
