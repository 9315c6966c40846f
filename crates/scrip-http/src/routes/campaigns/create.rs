use axum::extract::State;
use scrip_core::{campaign::Terms, command::CreateCampaign, key::Holder, reason::Refusal};

use super::get::document;
use crate::{
    api::Api, auth::Caller, body::Body, idempotency::IdempotencyKey, problem::Problem, reply::Reply,
    wire::CampaignDocument,
};

/// Create a campaign
///
/// As a draft. A seller creates its own.
#[utoipa::path(post, path = "/v1/campaigns", tag = "Campaigns", operation_id = "create_campaign",
    request_body = Terms, responses((status = 201, description = "The draft", body = CampaignDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(terms): Body<Terms>,
) -> Result<Reply<CampaignDocument>, Problem> {
    if let Some(own) = &caller.seller
        && terms.issuer.seller() != Some(own)
    {
        return Err(Refusal::invalid("/issuer", "the calling seller").into());
    }
    let slot = key.slot();
    let key = key.used_for(Holder::Campaigns(slot), &terms);
    document(&caller, api.engine.submit(CreateCampaign { terms, slot }, key).await?)
}
