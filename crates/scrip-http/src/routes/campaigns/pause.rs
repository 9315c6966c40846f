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

/// Pause a campaign
///
/// Stops claims and new orders with its coupons, reversibly. Orders placed are not touched.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/pause", tag = "Campaigns", operation_id = "pause_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn pause(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    moved(&api, &caller, campaign, &key, CampaignStep::Pause).await
}
