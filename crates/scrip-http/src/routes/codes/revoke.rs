use axum::extract::State;
use scrip_core::{
    command::RevokeCode,
    id::{CampaignId, CodeId},
    key::Holder,
};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::OptionalBody,
    caller::Caller,
    idempotency::IdempotencyKey,
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
    caller: Caller,
    PathOf((campaign, code)): PathOf<(CampaignId, CodeId)>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CodeDocument>, Problem> {
    let command = RevokeCode { campaign, as_seller: caller.seller, hash: code.into() };
    let key = key.used_for(Holder::Campaigns(command.hash.slot()), &(campaign, code));
    let receipt = api.engine.submit(command, key).await?;
    let Answer::Code(Some(known)) = receipt.answer else { return Err(EngineError::Fault.into()) };
    Ok(Reply::ok(CodeDocument::new(code, &known)).replayed(receipt.replayed))
}
