//! Moving parts of a pool between its home and a bucket, by numbered parcels: each command is of one bucket and safe to
//! repeat, and what is underway counts as issued.

use super::{Decide, Decision, Outcome};
use crate::{
    campaign::{Parcel, Pool},
    event::Event,
    id::IdSource,
    key::Key,
    reason::{Reason, Refusal},
    slot::Bucket,
    state::State,
    time::Timestamp,
};

/// At home: hands out a part of what is left. A grant that the bucket hasn't received yet is told again instead.
#[derive(Clone, Debug)]
pub struct GrantAllowance {
    pub pool: Pool,
    pub to: Bucket,
    /// The last grant that the bucket received.
    pub received: u32,
    /// What the bucket lacks.
    pub lacks: u64,
    /// If less is left, whether that is granted rather than nothing.
    pub the_rest_too: bool,
}

/// In the bucket that asked: what home granted may be given out from here on.
#[derive(Clone, Debug)]
pub struct ReceiveAllowance {
    pub pool: Pool,
    pub bucket: Bucket,
    pub parcel: Parcel,
}

/// In a bucket that home recalls from: what isn't given out goes back. A return that home hasn't got is told again instead.
#[derive(Clone, Debug)]
pub struct ReturnAllowance {
    pub pool: Pool,
    pub bucket: Bucket,
    /// The last return that home took back.
    pub taken_back: u32,
}

/// At home: what a bucket returned is there to be granted again.
#[derive(Clone, Debug)]
pub struct TakeBackAllowance {
    pub pool: Pool,
    pub from: Bucket,
    pub parcel: Parcel,
}

/// What the pool's limit and what was given out of it stand in, in this bucket.
fn needs_pool(state: &State, pool: &Pool, keys: &mut Vec<Key>) {
    match pool {
        Pool::CodeUses(hash) => keys.push(state.code_key(*hash)),
        Pool::Individual(individual, campaign) => {
            keys.push(state.campaign_key(*campaign));
            keys.push(Key::Individual(state.bucket(), individual.clone()));
        }
        Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
            super::needs::campaign(state, *campaign, keys);
        }
    }
}

const fn moved(events: Vec<Event>, parcel: Option<Parcel>) -> Decision {
    Decision { events, outcome: Outcome::Parcel(parcel) }
}

impl Decide for GrantAllowance {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
        keys.push(Key::Supply(self.pool.clone()));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let Some(limit) = state.limit(&self.pool) else { return Ok(moved(Vec::new(), None)) };
        let supply = state.supply(&self.pool).cloned().unwrap_or_default();
        let known = supply.of(self.to);
        if known.grants > self.received {
            let parcel = Parcel { number: known.grants, amount: known.last_grant };
            return Ok(moved(Vec::new(), Some(parcel)));
        }
        let left = supply.left(limit);
        let lacks = if self.the_rest_too { self.lacks.min(left) } else { self.lacks };
        if left < lacks || left == 0 {
            return Ok(moved(Vec::new(), None));
        }
        let part = left / (2 * u64::from(state.buckets().count()));
        let parcel = Parcel { number: known.grants + 1, amount: part.max(lacks).max(1) };
        let event = Event::AllowanceGranted {
            pool: self.pool.clone(),
            bucket: self.to,
            number: parcel.number,
            amount: parcel.amount,
        };
        Ok(moved(vec![event], Some(parcel)))
    }
}

impl Decide for ReceiveAllowance {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let share = state.share(&self.pool);
        if self.parcel.number <= share.grants {
            return Ok(moved(Vec::new(), None));
        }
        // A code that this bucket doesn't know has no place for its share. A campaign's is taken in even if it has become unlimited
        // meanwhile: refused, it would stay underway for ever, and its claim would be told that there is no such campaign.
        if matches!(&self.pool, Pool::CodeUses(hash) if state.code(*hash).is_none()) {
            return Err(Reason::NotFound.into());
        }
        let event = Event::AllowanceReceived {
            pool: self.pool.clone(),
            number: self.parcel.number,
            amount: self.parcel.amount,
        };
        Ok(moved(vec![event], Some(self.parcel)))
    }
}

impl Decide for ReturnAllowance {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let share = state.share(&self.pool);
        if share.returns > self.taken_back {
            let parcel = Parcel { number: share.returns, amount: share.last_return };
            return Ok(moved(Vec::new(), Some(parcel)));
        }
        let unused = share.received.saturating_sub(state.given_out(&self.pool));
        if unused == 0 {
            return Ok(moved(Vec::new(), None));
        }
        let parcel = Parcel { number: share.returns + 1, amount: unused };
        let event = Event::AllowanceReturned { pool: self.pool.clone(), number: parcel.number, amount: parcel.amount };
        Ok(moved(vec![event], Some(parcel)))
    }
}

impl Decide for TakeBackAllowance {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs_pool(state, &self.pool, keys);
        keys.push(Key::Supply(self.pool.clone()));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let known = state.supply(&self.pool).map(|supply| supply.of(self.from)).unwrap_or_default();
        if self.parcel.number <= known.returns {
            return Ok(moved(Vec::new(), None));
        }
        let event = Event::AllowanceTakenBack {
            pool: self.pool.clone(),
            bucket: self.from,
            number: self.parcel.number,
            amount: self.parcel.amount,
        };
        Ok(moved(vec![event], Some(self.parcel)))
    }
}
