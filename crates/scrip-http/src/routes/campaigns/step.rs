use scrip_core::{
    command::{CampaignStep, MoveCampaign},
    id::CampaignId,
    key::Holder,
};

use super::get::document;
use crate::{
    api::Api, auth::Caller, idempotency::IdempotencyKey, problem::Problem, reply::Reply, wire::CampaignDocument,
};

/// What publish, pause, resume and end have in common: one command, one answer.
pub(super) async fn moved(
    api: &Api,
    caller: &Caller,
    campaign: CampaignId,
    key: &IdempotencyKey,
    step: CampaignStep,
) -> Result<Reply<CampaignDocument>, Problem> {
    let key = key.used_for(Holder::Campaign(campaign), &campaign);
    let command = MoveCampaign { campaign, as_seller: caller.seller.clone(), step };
    document(caller, api.engine.submit(command, key).await?)
}
