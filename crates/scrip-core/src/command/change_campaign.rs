use super::{Decide, Decision, Elsewhere, Outcome, Where, needs};
use crate::{
    campaign::{Campaign, Terms, changed_terms},
    event::Event,
    id::{CampaignId, IdSource},
    metadata::{Changes, Writer},
    name::SellerId,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// New terms or metadata for a campaign, given the revision that the terms were made from.
#[derive(Clone, Debug)]
pub struct ChangeCampaign {
    pub campaign: CampaignId,
    /// Only this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
    pub revision: u64,
    pub terms: Terms,
    pub metadata: Changes,
    pub by: Writer,
}

impl Decide for ChangeCampaign {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::campaign(state, self.campaign, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = own_campaign(state, self.campaign, self.as_seller.as_ref())?;
        if campaign.revision != self.revision {
            return Err(Reason::PreconditionFailed.into());
        }
        let outcome = Outcome::Campaign { campaign: self.campaign, created: false };
        let terms = if self.terms == campaign.terms {
            self.terms.clone()
        } else {
            changed_terms(campaign, self.terms.clone())?
        };
        if self.as_seller.is_some() && terms.issuer != campaign.terms.issuer {
            return Err(Refusal::at("/issuer", Reason::Forbidden));
        }
        let metadata = campaign.metadata.changed(&self.metadata, &self.by)?;
        let metadata = Some(metadata).filter(|metadata| *metadata != campaign.metadata);
        if terms == campaign.terms && metadata.is_none() {
            return Ok(Decision { events: Vec::new(), outcome });
        }
        campaign.may_change(self.as_seller.as_ref(), 0)?;
        // Long lists aren't written again with every new name.
        let (scope, same) = terms.scope.clone().without_same(&campaign.terms.scope);
        let (terms, same_lists) = (Terms { scope, ..terms }, Some(same).filter(|same| *same != 0));
        let counters = state.counters(self.campaign);
        let changed = Event::CampaignChanged { campaign: self.campaign, terms, counters, metadata, same_lists };
        Ok(Decision { events: vec![changed], outcome })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::Campaign(self.campaign)
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}

/// The campaign, if the caller may touch it; a foreign one doesn't exist for it.
pub(super) fn own_campaign<'a>(
    state: &'a State,
    campaign: CampaignId,
    as_seller: Option<&SellerId>,
) -> Result<&'a Campaign, Refusal> {
    state
        .campaign(campaign)
        .filter(|campaign| as_seller.is_none() || campaign.terms.issuer.seller() == as_seller)
        .ok_or_else(|| Reason::NotFound.into())
}
