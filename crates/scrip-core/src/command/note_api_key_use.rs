use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{IdSource, KeyId},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// A key was used up to then. Safe to run twice.
#[derive(Clone, Debug)]
pub struct NoteApiKeyUse {
    pub key: KeyId,
    pub at: Timestamp,
}

impl Decide for NoteApiKeyUse {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.key.uid().slot())
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let key = state.api_key(self.key).ok_or(Reason::NotFound)?;
        let is_later = key.last_used_at.is_none_or(|noted| noted < self.at);
        let events = if is_later { vec![Event::ApiKeySeen { key: self.key, at: self.at }] } else { Vec::new() };
        Ok(Decision { events, outcome: Outcome::Nothing })
    }
}
