use super::{Decide, Decision, Outcome, Where};
use crate::{
    api_key::ApiKey,
    event::Event,
    id::IdSource,
    name::{LABEL_LIMIT, is_label},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// A new API key. Its secret was shown to whoever asked; only its hash comes here.
///
/// Refused: a name or an end that none may have.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    pub key: ApiKey,
}

impl Decide for CreateApiKey {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.key.id.uid().slot())
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key.id));
    }

    fn decide(&self, _: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if self.key.name.as_deref().is_some_and(|name| !is_label(name)) {
            return Err(Refusal::invalid("/name", LABEL_LIMIT));
        }
        if self.key.has_expired(now) {
            return Err(Refusal::invalid("/expires_at", "in the future"));
        }
        Ok(Decision {
            events: vec![Event::ApiKeyCreated { key: self.key.clone() }],
            outcome: Outcome::ApiKey(self.key.id),
        })
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
