use super::{Decide, Decision, Outcome, Where};
use crate::{
    event::Event,
    id::IdSource,
    idempotency::Holder,
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// Documents of used idempotency keys that go with one command: as many as a batch deletes in a millisecond or two.
pub const KEYS_PER_COMMAND: usize = 64;

/// Lets go of idempotency keys whose time is over. Safe to run twice.
#[derive(Clone, Debug)]
pub struct ForgetKeys {
    pub bucket: Bucket,
    /// Whose keys of which day.
    pub documents: Vec<(Holder, u32)>,
}

/// The first day whose keys are still looked at: those of yesterday, so that each is kept for 24 hours at least.
pub fn keys_kept_from(now: Timestamp) -> u32 {
    u32::try_from(now.day() - 1).unwrap_or(0)
}

impl Decide for ForgetKeys {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.extend(self.documents.iter().map(|(holder, day)| Key::RecentKeys(holder.clone(), *day)));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let kept_from = keys_kept_from(now);
        let is_over = |(holder, day): &&(Holder, u32)| *day < kept_from && state.recent_keys(holder, *day).is_some();
        let documents: Vec<(Holder, u32)> = self.documents.iter().filter(is_over).cloned().collect();
        let events = if documents.is_empty() { Vec::new() } else { vec![Event::KeysForgotten { documents }] };
        Ok(Decision { events, outcome: Outcome::Nothing })
    }
}
