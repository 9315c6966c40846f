use super::{Decide, Decision, Elsewhere, Outcome, Where, change_campaign::own_campaign, needs};
use crate::{
    campaign::{CAMPAIGN_PAUSES_MORE, CampaignStage},
    event::Event,
    id::{CampaignId, IdSource},
    name::SellerId,
    reason::{Reason, Refusal},
    state::{Key, State},
    status::PausedBy,
    time::Timestamp,
};

/// A campaign's next step: publish, pause, resume, end.
#[derive(Clone, Debug)]
pub struct MoveCampaign {
    pub campaign: CampaignId,
    /// Only this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
    pub step: CampaignStep,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CampaignStep {
    /// Freezes the terms.
    Publish,
    /// Stops claims and new orders with its coupons, reversibly. An operator may take over a seller's pause.
    Pause,
    /// By whoever paused it, or somebody above.
    Resume,
    /// Stops claims for good; coupons held stay usable until their expiry.
    End,
}

impl Decide for MoveCampaign {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::campaign(state, self.campaign, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        use CampaignStage::{Deleted, Draft, Ended, Paused, Published};
        let campaign = own_campaign(state, self.campaign, self.as_seller.as_ref())?;
        let counters = state.counters(self.campaign);
        let id = self.campaign;
        let by = if self.as_seller.is_some() { PausedBy::Seller } else { PausedBy::Operator };
        let campaign_status = campaign.status(now);
        let event = match (self.step, campaign.stage) {
            (CampaignStep::Publish, Draft) => {
                if campaign.terms.limits.budget.is_none() {
                    return Err(Refusal::at("/limits/budget", Reason::BudgetRequired));
                }
                if campaign.terms.validity.fixed_end().is_some_and(|end| now >= end) {
                    return Err(Refusal::at("/validity/expires_at", Reason::ValidityOver));
                }
                Event::CampaignPublished { campaign: id, counters }
            }
            (CampaignStep::Pause, Published) => {
                campaign.may_change(self.as_seller.as_ref(), CAMPAIGN_PAUSES_MORE)?;
                Event::CampaignPaused { campaign: id, counters, by: Some(by) }
            }
            (CampaignStep::Pause, Paused) if campaign.paused_by.is_some_and(|paused_by| by > paused_by) => {
                Event::CampaignPaused { campaign: id, counters, by: Some(by) }
            }
            (CampaignStep::Resume, Paused) if !campaign.resumes(by) => {
                let paused_by = Some(campaign.paused_by.unwrap_or(PausedBy::Operator));
                return Err(Reason::CampaignStateForbids { campaign_status, paused_by }.into());
            }
            (CampaignStep::Resume, Paused) => Event::CampaignResumed { campaign: id, counters },
            (CampaignStep::End, Published | Paused) => Event::CampaignEnded { campaign: id, counters },
            (
                CampaignStep::Publish | CampaignStep::Pause | CampaignStep::Resume | CampaignStep::End,
                Draft | Published | Paused | Ended | Deleted,
            ) => return Err(Reason::CampaignStateForbids { campaign_status, paused_by: None }.into()),
        };
        Ok(Decision { events: vec![event], outcome: Outcome::Campaign { campaign: id, created: false } })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::Campaign(self.campaign)
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
