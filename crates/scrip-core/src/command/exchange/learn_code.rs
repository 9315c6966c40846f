use super::code_is;
use crate::{
    code::{Code, CodeKind},
    command::{Decide, Decision, Where, needs},
    event::Event,
    id::{CodeHash, IdSource},
    reason::{Reason, Refusal},
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In the account's bucket: takes in a copy of a code, a unique one under its lease.
#[derive(Clone, Debug)]
pub struct LearnCode {
    pub bucket: Bucket,
    pub hash: CodeHash,
    /// As home has it.
    pub code: Code,
}

impl Decide for LearnCode {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
        keys.extend(state.code(self.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        // A draft that was deleted has set its codes free: this one may be another campaign's by now.
        let is_freed = |known: &&Code| known.campaign != self.code.campaign && state.is_deleted(known.campaign);
        if let Some(known) = state.code(self.hash).filter(|known| !is_freed(known)) {
            match (known.lease(), self.code.lease()) {
                // The lease before this one is over.
                (Some(here), Some(new)) if here.fencing < new.fencing && known.is_closed() => {}
                (Some(here), Some(new)) if here.fencing != new.fencing || known.is_closed() => {
                    return Err(Reason::CodeNotUsable.into());
                }
                _ => return Ok(code_is(Vec::new(), Some(known.clone()))),
            }
        }
        // Too late: home may have asked what became of the lease already, and have leased the code to somebody else.
        if self.code.lease().is_some_and(|lease| now >= lease.until) {
            return Err(Reason::CodeNotUsable.into());
        }
        let mut code = self.code.clone();
        match &mut code.kind {
            CodeKind::Shared { uses, quota, .. } => (*uses, *quota) = (0, None),
            CodeKind::Unique { state, .. } => *state = state.unclaimed(),
        }
        Ok(code_is(vec![Event::CodeLearned { hash: self.hash, code: code.clone() }], Some(code)))
    }
}
