use axum::extract::State;
use scrip_core::{
    id::{CampaignId, CodeHash},
    name::{AccountId, OrderId},
    reason::Reason,
    time::Timestamp,
};
use scrip_desk::{Attempt, AttemptFilter, Listed};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{AttemptDocument, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    account: Option<AccountId>,
    order: Option<OrderId>,
    campaign: Option<CampaignId>,
    /// The `id` of a code, as attempts show it. A code itself has no place in an address, which logs keep: search for it.
    #[param(pattern = "^[0-9a-f]{32}$")]
    code_id: Option<String>,
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
    Authenticated(caller): Authenticated,
    Query(filter): Query<Filter>,
) -> Result<Reply<ListDocument<AttemptDocument>>, Problem> {
    let about = (&filter.account, &filter.order, filter.campaign, &filter.code_id);
    let list = cursor::List::of(&("attempts", about, &filter.reason, &filter.request_id, filter.from));
    let before = list.after(filter.cursor.as_deref())?;
    let code = match filter.code_id.as_deref().map(code_of_id) {
        Some(None) => return Err(Problem::parameter("code_id", "32 hexadecimal digits")),
        code => code.flatten(),
    };
    if filter.reason.as_ref().is_some_and(|reason| Reason::ALL.iter().all(|(known, _)| known != reason)) {
        return Err(Problem::parameter("reason", "a code of the list of reasons"));
    }
    let wanted = AttemptFilter {
        account: filter.account,
        order: filter.order,
        campaign: filter.campaign,
        code,
        reason: filter.reason,
        request_id: filter.request_id,
        from: filter.from,
        before,
        now: api.desk.now(),
        limit: filter.limit.0,
    };
    Ok(page(&list, &api.desk.list_attempts(&caller, wanted).await?))
}

/// The hash that an attempt shows as a code's `id`.
fn code_of_id(id: &str) -> Option<CodeHash> {
    let mut bytes = [0; 16];
    if id.len() != 32 || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&id[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(CodeHash::from_bytes(bytes))
}

pub(super) fn page(list: &cursor::List, found: &Listed<Attempt, u64>) -> Reply<ListDocument<AttemptDocument>> {
    let next_cursor = found.next.map(|before| list.cursor(&before));
    Reply::ok(ListDocument { data: found.items.iter().map(AttemptDocument::new).collect(), next_cursor })
}
