use axum::extract::State;
use scrip_core::{command::CampaignStep, id::CampaignId};

use super::step::moved;
use crate::{
    api::Api,
    body::OptionalBody,
    caller::Caller,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CampaignDocument, NothingRequest},
};

/// Publish a campaign
///
/// Freezes its terms. Needs a budget, or its explicit refusal.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/publish", tag = "Campaigns", operation_id = "publish_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn publish(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    moved(&api, &caller, campaign, &key, CampaignStep::Publish).await
}
