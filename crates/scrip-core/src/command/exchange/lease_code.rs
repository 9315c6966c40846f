use super::code_is;
use crate::{
    code::{Code, CodeKind},
    command::{Decide, Decision, Where},
    event::Event,
    exchange::{LEASE_MINUTES, Lease, LeaseState},
    id::{CodeHash, IdSource},
    name::AccountId,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// In the code's home: from here on only this account, which lives in another bucket, may claim with it. A shared code isn't
/// leased: it is told as it is.
#[derive(Clone, Debug)]
pub struct LeaseCode {
    pub hash: CodeHash,
    pub account: AccountId,
}

impl Decide for LeaseCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.hash.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::leases_out(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let code = state.code(self.hash).ok_or(Reason::CodeNotUsable)?;
        let CodeKind::Unique { last4, state, fencing } = &code.kind else {
            return Ok(code_is(Vec::new(), Some(code.clone())));
        };
        if code.revoked_at.is_some() {
            return Err(Reason::CodeNotUsable.into());
        }
        match state {
            LeaseState::Free => {}
            // The same account asks again: it goes on where it was.
            LeaseState::Leased(lease) | LeaseState::ClaimedUnder(lease, _) if lease.account == self.account => {
                return Ok(code_is(Vec::new(), Some(code.clone())));
            }
            LeaseState::Claimed(_) | LeaseState::Leased(_) | LeaseState::ClaimedUnder(..) | LeaseState::Closed(_) => {
                return Err(Reason::CodeNotUsable.into());
            }
        }
        let fencing = fencing.next();
        let lease = Lease { account: self.account.clone(), fencing, until: now.plus_minutes(LEASE_MINUTES) };
        let kind = CodeKind::Unique { last4: last4.clone(), state: LeaseState::Leased(lease.clone()), fencing };
        let leased = Code { kind, ..code.clone() };
        Ok(code_is(vec![Event::CodeLeased { hash: self.hash, lease }], Some(leased)))
    }
}
