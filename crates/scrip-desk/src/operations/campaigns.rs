use std::sync::Arc;

use scrip_core::{
    campaign::{Campaign, CampaignStage, Terms, changed_terms},
    command::{CampaignStep, ChangeCampaign, CreateCampaign, DeleteCampaign, MoveCampaign},
    id::CampaignId,
    idempotency::Holder,
    metadata::{Changes, Members},
    name::SellerId,
    reason::{Reason, Refusal},
    status::CampaignStatus,
    time::Timestamp,
};
use scrip_engine::{Answer, EngineError, Receipt};
use serde::Serialize;

use crate::{
    bounds::Turn,
    callers::Caller,
    desk::Desk,
    done::{Done, Listed},
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    page::cut,
    rights::Operation,
    visibility::{SeenCampaign, sees_campaign},
};

/// Which campaigns to list, oldest first.
#[derive(Clone, Debug, Default)]
pub struct CampaignFilter {
    /// `Some(None)`: the platform's.
    pub issuer: Option<Option<SellerId>>,
    pub status: Option<CampaignStatus>,
    pub after: Option<CampaignId>,
    pub limit: usize,
}

/// A campaign that is to be made.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    pub terms: Terms,
    pub metadata: Members,
}

impl Desk {
    /// A page of the campaigns that exist for the caller.
    ///
    /// Errors: `forbidden`.
    pub async fn list_campaigns(
        &self,
        caller: &Caller,
        filter: CampaignFilter,
    ) -> Result<Listed<SeenCampaign, CampaignId>, NotDone> {
        caller.may(Operation::ListCampaigns)?;
        let now = self.now();
        // A seller's own list needn't look at the others'.
        let issuer = filter.issuer.or_else(|| caller.seller.clone().map(Some));
        let is_wanted = |campaign: &Campaign| {
            sees_campaign(caller, campaign, now) && filter.status.is_none_or(|status| campaign.status(now) == status)
        };
        let mut page = self.engine.registry().campaigns(filter.after, issuer.as_ref(), filter.limit + 1, is_wanted);
        let more = cut(&mut page, filter.limit);
        let next = page.last().filter(|_| more).map(|campaign| campaign.id);
        let counted = self.read(move |reader| {
            page.into_iter()
                .map(|campaign| Ok((reader.counters(campaign.id)?, campaign)))
                .collect::<Result<Vec<_>, _>>()
        });
        let seen = |(counters, campaign)| SeenCampaign::of(campaign, counters, caller);
        Ok(Listed { items: counted.await?.into_iter().map(seen).collect(), next, at: now })
    }

    /// One campaign, and when it was looked at.
    ///
    /// Errors: `forbidden`, `not_found`.
    pub async fn get_campaign(&self, caller: &Caller, id: CampaignId) -> Result<(SeenCampaign, Timestamp), NotDone> {
        caller.may(Operation::GetCampaign)?;
        let at = self.now();
        let campaign = self.seen_campaign(caller, id)?;
        let counters = self.read(move |reader| reader.counters(id)).await?;
        Ok((SeenCampaign::of(campaign, counters, caller), at))
    }

