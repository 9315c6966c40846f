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

/// In a pool's home: grants a bucket a part of what is left. A grant that the bucket hasn't received yet is told again instead.
#[derive(Clone, Debug)]
pub struct GrantQuota {
    pub pool: Pool,
    pub to: Bucket,
    /// Number of the last grant that the bucket received.
    pub received: u32,
    /// What the bucket lacks.
    pub lacks: u64,
    /// If less is left, whether that is granted rather than nothing.
    pub the_rest_too: bool,
}

impl Decide for GrantQuota {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.pool.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
        keys.push(Key::GrantBook(self.pool.clone()));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let Some(limit) = state.limit(&self.pool) else { return Ok(transferred(Vec::new(), None)) };
        let book = state.grant_book(&self.pool).cloned().unwrap_or_default();
        let known = book.of(self.to);
        if known.grants > self.received {
            let transfer = Transfer { number: known.grants, amount: known.last_grant };
            return Ok(transferred(Vec::new(), Some(transfer)));
        }
        let left = book.left(limit);
        let lacks = if self.the_rest_too { self.lacks.min(left) } else { self.lacks };
        if left < lacks || left == 0 {
            return Ok(transferred(Vec::new(), None));
        }
        let part = left / (2 * u64::from(state.buckets().count()));
        let transfer = Transfer { number: known.grants + 1, amount: part.max(lacks).max(1) };
        let event = Event::QuotaGranted {
            pool: self.pool.clone(),
            bucket: self.to,
            number: transfer.number,
            amount: transfer.amount,
        };
        Ok(transferred(vec![event], Some(transfer)))
    }
}
