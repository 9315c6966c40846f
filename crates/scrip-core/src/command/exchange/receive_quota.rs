use super::{needs_pool, transferred};
use crate::{
    command::{Decide, Decision, Where},
    event::Event,
    exchange::{Pool, Transfer},
    id::IdSource,
    reason::{Reason, Refusal},
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// In the bucket that asked: it may give out from here on what home granted.
#[derive(Clone, Debug)]
pub struct ReceiveQuota {
    pub pool: Pool,
    pub bucket: Bucket,
    pub transfer: Transfer,
}

impl Decide for ReceiveQuota {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if self.transfer.number <= state.quota(&self.pool).grants {
            return Ok(transferred(Vec::new(), None));
        }
        // A code's quota is kept in the code's document: a bucket that doesn't know the code has nowhere to put it. A campaign's
        // quota is received even if the campaign has become unlimited meanwhile: refused, the transfer would stay underway for
        // ever, and the claim that waits for it would be told that there is no such campaign.
        if matches!(&self.pool, Pool::CodeUses(hash) if state.code(*hash).is_none()) {
            return Err(Reason::NotFound.into());
        }
        let event = Event::QuotaReceived {
            pool: self.pool.clone(),
            number: self.transfer.number,
            amount: self.transfer.amount,
        };
        Ok(transferred(vec![event], Some(self.transfer)))
    }
}
