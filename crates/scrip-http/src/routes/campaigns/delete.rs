use axum::extract::State;
use scrip_core::{command::DeleteCampaign, id::CampaignId};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::NoContent};

/// Delete a draft
///
/// With its codes, which are free again once this is answered, and its jobs, which end. One that was published stays: end it.
#[utoipa::path(delete, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "delete_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
) -> Result<NoContent, Problem> {
    api.engine.submit(DeleteCampaign { campaign, as_seller: caller.seller }, None).await?;
    Ok(NoContent)
}
