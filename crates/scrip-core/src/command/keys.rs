use super::{Decide, Decision, Outcome};
use crate::{
    event::{ApiKey, Event},
    id::{IdSource, KeyId},
    key::Key,
    reason::{Reason, Refusal},
    state::State,
    time::Timestamp,
};

/// A new API key. Its secret was shown to whoever asked; only its hash comes here.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    pub key: ApiKey,
}

impl Decide for CreateApiKey {
    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key.id));
    }

    fn decide(&self, _: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        Ok(Decision {
            events: vec![Event::ApiKeyCreated { key: self.key.clone() }],
            outcome: Outcome::ApiKey(self.key.id),
        })
    }
}

/// From here on the key is nobody's.
#[derive(Clone, Debug)]
pub struct RevokeApiKey {
    pub key: KeyId,
}

impl Decide for RevokeApiKey {
    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let key = state.api_key(self.key).ok_or(Reason::NotFound)?;
        let events =
            if key.revoked_at.is_some() { Vec::new() } else { vec![Event::ApiKeyRevoked { key: self.key, at: now }] };
        Ok(Decision { events, outcome: Outcome::ApiKey(self.key) })
    }
}
