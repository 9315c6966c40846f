//! Codes that live in another bucket than the account that enters them.

use scrip_core::{
    code::{Code, CodeHash, CodeKind, Lent},
    command::{
        AddSharedCode, CloseCode, Command, ForgetCode, LearnCode, LendCode, NoteSharedCode, ReleaseCode, RevokeCode,
        RevokeCodeHere, SettleCode,
    },
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

/// How often a command is done again because somebody else sent its code home in between.
const TRIES: usize = 4;

/// Batches of a code's bucket that an account waits for another one which is trying with the same code.
const PATIENCE: usize = 16;

/// Does a command after bringing the codes that it names to its bucket; afterwards what wasn't claimed with goes home.
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
                settle(dispatch, bucket, *hash, &account, &result).await;
            }
            return result;
        }
    }
}

/// The codes that an order held whose hold ran out: they went home, and a payment that comes late claims with them anew.
fn codes_of_a_late_payment(
    dispatch: &Dispatch,
    command: &Command,
    result: &Result<Receipt, EngineError>,
) -> Result<Vec<CodeHash>, EngineError> {
    let expired = |refusal: &Refusal| matches!(refusal.first(), Reason::HoldExpired { .. });
    match (command, result) {
        (Command::PayOrder(pay), Err(EngineError::Refused(refusal))) if expired(refusal) => {
            let order = dispatch.reads.blocking(|reader| reader.order_alone(&pay.account, &pay.order))?;
            Ok(order.iter().flat_map(|order| &order.coupons).filter_map(|coupon| coupon.direct_code).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Makes a code known in an account's bucket. A code that is somebody else's, or none, isn't: the command finds nothing then.
async fn bring(dispatch: &Dispatch, bucket: Bucket, hash: CodeHash, account: &AccountId) -> Result<(), EngineError> {
    if let Some(here) = code_in(dispatch, bucket, hash)? {
        if here.lent().is_some_and(|lent| lent.closed) {
            resolve(dispatch, bucket, hash, &here).await?;
        } else if !is_freed(dispatch, bucket, &here)? {
            return Ok(());
        }
    }
    let Some(at_home) = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), hash)? else { return Ok(()) };
    let code = match at_home.kind {
        CodeKind::Shared { .. } => Some(at_home),
        CodeKind::Unique { .. } => lend(dispatch, hash, account).await?,
    };
    if let Some(code) = code {
        none_if_refused(done(dispatch, LearnCode { bucket, hash, code }).await)?;
    }
    Ok(())
}

/// Lends a unique code to an account, waiting a while for another one that is trying with it: refused, that one gives it back.
async fn lend(dispatch: &Dispatch, hash: CodeHash, account: &AccountId) -> Result<Option<Code>, EngineError> {
    for _ in 0..PATIENCE {
        let lent = none_if_refused(done(dispatch, LendCode { hash, account: account.clone() }).await)?.flatten();
        if lent.is_some() {
            return Ok(lent);
        }
        let at_home = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), hash)?;
        let undecided = at_home.is_some_and(|code| code.lent().is_some() && code.taken().is_none());
        if !undecided {
            break;
        }
    }
    Ok(None)
}

/// After a command: what it claimed with is settled at home, what it didn't goes back. Whatever fails here is done by a job.
async fn settle(
    dispatch: &Dispatch,
    bucket: Bucket,
    hash: CodeHash,
    account: &AccountId,
    result: &Result<Receipt, EngineError>,
) {
    // Nobody knows what became of the command: the code's bucket asks when its time is over.
    if matches!(result, Err(EngineError::Unavailable(_) | EngineError::Hindered(_) | EngineError::Fault)) {
        return;
    }
    let settled = async {
        match code_in(dispatch, bucket, hash)? {
            // Another account of the bucket may be about to claim with it.
            Some(here) if here.lent().is_some_and(|lent| lent.account == *account) => {
                resolve(dispatch, bucket, hash, &here).await
            }
            _ => Ok(()),
        }
    };
    if let Err(error) = settled.await {
        tracing::warn!(%error, "a code that is underway will be settled later");
    }
}

/// Sends codes home whose claims were given back. Whatever fails here is done by a job.
pub(super) async fn bring_home(dispatch: &Dispatch, bucket: Bucket, codes: &[CodeHash]) {
    for hash in codes {
        let home = async {
            match code_in(dispatch, bucket, *hash)? {
                Some(here) if here.lent().is_some() => resolve(dispatch, bucket, *hash, &here).await,
                _ => Ok(()),
            }
        };
        if let Err(error) = home.await {
            tracing::warn!(%error, "a code that goes home will do so later");
        }
    }
}

