//! Telling every bucket what a campaign is: whoever changed it is answered when the last one knows.

use scrip_core::{
    campaign::Campaign,
    command::{Command, LearnCampaign},
    id::CampaignId,
    slot::Bucket,
};

use super::{peek, step};
use crate::{
    answer::Answer,
    dispatch::Dispatch,
    receipt::{EngineError, Receipt},
    usage_elsewhere::Limited,
    waiting::{KeyUse, Seen},
};

/// Does a command that makes or changes a campaign; `changed` is the one that it changes.
pub(super) async fn submit(
    dispatch: &Dispatch,
    changed: Option<CampaignId>,
    command: Command,
    key: Option<KeyUse>,
) -> Result<Receipt, EngineError> {
    let bucket = command.bucket(dispatch.buckets());
    // Its counters stand in the answer, also when that is given again.
    let usage_elsewhere =
        changed.map(|campaign| super::look(dispatch, bucket, &Limited::campaign(campaign))).transpose()?;
    let reply = dispatch.once(command, key, Seen { usage_elsewhere, ..Seen::default() }).await?;
    let receipt = reply.verdict.done()?;
    match &receipt.answer {
        Answer::Campaign { campaign, .. } => announce(dispatch, campaign.id).await?,
        Answer::Deleted { campaign } => announce(dispatch, *campaign).await?,
        _ => {}
    }
    Ok(receipt)
}

/// Tells the buckets that don't know a campaign as it is now. Safe to repeat.
///
/// Errors: the store can't take it; some may know it then.
pub(crate) async fn announce(dispatch: &Dispatch, campaign: CampaignId) -> Result<(), EngineError> {
    let home = campaign.uid().slot().bucket(dispatch.buckets());
    let Some(now) = known(dispatch, home, campaign)? else { return Ok(()) };
    for bucket in dispatch.buckets().all().filter(|bucket| *bucket != home) {
        if known(dispatch, bucket, campaign)?.is_some_and(|known| known.is_as_new_as(&now)) {
            continue;
        }
        step(dispatch, LearnCampaign { bucket, campaign: now.clone() }).await?;
    }
    Ok(())
}

fn known(dispatch: &Dispatch, bucket: Bucket, campaign: CampaignId) -> Result<Option<Campaign>, EngineError> {
    let state = peek(dispatch, bucket, |state| vec![state.campaign_key(campaign)])?;
    Ok(state.campaign_or_deleted(campaign).cloned())
}
