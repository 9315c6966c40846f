use axum::extract::State;
use scrip_core::{
    campaign::{Campaign, CampaignStatus},
    event::Role,
    id::CampaignId,
    reason::Reason,
    time::Timestamp,
};
use scrip_engine::{Answer, Receipt};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::CampaignDocument};

/// Get a campaign
///
/// With exact counters and its ETag. A storefront sees live ones, without budget counters.
#[utoipa::path(get, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "get_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign", body = CampaignDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<CampaignId>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let now = api.engine.now();
    let campaign = api
        .engine
        .registry()
        .campaign(id)
        .filter(|campaign| is_visible(&caller, campaign, now))
        .ok_or(Reason::NotFound)?;
    let counters = api.read(move |reader| reader.counters(id)).await?;
    Ok(Reply::ok(CampaignDocument::new(&campaign, counters, caller.writer().as_ref(), now)).etag(campaign.revision))
}

/// Whether the campaign exists for the caller.
pub(super) fn is_visible(caller: &Caller, campaign: &Campaign, now: Timestamp) -> bool {
    match caller.role {
        Role::Operator => true,
        Role::Seller => campaign.terms.issuer.seller() == caller.seller.as_ref(),
        Role::Storefront => campaign.status(now) == CampaignStatus::Live,
        Role::Shopper => false,
    }
}

/// A command's campaign as the caller sees it.
pub(super) fn document(caller: &Caller, receipt: Receipt) -> Result<Reply<CampaignDocument>, Problem> {
    let Answer::Campaign { campaign, counters, created } = receipt.answer else {
        return Err(scrip_engine::EngineError::Fault.into());
    };
    let document = CampaignDocument::new(&campaign, counters, caller.writer().as_ref(), receipt.at);
    let reply = Reply::created(created, document).etag(campaign.revision).replayed(receipt.replayed);
    Ok(if created { reply.location(format!("/v1/campaigns/{}", campaign.id)) } else { reply })
}
