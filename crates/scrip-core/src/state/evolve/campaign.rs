//! The campaigns, and what a bucket has given out of them, that events change. How, `campaign/changes.rs` says.

use crate::{
    campaign::{Allowance, Campaign},
    id::CampaignId,
    state::{Aggregate, Key, State},
};

impl State {
    pub(crate) fn with_campaign(&mut self, campaign: CampaignId, change: impl FnOnce(&mut Campaign)) {
        if let Some(Aggregate::Campaign(campaign)) = self.change(&Key::Campaign(campaign)) {
            change(campaign);
        }
    }

    pub(crate) fn with_allowance(&mut self, campaign: CampaignId, change: impl FnOnce(&mut Allowance)) {
        let key = Key::Allowance(self.bucket(), campaign);
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Allowance(Allowance::default())));
        }
        if let Some(Aggregate::Allowance(allowance)) = self.change(&key) {
            change(allowance);
        }
    }
}
