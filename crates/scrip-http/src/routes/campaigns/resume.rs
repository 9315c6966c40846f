use axum::extract::State;
use scrip_core::{
    command::{CampaignStep, MoveCampaign},
    id::CampaignId,
    key::Holder,
};

use super::get::document;
use crate::{
    api::Api,
    auth::Caller,
    body::OptionalBody,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CampaignDocument, NothingRequest},
};

/// Resume a paused campaign
///
/// Claims and new orders go on.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/resume", tag = "Campaigns", operation_id = "resume_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let key = key.used_for(Holder::Campaign(campaign), &campaign);
    let command = MoveCampaign { campaign, as_seller: caller.seller.clone(), step: CampaignStep::Resume };
    document(&caller, api.engine.submit(command, key).await?)
}
