use axum::extract::State;
use scrip_core::id::CampaignId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    params::Query,
    problem::Problem,
    reply::Reply,
    wire::{DistributionDocument, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    campaign: Option<CampaignId>,
}

/// Report claims, redemptions and cost by channel and source
///
/// Of one campaign, or of all (S1).
#[utoipa::path(get, path = "/v1/reports/distribution", tag = "Reports", operation_id = "report_distribution", params(Params),
    responses((status = 200, description = "The report", body = ListDocument<DistributionDocument>)))]
pub(super) async fn distribution(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<DistributionDocument>>, Problem> {
    let rows = api.desk.report_distribution(&caller, params.campaign).await?;
    let data = rows.into_iter().map(|(row, currency)| DistributionDocument::new(row, currency)).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }))
}
