use axum::extract::State;
use scrip_desk::NewCampaign;

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    problem::Problem,
    reply::Reply,
    wire::{CampaignDocument, CampaignRequest},
};

/// Create a campaign
///
/// As a draft. A seller creates its own.
#[utoipa::path(post, path = "/v1/campaigns", tag = "Campaigns", operation_id = "create_campaign",
    request_body = CampaignRequest, responses((status = 201, description = "The draft", body = CampaignDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Key(key): Key,
    Body(request): Body<CampaignRequest>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let new = NewCampaign { terms: request.terms.clone(), metadata: request.metadata.clone() };
    Ok(document(api.desk.create_campaign(&caller, new, &key, &request).await?))
}
