use axum::extract::State;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Paging, Query},
    problem::Problem,
    reply::Reply,
    wire::{LedgerEntryDocument, ListDocument},
};

/// List ledger entries
///
/// Oldest first. Each balances; together they say who paid which minor unit of which discount.
#[utoipa::path(get, path = "/v1/ledger/entries", tag = "Ledger", operation_id = "list_ledger_entries", params(Paging),
    responses((status = 200, description = "A page", body = ListDocument<LedgerEntryDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<LedgerEntryDocument>>, Problem> {
    let list = cursor::List::of(&"ledger entries");
    let after = list.after(params.cursor.as_deref())?.unwrap_or_default();
    let page = api.desk.list_ledger_entries(&caller, after, params.limit.0).await?.ok_or_else(cursor::unknown)?;
    let data = page.items.iter().map(LedgerEntryDocument::new).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: page.next.map(|after| list.cursor(&after)) }))
}
