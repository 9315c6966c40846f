use axum::extract::State;
use scrip_core::id::CampaignId;
use scrip_desk::{Caller, CountedCampaign, Done};

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::CampaignDocument};

/// Get a campaign
///
/// With exact counters and its ETag. A storefront sees live ones, without budget counters.
#[utoipa::path(get, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "get_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign", body = CampaignDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(id): PathOf<CampaignId>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let (CountedCampaign { campaign, counters }, at) = api.desk.get_campaign(&caller, id).await?;
    let document = CampaignDocument::new(&campaign, counters, caller.writer().as_ref(), at);
    Ok(Reply::ok(document).etag(campaign.revision))
}

/// A command's campaign as the caller sees it.
pub(super) fn document(caller: &Caller, done: Done<CountedCampaign>) -> Reply<CampaignDocument> {
    let CountedCampaign { campaign, counters } = done.of;
    let document = CampaignDocument::new(&campaign, counters, caller.writer().as_ref(), done.at);
    let reply = Reply::created(done.created, document).etag(campaign.revision).replayed(done.replayed);
    if done.created { reply.location(format!("/v1/campaigns/{}", campaign.id)) } else { reply }
}
