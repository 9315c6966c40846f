use super::code_is;
use crate::{
    command::{Decide, Decision, Where},
    event::Event,
    exchange::FencingNumber,
    id::{CodeHash, IdSource},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// In the code's home: the lease is over without a coupon, and anybody may have the code again.
#[derive(Clone, Debug)]
pub struct ReleaseLease {
    pub hash: CodeHash,
    pub fencing: FencingNumber,
}

impl Decide for ReleaseLease {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.hash.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::leases_out(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let stands = state.code(self.hash).is_some_and(|code| code.is_leased_under(self.fencing));
        let event = Event::LeaseReleased { hash: self.hash, fencing: self.fencing };
        Ok(code_is(if stands { vec![event] } else { Vec::new() }, None))
    }
}
