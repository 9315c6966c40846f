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

/// End a campaign
///
/// Stops claims for good. Coupons held stay usable until their expiry.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/end", tag = "Campaigns", operation_id = "end_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn end(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let key = key.used_for(Holder::Campaign(campaign), &campaign);
    let command = MoveCampaign { campaign, as_seller: caller.seller.clone(), step: CampaignStep::End };
    document(&caller, api.engine.submit(command, key).await?)
}
