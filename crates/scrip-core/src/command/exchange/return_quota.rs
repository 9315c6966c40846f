use super::{needs_pool, transferred};
use crate::{
    command::{Decide, Decision, Where},
    event::Event,
    exchange::{Pool, Transfer},
    id::IdSource,
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In a bucket that home recalls from: what the bucket hasn't given out goes back. A return that home hasn't got yet is told again
/// instead.
#[derive(Clone, Debug)]
pub struct ReturnQuota {
    pub pool: Pool,
    pub bucket: Bucket,
    /// Number of the last return that home took back.
    pub taken_back: u32,
}

impl Decide for ReturnQuota {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let quota = state.quota(&self.pool);
        if quota.returns > self.taken_back {
            let transfer = Transfer { number: quota.returns, amount: quota.last_return };
            return Ok(transferred(Vec::new(), Some(transfer)));
        }
        let unused = quota.received.saturating_sub(state.given_out(&self.pool));
        if unused == 0 {
            return Ok(transferred(Vec::new(), None));
        }
        let transfer = Transfer { number: quota.returns + 1, amount: unused };
        let event = Event::QuotaReturned { pool: self.pool.clone(), number: transfer.number, amount: transfer.amount };
        Ok(transferred(vec![event], Some(transfer)))
    }
}
