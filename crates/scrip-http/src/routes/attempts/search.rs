use axum::extract::State;
use scrip_core::reason::Refusal;
use scrip_desk::AttemptFilter;

use super::list::page;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    cursor,
    problem::Problem,
    reply::Reply,
    wire::{AttemptDocument, AttemptSearch, ListDocument},
};

/// Find out why a code failed
///
/// Refused requests in which this code was entered, newest first. In a body, since addresses are kept in logs.
#[utoipa::path(post, path = "/v1/attempts/search", tag = "Operations", operation_id = "search_attempts",
    request_body = AttemptSearch,
    responses((status = 200, description = "A page", body = ListDocument<AttemptDocument>)))]
pub(super) async fn search(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Body(request): Body<AttemptSearch>,
) -> Result<Reply<ListDocument<AttemptDocument>>, Problem> {
    let code = api.desk.entered_code("/code", &request.code).await?;
    let limit = request.limit.unwrap_or(25);
    if !(1..=100).contains(&limit) {
        return Err(Refusal::invalid("/limit", "an integer from 1 to 100").into());
    }
    let list = cursor::List::of(&("attempts of a code", code.hash.bytes()));
    let before = list.after(request.cursor.as_deref()).map_err(|_| cursor::unknown_in_body())?;
    let wanted = AttemptFilter {
        code: Some(code.hash),
        before,
        now: api.desk.now(),
        limit: usize::from(limit),
        ..AttemptFilter::default()
    };
    Ok(page(&list, &api.desk.search_attempts(&caller, wanted).await?))
}
