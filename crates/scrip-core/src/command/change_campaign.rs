use super::{Decide, Decision, Outcome, needs};
use crate::{
    campaign::{Campaign, Terms, changed_terms},
    event::Event,
    id::{CampaignId, IdSource},
    key::Key,
    name::SellerId,
    reason::{Reason, Refusal},
    state::State,
    time::Timestamp,
};

/// New terms for a campaign, given the revision that they were made from.
#[derive(Clone, Debug)]
pub struct ChangeCampaign {
    pub campaign: CampaignId,
    /// Only this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
    pub revision: u64,
    pub terms: Terms,
}

impl Decide for ChangeCampaign {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::campaign(state, self.campaign, keys);
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = own_campaign(state, self.campaign, self.as_seller.as_ref())?;
        if campaign.revision != self.revision {
            return Err(Reason::PreconditionFailed.into());
        }
        let outcome = Outcome::Campaign { campaign: self.campaign, created: false };
        let terms = changed_terms(campaign, self.terms.clone())?;
        if self.as_seller.is_some() && terms.issuer != campaign.terms.issuer {
            return Err(Refusal::invalid("/issuer", "the calling seller"));
        }
        if terms == campaign.terms {
            return Ok(Decision { events: Vec::new(), outcome });
        }
        let counters = state.counters(self.campaign);
        Ok(Decision { events: vec![Event::CampaignChanged { campaign: self.campaign, terms, counters }], outcome })
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
