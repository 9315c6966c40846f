//! Codes that live in another bucket than the account that enters them: a command takes a lease of each before it runs, and what it
//! didn't claim with returns after it.

use scrip_core::{
    code::{Code, CodeKind},
    command::{CloseLease, Command, ConfirmLease, ForgetLease, LearnCode, LeaseCode, ReleaseLease},
    exchange::{Lease, LeaseState},
    id::CodeHash,
    name::AccountId,
    reason::{Reason, Refusal},
    slot::Bucket,
};

use super::{peek, step};
use crate::{
    answer::Answer,
    dispatch::Dispatch,
    receipt::{EngineError, Receipt},
    waiting::KeyUse,
};

/// How often a command is done again because somebody else returned its code in between.
const TRIES: usize = 4;

/// Batches of a code's bucket that an account waits for another one which is trying with the same code.
const PATIENCE: usize = 16;

/// Does a command after bringing the codes that it names to its bucket; afterwards the leases that it didn't claim under return.
pub(super) async fn with_codes(
    dispatch: &Dispatch,
    command: Command,
    key: Option<KeyUse>,
) -> Result<Receipt, EngineError> {
    let bucket = command.bucket(dispatch.buckets());
    let lives_elsewhere = |hash: &CodeHash| hash.slot().bucket(dispatch.buckets()) != bucket;
    let mut foreign: Vec<CodeHash> = command.codes().into_iter().filter(lives_elsewhere).collect();
    if foreign.is_empty() {
        let result = super::judged(dispatch, &command, key.as_ref()).await;
        foreign = codes_of_a_late_payment(dispatch, &command, &result)?;
        foreign.retain(lives_elsewhere);
        if foreign.is_empty() {
            return result;
        }
    }
    let Some(account) = command.account_name().cloned() else { return Err(EngineError::Fault) };
    let mut tries = 0;
    loop {
        tries += 1;
        for hash in &foreign {
            bring(dispatch, bucket, *hash, &account).await?;
        }
        let result = super::judged(dispatch, &command, key.as_ref()).await;
        let overtaken = tries < TRIES && is_code_not_usable(&result) && any_left(dispatch, bucket, &foreign)?;
        if !overtaken {
            for hash in &foreign {
                finish(dispatch, bucket, *hash, &account, &result).await;
            }
            return result;
        }
    }
}

/// The codes that an order held whose hold ran out: their leases returned, and a payment that comes late claims with them anew.
fn codes_of_a_late_payment(
    dispatch: &Dispatch,
    command: &Command,
    result: &Result<Receipt, EngineError>,
) -> Result<Vec<CodeHash>, EngineError> {
    let expired = |refusal: &Refusal| matches!(refusal.first(), Reason::HoldExpired { .. });
    let (Command::PayOrder(pay), Err(EngineError::Refused(refusal))) = (command, result) else { return Ok(Vec::new()) };
    if !expired(refusal) {
        return Ok(Vec::new());
    }
    let order = dispatch.reads.blocking(|reader| reader.order_alone(&pay.account, &pay.order))?;
    Ok(order.iter().flat_map(|order| &order.coupons).filter_map(|coupon| coupon.direct_code).collect())
}

/// Brings a copy of a code to an account's bucket, if there is such a code and nobody else has it. Else the command finds no code.
async fn bring(dispatch: &Dispatch, bucket: Bucket, hash: CodeHash, account: &AccountId) -> Result<(), EngineError> {
    if let Some(here) = code_in(dispatch, bucket, hash)? {
        if here.is_closed() {
            resolve(dispatch, bucket, hash, &here).await?;
        } else if !is_freed(dispatch, bucket, &here)? {
            return Ok(());
        }
    }
    let Some(at_home) = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), hash)? else { return Ok(()) };
    let code = match at_home.kind {
        CodeKind::Shared { .. } => Some(at_home),
        CodeKind::Unique { .. } => lease(dispatch, hash, account).await?,
    };
    if let Some(code) = code {
        none_if_refused(done(dispatch, LearnCode { bucket, hash, code }).await)?;
    }
    Ok(())
}

/// Leases a unique code to an account, waiting a while for another one that is trying with it: refused, that one gives it back.
async fn lease(dispatch: &Dispatch, hash: CodeHash, account: &AccountId) -> Result<Option<Code>, EngineError> {
    for _ in 0..PATIENCE {
        let leased = none_if_refused(done(dispatch, LeaseCode { hash, account: account.clone() }).await)?.flatten();
        if leased.is_some() {
            return Ok(leased);
        }
        let at_home = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), hash)?;
        let undecided = matches!(at_home.as_ref().and_then(Code::lease_state), Some(LeaseState::Leased(_)));
        if !undecided {
            break;
        }
    }
    Ok(None)
}

