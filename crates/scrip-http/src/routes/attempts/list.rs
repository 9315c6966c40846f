use axum::extract::State;
use scrip_core::{
    code::{CODE_LIMIT, CodeText},
    id::CampaignId,
    name::{AccountId, OrderId},
    reason::{Reason, Refusal},
    time::Timestamp,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    attempt_log::Wanted,
    cursor,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{AttemptDocument, EnteredCode, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    account: Option<AccountId>,
    order: Option<OrderId>,
    campaign: Option<CampaignId>,
    /// A code as entered; compared by its keyed hash.
    #[param(value_type = Option<EnteredCode>)]
    code: Option<String>,
    /// A reason's code, such as `sold_out`, whichever of a refusal's reasons it is.
    reason: Option<String>,
    request_id: Option<String>,
    /// At this time or later.
    from: Option<Timestamp>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// Find out why something failed
///
/// Refused requests with all their reasons, newest first: at most the last 10,000 of seven days, since the server
/// started. Under a storm of refusals some are left out.
#[utoipa::path(get, path = "/v1/attempts", tag = "Operations", operation_id = "list_attempts", params(Filter),
    responses((status = 200, description = "A page", body = ListDocument<AttemptDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Reply<ListDocument<AttemptDocument>>, Problem> {
    let before = cursor::decode(filter.cursor.as_deref())?;
    let code = match filter.code.as_deref().map(CodeText::parse) {
        None => None,
        Some(Ok(text)) => Some(api.engine.secrets().entered(text).hash),
        Some(Err(_)) => return Err(Refusal::invalid("/code", CODE_LIMIT).into()),
    };
    if filter.reason.as_ref().is_some_and(|reason| Reason::ALL.iter().all(|(known, _)| known != reason)) {
        return Err(Refusal::invalid("/reason", "a code of the list of reasons").into());
    }
    let limit = filter.limit.0;
    let wanted = Wanted {
        account: filter.account,
        order: filter.order,
        campaign: filter.campaign,
        code,
        reason: filter.reason,
        request_id: filter.request_id,
        from: filter.from,
        before,
        now: api.engine.now(),
        limit: limit + 1,
    };
    let mut rows = api.log.read(wanted).await;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(number, _)| cursor::encode(number));
    Ok(Reply::ok(ListDocument { data: rows.iter().map(|(_, row)| AttemptDocument::new(row)).collect(), next_cursor }))
}
