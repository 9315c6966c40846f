//! Refilling a bucket's quota of a pool: from what the pool's home has left, else from what other buckets don't use.

use scrip_core::{
    command::{Command, GrantQuota, ReceiveQuota, ReturnQuota, TakeBackQuota},
    exchange::{Granted, Pool, Quota, Transfer},
    slot::Bucket,
    state::{Key, Shortage},
};
use scrip_store::StoreError;

use super::{peek, step};
use crate::{answer::Answer, dispatch::Dispatch, receipt::EngineError};

/// Grants and recalls that one refill does at most: others may take what it found.
const ROUNDS: usize = 16;

/// Gets the bucket what it lacks. Answers whether it has it now; `false`: nobody has it, and with `the_rest_too` the bucket
/// got what there was.
///
/// Errors: the store can't take it.
pub(super) async fn refill(
    dispatch: &Dispatch,
    bucket: Bucket,
    shortage: &Shortage,
    the_rest_too: bool,
) -> Result<bool, EngineError> {
    let gate = dispatch.gates.of(&shortage.pool);
    let _one_at_a_time = gate.lock().await;
    let mut nothing_elsewhere = false;
    for _ in 0..ROUNDS {
        let here = sides(dispatch, &shortage.pool, bucket)?;
        if here.free() >= shortage.needs {
            return Ok(true);
        }
        let grant = GrantQuota {
            pool: shortage.pool.clone(),
            to: bucket,
            received: here.quota.grants,
            lacks: shortage.needs - here.free(),
            the_rest_too: the_rest_too && nothing_elsewhere,
        };
        match transferred(dispatch, grant).await? {
            Some(transfer) => receive(dispatch, &shortage.pool, bucket, transfer).await?,
            None if nothing_elsewhere => return Ok(false),
            None => {
                nothing_elsewhere = !recall(dispatch, &shortage.pool, bucket).await?;
                if nothing_elsewhere && !the_rest_too {
                    return Ok(false);
                }
            }
        }
    }
    Ok(false)
}

/// Takes back what other buckets were granted and don't use. Answers whether anything came.
async fn recall(dispatch: &Dispatch, pool: &Pool, but: Bucket) -> Result<bool, EngineError> {
    let mut came = false;
    for bucket in dispatch.buckets().all().filter(|bucket| *bucket != but) {
        let there = sides(dispatch, pool, bucket)?;
        if there.granted.grants > there.quota.grants {
            // Granted and never received, by somebody who stopped in between.
            let transfer = Transfer { number: there.granted.grants, amount: there.granted.last_grant };
            receive(dispatch, pool, bucket, transfer).await?;
        }
        let there = sides(dispatch, pool, bucket)?;
        if there.quota.returns == there.granted.returns && there.free() == 0 {
            continue;
        }
        let back = ReturnQuota { pool: pool.clone(), bucket, taken_back: there.granted.returns };
        if let Some(transfer) = transferred(dispatch, back).await? {
            transferred(dispatch, TakeBackQuota { pool: pool.clone(), from: bucket, transfer }).await?;
            came = true;
        }
    }
    Ok(came)
}

async fn receive(dispatch: &Dispatch, pool: &Pool, bucket: Bucket, transfer: Transfer) -> Result<(), EngineError> {
    transferred(dispatch, ReceiveQuota { pool: pool.clone(), bucket, transfer }).await.map(|_| ())
}

async fn transferred(dispatch: &Dispatch, command: impl Into<Command>) -> Result<Option<Transfer>, EngineError> {
    match step(dispatch, command).await? {
        Answer::Transfer(transfer) => Ok(transfer),
        _ => Err(EngineError::Fault),
    }
}

/// A bucket's side of a quota and its home's, as committed.
struct Sides {
    quota: Quota,
    given_out: u64,
    granted: Granted,
}

impl Sides {
    const fn free(&self) -> u64 {
        self.quota.received.saturating_sub(self.given_out)
    }
}

fn sides(dispatch: &Dispatch, pool: &Pool, bucket: Bucket) -> Result<Sides, StoreError> {
    let state = peek(dispatch, bucket, |state| {
        let here = match pool {
            Pool::CodeUses(hash) => state.code_key(*hash),
            Pool::Individual(individual, _) => Key::Individual(bucket, individual.clone()),
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                Key::Allowance(bucket, *campaign)
            }
        };
        vec![here, Key::GrantBook(pool.clone())]
    })?;
    let granted = state.grant_book(pool).map(|book| book.of(bucket)).unwrap_or_default();
    Ok(Sides { quota: state.quota(pool), given_out: state.given_out(pool), granted })
}