/// After a command: home is told of a code that it claimed with; the lease of one that it didn't claim with returns. Whatever
/// fails here is done in the background later.
async fn finish(
    dispatch: &Dispatch,
    bucket: Bucket,
    hash: CodeHash,
    account: &AccountId,
    result: &Result<Receipt, EngineError>,
) {
    // Nobody knows what became of the command: the code's home asks when the lease's time is over.
    if matches!(result, Err(EngineError::Unavailable(_) | EngineError::Hindered(_) | EngineError::Fault)) {
        return;
    }
    let finished = async {
        match code_in(dispatch, bucket, hash)? {
            // Another account of the bucket may be about to claim with it.
            Some(here) if here.lease().is_some_and(|lease| lease.account == *account) => {
                resolve(dispatch, bucket, hash, &here).await
            }
            _ => Ok(()),
        }
    };
    if let Err(error) = finished.await {
        tracing::warn!(%error, "a lease will be finished later");
    }
}

/// Returns the leases of codes whose claims were given back. Whatever fails here is done in the background later.
pub(super) async fn return_unused(dispatch: &Dispatch, bucket: Bucket, codes: &[CodeHash]) {
    for hash in codes {
        let returned = async {
            match code_in(dispatch, bucket, *hash)? {
                Some(here) if here.lease().is_some() => resolve(dispatch, bucket, *hash, &here).await,
                _ => Ok(()),
            }
        };
        if let Err(error) = returned.await {
            tracing::warn!(%error, "a lease will return later");
        }
    }
}

/// Ends the lease of a unique code under which `code` stands: home is told of its coupon, or the lease is closed and released.
/// Safe to repeat, and to be done by several at once.
///
/// Errors: the store can't take it; a later call goes on from there.
pub(crate) async fn resolve(
    dispatch: &Dispatch,
    bucket: Bucket,
    hash: CodeHash,
    code: &Code,
) -> Result<(), EngineError> {
    let Some(Lease { fencing, until, .. }) = code.lease().cloned() else { return Ok(()) };
    let closed = done(dispatch, CloseLease { bucket, hash, code: code.clone() }).await?;
    match closed.as_ref().map(|code| code.claimed_by()) {
        Some(Some(by)) => done(dispatch, ConfirmLease { hash, fencing, coupon: by.coupon }).await.map(|_| ()),
        Some(None) => {
            done(dispatch, ReleaseLease { hash, fencing }).await?;
            // Before that a copy of `LearnCode` may still be about. The work in the background comes by later.
            if dispatch.now() >= until {
                done(dispatch, ForgetLease { bucket, hash, fencing }).await?;
            }
            Ok(())
        }
        // A later lease stands there: this one was over before.
        None => done(dispatch, ReleaseLease { hash, fencing }).await.map(|_| ()),
    }
}

pub(super) async fn done(dispatch: &Dispatch, command: impl Into<Command>) -> Result<Option<Code>, EngineError> {
    match step(dispatch, command).await? {
        Answer::Code(code) => Ok(code),
        _ => Err(EngineError::Fault),
    }
}

fn none_if_refused<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(EngineError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn code_in(dispatch: &Dispatch, bucket: Bucket, hash: CodeHash) -> Result<Option<Code>, EngineError> {
    let state = peek(dispatch, bucket, |state| vec![state.code_key(hash)])?;
    Ok(state.code(hash).cloned())
}

/// Whether the code's campaign is known there to be deleted: it may be another's by now.
fn is_freed(dispatch: &Dispatch, bucket: Bucket, code: &Code) -> Result<bool, EngineError> {
    let state = peek(dispatch, bucket, |state| vec![state.campaign_key(code.campaign)])?;
    Ok(state.is_deleted(code.campaign))
}

fn is_code_not_usable(result: &Result<Receipt, EngineError>) -> bool {
    let of = |refusal: &Refusal| refusal.errors.iter().any(|error| error.reason == Reason::CodeNotUsable);
    matches!(result, Err(EngineError::Refused(refusal)) if of(refusal))
}

/// Whether one of the codes isn't leased here any more though nobody else has it: somebody returned it in between.
fn any_left(dispatch: &Dispatch, bucket: Bucket, codes: &[CodeHash]) -> Result<bool, EngineError> {
    for hash in codes {
        let here = code_in(dispatch, bucket, *hash)?;
        let closed = here.is_none_or(|code| code.is_closed());
        let at_home = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), *hash)?;
        let free = matches!(at_home.as_ref().and_then(Code::lease_state), Some(LeaseState::Free));
        if closed && free {
            return Ok(true);
        }
    }
    Ok(false)
}
