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

/// Publish a campaign
///
/// Freezes its terms. Needs a budget, or its explicit refusal.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/publish", tag = "Campaigns", operation_id = "publish_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn publish(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(campaign): PathOf<CampaignId>,
    Key(key): Key,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    Ok(document(api.desk.move_campaign(&caller, campaign, &key, CampaignStep::Publish).await?))
}
