use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{IdSource, KeyId},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// From here on the key is nobody's.
#[derive(Clone, Debug)]
pub struct RevokeApiKey {
    pub key: KeyId,
}

impl Decide for RevokeApiKey {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.key.uid().slot())
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let key = state.api_key(self.key).ok_or(Reason::NotFound)?;
        let events =
            if key.revoked_at.is_some() { Vec::new() } else { vec![Event::ApiKeyRevoked { key: self.key, at: now }] };
        Ok(Decision { events, outcome: Outcome::ApiKey(self.key) })
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
