use sha2::{Digest, Sha256};

use super::{Decide, Decision, Elsewhere, Outcome, Where};
use crate::{
    campaign::{CampaignStage, Counters, Terms},
    event::Event,
    id::{CampaignId, IdSource},
    reason::{Reason, Refusal},
    slot::Slot,
    state::{Key, State},
    status::PausedBy,
    time::Timestamp,
};

/// A campaign of old data with what was last done with it, be it over or not (S17). Its id comes from its key, so that it is
/// taken once, and lines about its coupons can name the key.
///
/// Errors: as creating and publishing it, save `validity_over`; `campaign_not_found` for a draft that was deleted here.
#[derive(Clone, Debug)]
pub struct ImportCampaign {
    pub campaign: CampaignId,
    pub terms: Terms,
    pub stage: CampaignStage,
}

/// The id that a campaign of old data gets by its key, on every run of every import.
pub fn imported_campaign(key: &str) -> CampaignId {
    struct OfKey(u64);
    impl IdSource for OfKey {
        fn random(&mut self) -> u64 {
            self.0
        }
    }
    let digest = Sha256::digest(key.as_bytes());
    let bits = u64::from_be_bytes(digest[..8].try_into().expect("a digest is longer"));
    // Older than all that is made here.
    CampaignId::new(Timestamp::default(), Slot::of(key.as_bytes()), &mut OfKey(bits))
}

impl Decide for ImportCampaign {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = self.campaign;
        let outcome = Outcome::Campaign { campaign, created: true };
        // A draft of that key came in and was deleted here: its id is taken, and stays away.
        if state.is_deleted(campaign) {
            return Err(Reason::CampaignNotFound.into());
        }
        if state.campaign(campaign).is_some() {
            let outcome = Outcome::Campaign { campaign, created: false };
            return Ok(Decision { events: Vec::new(), outcome });
        }
        let terms = self.terms.clone().checked()?;
        if self.stage != CampaignStage::Draft && terms.limits.budget.is_none() {
            return Err(Refusal::at("/terms/limits/budget", Reason::BudgetRequired));
        }
        let counters = Counters::default();
        let mut events = vec![Event::CampaignCreated { campaign, terms, at: now, metadata: None }];
        if self.stage != CampaignStage::Draft {
            events.push(Event::CampaignPublished { campaign, counters });
        }
        match self.stage {
            CampaignStage::Paused => {
                events.push(Event::CampaignPaused { campaign, counters, by: Some(PausedBy::Operator) });
            }
            CampaignStage::Ended => events.push(Event::CampaignEnded { campaign, counters }),
            CampaignStage::Draft | CampaignStage::Published | CampaignStage::Deleted => {}
        }
        Ok(Decision { events, outcome })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::NewCampaign
    }
}
