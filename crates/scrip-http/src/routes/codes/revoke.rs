use axum::extract::State;
use scrip_core::id::{CampaignId, CodeId};

use crate::{
    api::Api,
    body::OptionalBody,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CodeDocument, NothingRequest},
};

/// Take a code back
///
/// Nobody can enter it from the answer on: `code_revoked` to accounts that have a coupon by it, to others as if there were no
/// such code. Coupons that were claimed with it stay, and so does an order that is placed; revising that order, or paying it
/// late, finds the code gone. A second time changes nothing.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/codes/{code}/revoke", tag = "Codes", operation_id = "revoke_code",
    params(("campaign" = CampaignId, Path, description = "The campaign"),
        ("code" = CodeId, Path, description = "The code's id, as its answer and the export have it")),
    responses((status = 200, description = "The code", body = CodeDocument)))]
pub(super) async fn revoke(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((campaign, code)): PathOf<(CampaignId, CodeId)>,
    Key(key): Key,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CodeDocument>, Problem> {
    let done = api.desk.revoke_code(&caller, campaign, code, &key).await?;
    Ok(Reply::ok(CodeDocument::new(code, &done.of)).replayed(done.replayed))
}
