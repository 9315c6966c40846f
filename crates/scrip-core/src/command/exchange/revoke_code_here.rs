use super::code_is;
use crate::{
    code::{Code, CodeKind},
    command::{Decide, Decision, Where, needs},
    event::Event,
    id::{CodeHash, IdSource},
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In another bucket than the code's home: nobody can enter the code here either. A shared code is written down even where it isn't
/// known, so that a copy that is late finds it.
#[derive(Clone, Debug)]
pub struct RevokeCodeHere {
    pub bucket: Bucket,
    pub hash: CodeHash,
    /// As it is at home, revoked.
    pub code: Code,
}

impl Decide for RevokeCodeHere {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
        keys.push(state.campaign_key(self.code.campaign));
        keys.extend(state.code(self.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        // A draft that was deleted has set its codes free. This one may be another campaign's by now: the command means either that
        // one or a code that is gone.
        let known = state.code(self.hash).filter(|known| !state.is_deleted(known.campaign));
        let is_another = known.is_some_and(|known| known.campaign != self.code.campaign);
        if is_another || state.is_deleted(self.code.campaign) {
            return Ok(code_is(Vec::new(), None));
        }
        let is_news = match &self.code.kind {
            CodeKind::Shared { .. } => known.is_none_or(|code| code.revoked_at.is_none()),
            // A unique code that isn't here can't come here any more: home leases out none that is revoked.
            CodeKind::Unique { .. } => known.is_some_and(|code| code.revoked_at.is_none()),
        };
        let mut code = self.code.clone();
        if let CodeKind::Shared { uses, quota, .. } = &mut code.kind {
            (*uses, *quota) = (0, None);
        }
        let event = Event::CodeRevokedHere { hash: self.hash, code };
        let events = if is_news { vec![event] } else { Vec::new() };
        Ok(code_is(events, None))
    }
}
