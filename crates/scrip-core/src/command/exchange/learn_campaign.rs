use crate::{
    campaign::Campaign,
    command::{Decide, Decision, Outcome, Where},
    event::Event,
    id::IdSource,
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In a bucket that isn't the campaign's home: from here on it is judged as it is at home. Older news change nothing.
#[derive(Clone, Debug)]
pub struct LearnCampaign {
    pub bucket: Bucket,
    pub campaign: Campaign,
}

impl Decide for LearnCampaign {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign.id));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let known = state.campaign_or_deleted(self.campaign.id);
        let Some(known) = known else { return Ok(learned(self.campaign.clone())) };
        if known.is_as_new_as(&self.campaign) {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Nothing });
        }
        // Two pieces of news may pass each other on the way.
        let newer = if known.revision > self.campaign.revision { known } else { &self.campaign };
        let coded = known.coded || self.campaign.coded;
        Ok(learned(Campaign { coded, ..newer.clone() }))
    }
}

/// Where its events are is of use at home only.
fn learned(campaign: Campaign) -> Decision {
    let campaign = Campaign { events: Vec::new(), ..campaign };
    Decision { events: vec![Event::CampaignLearned { campaign }], outcome: Outcome::Nothing }
}
