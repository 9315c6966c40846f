use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::{IdSource, KeyId},
    metadata::{Changes, Writer},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

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

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
