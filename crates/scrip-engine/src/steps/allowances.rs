//! Granting a bucket what it lacks of a pool: from what home has left, else from what other buckets don't use.

use scrip_core::{
    campaign::{Handed, Parcel, Pool, Share},
    command::{Command, GrantAllowance, ReceiveAllowance, ReturnAllowance, TakeBackAllowance},
    key::Key,
    slot::Bucket,
    state::Shortage,
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
        let here = stand(dispatch, &shortage.pool, bucket)?;
        if here.free() >= shortage.needs {
            return Ok(true);
        }
        let grant = GrantAllowance {
            pool: shortage.pool.clone(),
            to: bucket,
            received: here.share.grants,
            lacks: shortage.needs - here.free(),
            the_rest_too: the_rest_too && nothing_elsewhere,
        };
        match moved(dispatch, grant).await? {
            Some(parcel) => receive(dispatch, &shortage.pool, bucket, parcel).await?,
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
        let there = stand(dispatch, pool, bucket)?;
        if there.handed.grants > there.share.grants {
            // Granted and never received, by somebody who stopped in between.
            let parcel = Parcel { number: there.handed.grants, amount: there.handed.last_grant };
            receive(dispatch, pool, bucket, parcel).await?;
        }
        let there = stand(dispatch, pool, bucket)?;
        if there.share.returns == there.handed.returns && there.free() == 0 {
            continue;
        }
        let back = ReturnAllowance { pool: pool.clone(), bucket, taken_back: there.handed.returns };
        if let Some(parcel) = moved(dispatch, back).await? {
            moved(dispatch, TakeBackAllowance { pool: pool.clone(), from: bucket, parcel }).await?;
            came = true;
        }
    }
    Ok(came)
}

async fn receive(dispatch: &Dispatch, pool: &Pool, bucket: Bucket, parcel: Parcel) -> Result<(), EngineError> {
    moved(dispatch, ReceiveAllowance { pool: pool.clone(), bucket, parcel }).await.map(|_| ())
}

async fn moved(dispatch: &Dispatch, command: impl Into<Command>) -> Result<Option<Parcel>, EngineError> {
    match step(dispatch, command).await? {
        Answer::Parcel(parcel) => Ok(parcel),
        _ => Err(EngineError::Fault),
    }
}

/// How a bucket and a pool's home stand to each other, by what is committed.
struct Stand {
    share: Share,
    given_out: u64,
    handed: Handed,
}

impl Stand {
    const fn free(&self) -> u64 {
        self.share.received.saturating_sub(self.given_out)
    }
}

fn stand(dispatch: &Dispatch, pool: &Pool, bucket: Bucket) -> Result<Stand, StoreError> {
    let state = peek(dispatch, bucket, |state| {
        let here = match pool {
            Pool::CodeUses(hash) => state.code_key(*hash),
            Pool::Individual(individual, _) => Key::Individual(bucket, individual.clone()),
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                Key::Allowance(bucket, *campaign)
            }
        };
        vec![here, Key::Supply(pool.clone())]
    })?;
    let handed = state.supply(pool).map(|supply| supply.of(bucket)).unwrap_or_default();
    Ok(Stand { share: state.share(pool), given_out: state.given_out(pool), handed })
}
