use axum::extract::State;
use scrip_core::{
    command::CreateCampaign,
    key::Holder,
    reason::{Reason, Refusal},
};

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Caller,
    idempotency::{IdempotencyKey, Sameness, done_once},
    problem::Problem,
    reply::Reply,
    wire::{CampaignDocument, CampaignRequest},
};

/// Create a campaign
///
/// As a draft. A seller creates its own.
#[utoipa::path(post, path = "/v1/campaigns", tag = "Campaigns", operation_id = "create_campaign",
    request_body = CampaignRequest, responses((status = 201, description = "The draft", body = CampaignDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(request): Body<CampaignRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let terms = &request.terms;
    if let Some(own) = &caller.seller
        && terms.issuer.seller() != Some(own)
    {
        return Err(Refusal::at("/issuer", Reason::Forbidden).into());
    }
    let slot = key.slot();
    // With its defaults written out.
    let completed = terms.clone().of_new_campaign();
    let same = || Sameness::of(&(completed.as_ref().unwrap_or(terms), &request.metadata), &request);
    let key = key.keyed(Holder::Campaigns(slot), same);
    let turn = api.sellers.turn(caller.seller.as_ref()).await;
    let (registry, now) = (api.engine.registry(), api.engine.now());
    // What is malformed is told first, by the command itself.
    let barred = turn.as_ref().filter(|_| completed.is_ok()).and_then(|turn| turn.bars_creating(registry, now, terms));
    let metadata = caller.wrote(request.metadata);
    let command = CreateCampaign { terms: request.terms, metadata, slot };
    let does = |key, _| api.engine.submit_unless(barred.clone(), command.clone(), key);
    document(&caller, done_once(key, does).await?)
}
