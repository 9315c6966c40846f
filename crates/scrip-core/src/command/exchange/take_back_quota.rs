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

/// In a pool's home: what a bucket returned is there to be granted again.
#[derive(Clone, Debug)]
pub struct TakeBackQuota {
    pub pool: Pool,
    pub from: Bucket,
    pub transfer: Transfer,
}

impl Decide for TakeBackQuota {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.pool.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
        keys.push(Key::GrantBook(self.pool.clone()));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let known = state.grant_book(&self.pool).map(|book| book.of(self.from)).unwrap_or_default();
        if self.transfer.number <= known.returns {
            return Ok(transferred(Vec::new(), None));
        }
        let event = Event::QuotaTakenBack {
            pool: self.pool.clone(),
            bucket: self.from,
            number: self.transfer.number,
            amount: self.transfer.amount,
        };
        Ok(transferred(vec![event], Some(self.transfer)))
    }
}