    /// Makes a draft; a seller's of its own, within its limits. `as_asked` is what earlier versions noted `key` with.
    ///
    /// Errors: `forbidden` at `/issuer`, `limit_reached`, and those of the terms.
    pub async fn create_campaign(
        &self,
        caller: &Caller,
        new: NewCampaign,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenCampaign>, NotDone> {
        caller.may(Operation::CreateCampaign)?;
        let NewCampaign { terms, metadata } = new;
        if let Some(own) = &caller.seller
            && terms.issuer.seller() != Some(own)
        {
            return Err(Refusal::at("/issuer", Reason::Forbidden).into());
        }
        // With its defaults written out.
        let completed = terms.clone().of_new_campaign();
        let slot = key.slot();
        let same = || Sameness::of(&(completed.as_ref().unwrap_or(&terms), &metadata), as_asked);
        let key = key.used_for(Holder::Campaigns(slot), same);
        let turn = self.sellers.turn(caller.seller.as_ref()).await;
        // What is malformed is told first, by the command itself.
        let barred = turn
            .as_ref()
            .filter(|_| completed.is_ok())
            .and_then(|turn| turn.bars_creating(self.engine.registry(), self.now(), &terms));
        let command = CreateCampaign { terms, metadata: caller.wrote(metadata), slot };
        seen_done(caller, self.submit_once_unless(barred, command, key).await?)
    }

    /// Changes a campaign: `change` makes the new terms, and what changes of the metadata, from what it is at `revision`.
    ///
    /// Errors: `not_found`, `precondition_failed` if it is at another revision, those of `change` as they are, `limit_reached`,
    /// and those of the terms.
    pub async fn change_campaign<E: From<NotDone>>(
        &self,
        caller: &Caller,
        id: CampaignId,
        revision: impl FnOnce(&Campaign) -> Result<u64, E>,
        change: impl FnOnce(&Campaign) -> Result<(Terms, Changes), E>,
    ) -> Result<Done<SeenCampaign>, E> {
        caller.may(Operation::ChangeCampaign)?;
        let campaign = self.seen_campaign(caller, id)?;
        let revision = revision(&campaign)?;
        if revision != campaign.revision {
            return Err(NotDone::from(Reason::PreconditionFailed).into());
        }
        let by = caller.writer().ok_or_else(|| NotDone::from(Reason::Forbidden))?;
        let (terms, metadata) = change(&campaign)?;
        let turn = self.sellers.turn(caller.seller.as_ref()).await;
        // What may not be at all is told first, by the command itself.
        let may_be = (terms == campaign.terms || changed_terms(&campaign, terms.clone()).is_ok())
            && campaign.metadata.changed(&metadata, &by).is_ok();
        let barred = turn
            .as_ref()
            .filter(|_| may_be)
            .and_then(|turn| turn.bars_changing(self.engine.registry(), self.now(), &campaign, &terms));
        if let Some(refusal) = barred {
            return Err(NotDone::from(refusal).into());
        }
        let command = ChangeCampaign { campaign: id, as_seller: caller.seller.clone(), revision, terms, metadata, by };
        let receipt = self.engine.submit(command, None).await.map_err(NotDone::from)?;
        Ok(seen_done(caller, receipt)?)
    }

    /// Deletes a draft with its codes and jobs.
    ///
    /// Errors: `not_found`, `campaign_state_forbids`.
    pub async fn delete_campaign(&self, caller: &Caller, campaign: CampaignId) -> Result<(), NotDone> {
        caller.may(Operation::DeleteCampaign)?;
        self.engine.submit(DeleteCampaign { campaign, as_seller: caller.seller.clone() }, None).await?;
        Ok(())
    }

    /// Publishes, pauses, resumes or ends a campaign.
    ///
    /// Errors: `not_found`, `campaign_state_forbids`, `limit_reached`.
    pub async fn move_campaign(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        key: &IdempotencyKey,
        step: CampaignStep,
    ) -> Result<Done<SeenCampaign>, NotDone> {
        caller.may(match step {
            CampaignStep::Publish => Operation::PublishCampaign,
            CampaignStep::Pause => Operation::PauseCampaign,
            CampaignStep::Resume => Operation::ResumeCampaign,
            CampaignStep::End => Operation::EndCampaign,
        })?;
        let key = key.used_for(Holder::Campaign(campaign), || Sameness::always(&campaign));
        let command = MoveCampaign { campaign, as_seller: caller.seller.clone(), step };
        let own = caller.seller.as_ref();
        // All of one seller's steps in turn: a repeated one is worked out from all that the campaign was.
        let turn = self.sellers.turn(own).await;
        let own_draft = || {
            let known = self.campaign(campaign);
            known.is_some_and(|known| known.terms.issuer.seller() == own && known.stage == CampaignStage::Draft)
        };
        let bars = |turn: &Turn| turn.bars_publishing(self.engine.registry(), self.now());
        // What can't be published anyway is told that.
        let barred = turn.as_ref().filter(|_| step == CampaignStep::Publish && own_draft()).and_then(bars);
        seen_done(caller, self.submit_once_unless(barred, command, key).await?)
    }

    /// A campaign that exists for the caller.
    ///
    /// Errors: `not_found`.
    pub(crate) fn seen_campaign(&self, caller: &Caller, id: CampaignId) -> Result<Arc<Campaign>, NotDone> {
        let seen = self.campaign(id).filter(|campaign| sees_campaign(caller, campaign, self.now()));
        seen.ok_or_else(|| Reason::NotFound.into())
    }
}

/// The campaign of a command's answer as the caller sees it.
fn seen_done(caller: &Caller, receipt: Receipt) -> Result<Done<SeenCampaign>, NotDone> {
    Done::from(receipt, |answer| match answer {
        Answer::Campaign { campaign, counters, created } => {
            Ok((SeenCampaign::of(Arc::new(*campaign), counters, caller), created))
        }
        _ => Err(EngineError::Fault),
    })
}
