use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{CampaignId, CodeHash, IdSource},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// In the campaign's bucket: its new shared code lives elsewhere. Here it is counted, and here stands the idempotency key of the
/// whole.
#[derive(Clone, Debug)]
pub struct NoteSharedCode {
    pub campaign: CampaignId,
    pub hash: CodeHash,
    /// Only asks whether it was noted before, under its key; `not_found` if it wasn't.
    pub again: bool,
}

impl Decide for NoteSharedCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if self.again {
            return Err(Reason::NotFound.into());
        }
        let noted = Event::SharedCodeNoted { campaign: self.campaign, hash: self.hash };
        let first = state.campaign(self.campaign).is_some_and(|campaign| !campaign.coded);
        Ok(Decision {
            events: [noted, Event::SharedCodeCounted { campaign: self.campaign }]
                .into_iter()
                .chain(first.then_some(Event::CampaignCoded { campaign: self.campaign }))
                .collect(),
            outcome: Outcome::SharedCode { campaign: self.campaign },
        })
    }
}
