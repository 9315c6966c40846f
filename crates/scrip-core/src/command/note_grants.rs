use super::{Decide, Decision, Outcome};
use crate::{
    event::Event,
    id::{CampaignId, IdSource},
    key::Key,
    reason::{Reason, Refusal},
    state::State,
    time::Timestamp,
};

/// In the campaign's bucket: coupons are about to be granted to a list of accounts, each in a command of its own. Here stands
/// the idempotency key of the whole list.
#[derive(Clone, Debug)]
pub struct NoteGrants {
    pub campaign: CampaignId,
    /// How many.
    pub accounts: u32,
}

impl Decide for NoteGrants {
    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Campaign(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        state.campaign(self.campaign).ok_or(Reason::NotFound)?;
        let event = Event::GrantsRequested { campaign: self.campaign, accounts: self.accounts };
        Ok(Decision { events: vec![event], outcome: Outcome::Nothing })
    }
}
