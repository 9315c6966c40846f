use axum::extract::State;
use scrip_core::id::CampaignId;
use scrip_desk::{Done, SeenCampaign};

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
    let (seen, at) = api.desk.get_campaign(&caller, id).await?;
    let revision = seen.campaign.revision;
    Ok(Reply::ok(CampaignDocument::new(seen, at)).etag(revision))
}

/// A command's campaign.
pub(super) fn document(done: Done<SeenCampaign>) -> Reply<CampaignDocument> {
    let (id, revision) = (done.of.campaign.id, done.of.campaign.revision);
    let document = CampaignDocument::new(done.of, done.at);
    let reply = Reply::created(done.created, document).etag(revision).replayed(done.replayed);
    if done.created { reply.location(format!("/v1/campaigns/{id}")) } else { reply }
}
