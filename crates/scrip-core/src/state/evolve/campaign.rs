//! What events do to campaigns, at home and as another bucket knows them, and to what a bucket has given out of them.

use crate::{
    campaign::{Allowance, Campaign},
    id::CampaignId,
    state::{Aggregate, Key, State},
};

impl State {
    pub(super) fn with_campaign(&mut self, campaign: CampaignId, change: impl FnOnce(&mut Campaign)) {
        if let Some(Aggregate::Campaign(campaign)) = self.change(&Key::Campaign(campaign)) {
            change(campaign);
        }
    }

    pub(super) fn with_allowance(&mut self, campaign: CampaignId, change: impl FnOnce(&mut Allowance)) {
        let key = Key::Allowance(self.bucket(), campaign);
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Allowance(Allowance::default())));
        }
        if let Some(Aggregate::Allowance(allowance)) = self.change(&key) {
            change(allowance);
        }
    }

    pub(super) fn campaign_learned(&mut self, campaign: &Campaign) {
        let key = Key::CampaignHere(self.bucket(), campaign.id);
        self.set(key, Some(Aggregate::CampaignHere(campaign.clone())));
    }
}
