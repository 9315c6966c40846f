use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{CampaignId, IdSource},
    reason::{Reason, Refusal},
    slot::Slot,
    state::{Key, State},
    time::Timestamp,
};

/// Coupons are about to be granted to a list of accounts, or claimed for them, each in a command of its own. Here stands the idempotency
/// key of the whole list.
#[derive(Clone, Debug)]
pub struct NoteGrants {
    pub campaign: CampaignId,
    /// How many.
    pub accounts: u32,
    /// Where the key is kept: the campaign's own, or, of a list that names several, one that the key chooses.
    pub slot: Slot,
}

impl Decide for NoteGrants {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.slot)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        state.campaign(self.campaign).ok_or(Reason::NotFound)?;
        let event = Event::GrantsRequested { campaign: self.campaign, accounts: self.accounts };
        Ok(Decision { events: vec![event], outcome: Outcome::Nothing })
    }
}