/// Ends the way of a unique code: with a coupon it is settled at home, without it goes home. `code` names the way. Safe to
/// repeat, and to be done by several at once.
///
/// Errors: the store can't take it; a later call goes on from there.
pub(crate) async fn resolve(
    dispatch: &Dispatch,
    bucket: Bucket,
    hash: CodeHash,
    code: &Code,
) -> Result<(), EngineError> {
    let Some(Lent { take, until, .. }) = code.lent().cloned() else { return Ok(()) };
    let closed = done(dispatch, CloseCode { bucket, hash, code: code.clone() }).await?;
    match closed.as_ref().map(|code| code.taken()) {
        Some(Some(taken)) => done(dispatch, SettleCode { hash, take, coupon: taken.coupon }).await.map(|_| ()),
        Some(None) => {
            done(dispatch, ReleaseCode { hash, take }).await?;
            // Before that a copy of `LearnCode` may still be about. The job comes by later.
            if dispatch.now() >= until {
                done(dispatch, ForgetCode { bucket, hash, take }).await?;
            }
            Ok(())
        }
        // A later way leads here: this one was over before.
        None => done(dispatch, ReleaseCode { hash, take }).await.map(|_| ()),
    }
}

/// Adds a shared code in its bucket, and notes it in its campaign's, where the idempotency key is kept.
pub(super) async fn add_shared(
    dispatch: &Dispatch,
    command: AddSharedCode,
    key: Option<KeyUse>,
) -> Result<Receipt, EngineError> {
    let (campaign, hash) = (command.campaign, command.code.hash);
    if campaign.uid().slot().bucket(dispatch.buckets()) == hash.slot().bucket(dispatch.buckets()) {
        let receipt = super::judged(dispatch, &command.into(), key.as_ref()).await?;
        super::spread(dispatch, campaign).await?;
        return Ok(receipt);
    }
    let note: Command = NoteSharedCode { campaign, hash, again: false }.into();
    let Some(key) = key else {
        super::judged(dispatch, &command.into(), None).await?;
        let receipt = super::judged(dispatch, &note, None).await?;
        super::spread(dispatch, campaign).await?;
        return Ok(receipt);
    };
    // Known already: given again, or refused, before the code is looked at.
    let asked = super::judged(dispatch, &NoteSharedCode { campaign, hash, again: true }.into(), Some(&key)).await;
    match asked {
        Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::NotFound => {}
        known => {
            super::spread(dispatch, campaign).await?;
            return known;
        }
    }
    let added = AddSharedCode { request: Some(key.key_hash), ..command };
    super::judged(dispatch, &added.into(), None).await?;
    let receipt = super::judged(dispatch, &note, Some(&key)).await?;
    super::spread(dispatch, campaign).await?;
    Ok(receipt)
}

/// Takes a code back, and answers when every bucket knows that. Safe to repeat.
pub(super) async fn revoke(
    dispatch: &Dispatch,
    command: RevokeCode,
    key: Option<KeyUse>,
) -> Result<Receipt, EngineError> {
    let hash = command.hash;
    let home = hash.slot().bucket(dispatch.buckets());
    let receipt = super::judged(dispatch, &command.into(), key.as_ref()).await?;
    let Answer::Code(Some(code)) = &receipt.answer else { return Err(EngineError::Fault) };
    match (&code.kind, code.lent()) {
        (CodeKind::Shared { .. }, _) => {
            for bucket in dispatch.buckets().all().filter(|bucket| *bucket != home) {
                done(dispatch, RevokeCodeHere { bucket, hash, code: code.clone() }).await?;
            }
        }
        // Underway to an account, or with it: what isn't claimed comes home.
        (CodeKind::Unique { .. }, Some(lent)) => {
            let bucket = lent.account.slot().bucket(dispatch.buckets());
            if code.taken().is_none() {
                resolve(dispatch, bucket, hash, code).await?;
            }
            done(dispatch, RevokeCodeHere { bucket, hash, code: code.clone() }).await?;
        }
        (CodeKind::Unique { .. }, None) => {}
    }
    Ok(receipt)
}

async fn done(dispatch: &Dispatch, command: impl Into<Command>) -> Result<Option<Code>, EngineError> {
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

/// Whether one of the codes isn't open here any more though nobody else has it: somebody sent it home in between.
fn any_left(dispatch: &Dispatch, bucket: Bucket, codes: &[CodeHash]) -> Result<bool, EngineError> {
    for hash in codes {
        let here = code_in(dispatch, bucket, *hash)?;
        let closed = here.is_none_or(|code| code.lent().is_some_and(|lent| lent.closed));
        let at_home = code_in(dispatch, hash.slot().bucket(dispatch.buckets()), *hash)?;
        let free = at_home.is_some_and(|code| code.lent().is_none() && code.taken().is_none());
        if closed && free {
            return Ok(true);
        }
    }
    Ok(false)
}
