use axum::extract::State;
use scrip_core::key::Holder;
use scrip_desk::{NewCampaign, Sameness};

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
    let slot = key.slot();
    // With its defaults written out.
    let completed = request.terms.clone().of_new_campaign();
    let same = || Sameness::of(&(completed.as_ref().unwrap_or(&request.terms), &request.metadata), &request);
    let key = key.keyed(Holder::Campaigns(slot), same);
    let new = NewCampaign { terms: request.terms, metadata: request.metadata, slot };
    Ok(document(&caller, api.desk.create_campaign(&caller, new, key).await?))
}
