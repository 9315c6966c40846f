use super::code_is;
use crate::{
    command::{Decide, Decision, Where},
    event::Event,
    exchange::FencingNumber,
    id::{CodeHash, CouponId, IdSource},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// In the code's home: the code became this coupon under the lease.
#[derive(Clone, Debug)]
pub struct ConfirmLease {
    pub hash: CodeHash,
    pub fencing: FencingNumber,
    pub coupon: CouponId,
}

impl Decide for ConfirmLease {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.hash.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::leases_out(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let code = state.code(self.hash).filter(|code| code.is_leased_under(self.fencing));
        let is_news = code.is_some_and(|code| code.claimed_by().is_none_or(|by| by.coupon != self.coupon));
        let event = Event::LeaseConfirmed { hash: self.hash, fencing: self.fencing, coupon: self.coupon };
        Ok(code_is(if is_news { vec![event] } else { Vec::new() }, None))
    }
}
