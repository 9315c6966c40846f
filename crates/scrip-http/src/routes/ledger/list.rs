use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    cursor,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{LedgerEntryDocument, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List ledger entries
///
/// Oldest first. Each balances; together they say who paid which minor unit of which discount.
#[utoipa::path(get, path = "/v1/ledger/entries", tag = "Ledger", operation_id = "list_ledger_entries", params(Params),
    responses((status = 200, description = "A page", body = ListDocument<LedgerEntryDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<LedgerEntryDocument>>, Problem> {
    let after: u64 = cursor::decode(params.cursor.as_deref())?.unwrap_or(0);
    let limit = params.limit.0;
    let mut rows = api.read(move |reader| reader.ledger_entries(after, limit + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&row.position));
    Ok(Reply::ok(ListDocument { data: rows.iter().map(LedgerEntryDocument::new).collect(), next_cursor }))
}
