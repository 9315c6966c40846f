use super::code_is;
use crate::{
    code::Code,
    command::{Decide, Decision, Where, needs},
    event::Event,
    exchange::FencingNumber,
    id::{CodeHash, IdSource},
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In the account's bucket: the code is home, and no copy of it can come under this lease any more.
#[derive(Clone, Debug)]
pub struct ForgetLease {
    pub bucket: Bucket,
    pub hash: CodeHash,
    pub fencing: FencingNumber,
}

impl Decide for ForgetLease {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
    }

    /// Not before the lease's time is over.
    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let code = state.code(self.hash).filter(|code| code.is_leased_under(self.fencing) && code.is_closed());
        let over = code.and_then(Code::lease).is_some_and(|lease| now >= lease.until);
        let event = Event::LeaseForgotten { hash: self.hash, fencing: self.fencing };
        Ok(code_is(if over { vec![event] } else { Vec::new() }, None))
    }
}
