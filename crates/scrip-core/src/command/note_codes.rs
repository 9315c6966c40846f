use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{CampaignId, IdSource},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// In the campaign's bucket: it has codes. Safe to repeat.
#[derive(Clone, Debug)]
pub struct NoteCodes {
    pub campaign: CampaignId,
}

impl Decide for NoteCodes {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let first = state.campaign(self.campaign).is_some_and(|campaign| !campaign.coded);
        let events = first.then_some(Event::CampaignCoded { campaign: self.campaign });
        Ok(Decision { events: events.into_iter().collect(), outcome: Outcome::Nothing })
    }
}
