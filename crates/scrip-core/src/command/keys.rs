use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::{ApiKey, Event},
    id::{IdSource, KeyId},
    key::Key,
    metadata::{Changes, Writer},
    name::{LABEL_LIMIT, is_label},
    reason::{Reason, Refusal},
    state::State,
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
}

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
}

/// Other metadata on a key, one that was revoked or has expired too. Only operators have to do with keys.
///
/// Errors: `not_found`; those of [`Metadata::changed`](crate::metadata::Metadata::changed).
#[derive(Clone, Debug)]
pub struct ChangeApiKey {
    pub key: KeyId,
    pub metadata: Changes,
}

impl Decide for ChangeApiKey {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.key.uid().slot())
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::ApiKey(self.key));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let key = state.api_key(self.key).ok_or(Reason::NotFound)?;
        let metadata = key.metadata.changed(&self.metadata, &Writer::Operator)?;
        let changes = metadata != key.metadata;
        let event = changes.then_some(Event::ApiKeyMetadataChanged { key: self.key, metadata });
        Ok(Decision { events: event.into_iter().collect(), outcome: Outcome::ApiKey(self.key) })
    }
}

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
