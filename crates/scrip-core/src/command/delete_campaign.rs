use super::{Decide, Decision, Elsewhere, Outcome, Where, change_campaign::own_campaign};
use crate::{
    campaign::CampaignStage,
    event::Event,
    id::{CampaignId, IdSource},
    name::SellerId,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// A draft away, with its codes, which are free from then on, and its jobs.
///
/// Errors: `not_found`, also for one that was deleted; `campaign_state` for one that was published.
#[derive(Clone, Debug)]
pub struct DeleteCampaign {
    pub campaign: CampaignId,
    /// Only this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
}

impl Decide for DeleteCampaign {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = own_campaign(state, self.campaign, self.as_seller.as_ref())?;
        if campaign.stage != CampaignStage::Draft {
            let campaign_status = campaign.status(now);
            return Err(Reason::CampaignStateForbids { campaign_status, paused_by: None }.into());
        }
        Ok(Decision {
            events: vec![Event::CampaignDeleted { campaign: self.campaign }],
            outcome: Outcome::Deleted { campaign: self.campaign },
        })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::Campaign(self.campaign)
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
