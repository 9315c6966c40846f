use axum::extract::State;
use scrip_core::id::CampaignId;

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::NoContent};

/// Delete a draft
///
/// With its codes, which are free again once this is answered, and its jobs, which end. One that was published stays: end it.
#[utoipa::path(delete, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "delete_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn delete(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(campaign): PathOf<CampaignId>,
) -> Result<NoContent, Problem> {
    api.desk.delete_campaign(&caller, campaign).await?;
    Ok(NoContent)
}
