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
    beyond::Limited,
    engine::{Engine, EngineError, Receipt},
    sequencer::{KeyUse, Seen, Verdict},
};

pub(super) async fn submit(engine: &Engine, command: Command, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
    let bucket = command.bucket(engine.buckets());
    let campaign = match &command {
        Command::ChangeCampaign(command) => Some(command.campaign),
        Command::MoveCampaign(command) => Some(command.campaign),
        Command::DeleteCampaign(command) => Some(command.campaign),
        _ => None,
    };
    // Its counters stand in the answer, also when that is given again.
    let beyond = campaign.map(|campaign| super::look(engine, bucket, &Limited::campaign(campaign))).transpose()?;
    let reply = engine.once(command, key, Seen { beyond, ..Seen::default() }).await?;
    let Verdict::Done(result) = reply.verdict else { return Err(EngineError::Fault) };
    let receipt = result?;
    match &receipt.answer {
        Answer::Campaign { campaign, .. } => spread(engine, campaign.id).await?,
        Answer::Deleted { campaign } => spread(engine, *campaign).await?,
        _ => {}
    }
    Ok(receipt)
}

/// Tells the buckets that don't know a campaign as it is now. Safe to repeat.
///
/// Errors: the store can't take it; some may know it then.
pub(crate) async fn spread(engine: &Engine, campaign: CampaignId) -> Result<(), EngineError> {
    let home = campaign.uid().slot().bucket(engine.buckets());
    let Some(now) = known(engine, home, campaign)? else { return Ok(()) };
    for bucket in engine.buckets().all().filter(|bucket| *bucket != home) {
        if known(engine, bucket, campaign)?.is_some_and(|known| known.is_as_new_as(&now)) {
            continue;
        }
        step(engine, LearnCampaign { bucket, campaign: now.clone() }).await?;
    }
    Ok(())
}

fn known(engine: &Engine, bucket: Bucket, campaign: CampaignId) -> Result<Option<Campaign>, EngineError> {
    let state = peek(engine, bucket, |state| vec![state.campaign_key(campaign)])?;
    Ok(state.campaign_or_deleted(campaign).cloned())
}
