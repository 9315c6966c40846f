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

/// In the account's bucket: no claim under this lease from here on, unless there was one.
#[derive(Clone, Debug)]
pub struct CloseLease {
    pub bucket: Bucket,
    pub hash: CodeHash,
    /// As it was leased.
    pub code: Code,
}

impl Decide for CloseLease {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
    }

    /// The outcome is the code. If it has a coupon under this lease, the lease isn't closed: it stands.
    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let Some(fencing) = self.code.lease().map(|lease| lease.fencing) else { return Err(Reason::NotFound.into()) };
        let known = state.code(self.hash);
        let under_it = known.filter(|known| known.is_leased_under(fencing));
        if let Some(known) = under_it {
            if known.is_closed() || known.claimed_by().is_some() {
                return Ok(code_is(Vec::new(), Some(known.clone())));
            }
        } else if known.and_then(Code::lease).is_some_and(|here| here.fencing > fencing) {
            // A later lease stands here: this one is over.
            return Ok(code_is(Vec::new(), None));
        }
        // Written down even where no copy had come in: from this moment on a copy that is late is refused.
        let mut code = under_it.unwrap_or(&self.code).clone();
        if let CodeKind::Unique { state, .. } = &mut code.kind {
            *state = state.closed();
        }
        Ok(code_is(vec![Event::LeaseClosed { hash: self.hash, code: code.clone() }], Some(code)))
    }
}
