use axum::extract::State;
use scrip_core::{command::CampaignStep, id::CampaignId};

use super::get::document;
use crate::{
    api::Api,
    body::OptionalBody,
    caller::Authenticated,
    idempotency::Key,
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
    Authenticated(caller): Authenticated,
    PathOf(campaign): PathOf<CampaignId>,
    Key(key): Key,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    Ok(document(api.desk.move_campaign(&caller, campaign, &key, CampaignStep::Pause).await?))
}
