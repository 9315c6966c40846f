use super::{Decide, Decision, Outcome};
use crate::{
    campaign::Campaign, event::Event, id::IdSource, key::Key, reason::Refusal, slot::Bucket, state::State,
    time::Timestamp,
};

/// In a bucket that isn't the campaign's home: from here on it is judged as it is at home. Older news change nothing.
#[derive(Clone, Debug)]
pub struct LearnCampaign {
    pub bucket: Bucket,
    pub campaign: Campaign,
}

impl Decide for LearnCampaign {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign.id));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let known = state.campaign(self.campaign.id);
        let news = known.is_none_or(|known| known.revision < self.campaign.revision);
        // Where its events are is of use at home only.
        let campaign = Campaign { events: Vec::new(), ..self.campaign.clone() };
        let events = if news { vec![Event::CampaignLearned { campaign }] } else { Vec::new() };
        Ok(Decision { events, outcome: Outcome::Nothing })
    }
}
