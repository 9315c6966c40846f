use axum::extract::State;
use scrip_engine::Places;
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
    let mut places: Places = cursor::decode(params.cursor.as_deref())?.unwrap_or_default();
    let limit = params.limit.0;
    let after = places.clone();
    let mut rows = api.read(move |reader| reader.ledger_entries(&after, limit + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.iter().for_each(|row| places.passed(row.bucket, row.position));
    let next_cursor = more.then(|| cursor::encode(&places));
    Ok(Reply::ok(ListDocument { data: rows.iter().map(LedgerEntryDocument::new).collect(), next_cursor }))
}
