use scrip_core::{
    campaign::CampaignStage,
    command::{CampaignStep, MoveCampaign},
    id::CampaignId,
    key::Holder,
};

use super::get::document;
use crate::{
    api::Api, caller::Caller, idempotency::IdempotencyKey, problem::Problem, reply::Reply, seller_limits::Turn,
    wire::CampaignDocument,
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
    let own = caller.seller.as_ref();
    // All of one seller's steps in turn: a repeated one is worked out from all that the campaign was.
    let turn = api.sellers.turn(own).await;
    let own_draft = || {
        let known = api.engine.registry().campaign(campaign);
        known.is_some_and(|known| known.terms.issuer.seller() == own && known.stage == CampaignStage::Draft)
    };
    let bars = |turn: &Turn| turn.bars_publishing(api.engine.registry(), api.engine.now());
    // What can't be published anyway is told that.
    let barred = turn.as_ref().filter(|_| step == CampaignStep::Publish && own_draft()).and_then(bars);
    document(caller, api.engine.submit_unless(barred, command, key).await?)
}
