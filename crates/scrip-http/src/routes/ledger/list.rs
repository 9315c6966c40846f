use axum::extract::State;
use scrip_engine::Places;

use crate::{
    api::Api,
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
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<LedgerEntryDocument>>, Problem> {
    let list = cursor::List::of(&"ledger entries");
    let mut places: Places = list.place(params.cursor.as_deref())?.unwrap_or_default();
    let limit = params.limit.0;
    let after = places.clone();
    let rows = api.read(move |reader| reader.ledger_entries(&after, limit + 1)).await?;
    let mut rows = rows.ok_or_else(cursor::unknown)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.iter().for_each(|row| places.passed(row.bucket, row.position));
    let next_cursor = more.then(|| list.cursor(&places));
    Ok(Reply::ok(ListDocument { data: rows.iter().map(LedgerEntryDocument::new).collect(), next_cursor }))
}
