//! Codes that more buckets than their home must know of: shared ones that are added, and whatever is revoked.

use scrip_core::{
    code::CodeKind,
    command::{AddSharedCode, Command, NoteSharedCode, RevokeCode, RevokeCodeHere},
    reason::Reason,
};

use super::leases::{done, resolve};
use crate::{
    answer::Answer,
    dispatch::Dispatch,
    receipt::{EngineError, Receipt},
    waiting::KeyUse,
};

/// Adds a shared code in its bucket, and notes it in its campaign's, where the idempotency key is kept.
pub(super) async fn add(
    dispatch: &Dispatch,
    command: AddSharedCode,
    key: Option<KeyUse>,
) -> Result<Receipt, EngineError> {
    let (campaign, hash) = (command.campaign, command.code.hash);
    if campaign.uid().slot().bucket(dispatch.buckets()) == hash.slot().bucket(dispatch.buckets()) {
        let receipt = super::judged(dispatch, &command.into(), key.as_ref()).await?;
        super::announce(dispatch, campaign).await?;
        return Ok(receipt);
    }
    let note: Command = NoteSharedCode { campaign, hash, again: false }.into();
    let Some(key) = key else {
        super::judged(dispatch, &command.into(), None).await?;
        let receipt = super::judged(dispatch, &note, None).await?;
        super::announce(dispatch, campaign).await?;
        return Ok(receipt);
    };
    // Known already: given again, or refused, before the code is looked at.
    let asked = super::judged(dispatch, &NoteSharedCode { campaign, hash, again: true }.into(), Some(&key)).await;
    match asked {
        Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::NotFound => {}
        known => {
            super::announce(dispatch, campaign).await?;
            return known;
        }
    }
    let added = AddSharedCode { request: Some(key.key_hash), ..command };
    super::judged(dispatch, &added.into(), None).await?;
    let receipt = super::judged(dispatch, &note, Some(&key)).await?;
    super::announce(dispatch, campaign).await?;
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
    match (&code.kind, code.lease()) {
        (CodeKind::Shared { .. }, _) => {
            for bucket in dispatch.buckets().all().filter(|bucket| *bucket != home) {
                done(dispatch, RevokeCodeHere { bucket, hash, code: code.clone() }).await?;
            }
        }
        // Leased to an account: what isn't claimed under the lease returns.
        (CodeKind::Unique { .. }, Some(lease)) => {
            let bucket = lease.account.slot().bucket(dispatch.buckets());
            if code.claimed_by().is_none() {
                resolve(dispatch, bucket, hash, code).await?;
            }
            done(dispatch, RevokeCodeHere { bucket, hash, code: code.clone() }).await?;
        }
        (CodeKind::Unique { .. }, None) => {}
    }
    Ok(receipt)
}
