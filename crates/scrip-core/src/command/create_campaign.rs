use super::{Decide, Decision, Elsewhere, Outcome, Where};
use crate::{
    campaign::Terms,
    event::Event,
    id::{CampaignId, IdSource},
    metadata::Metadata,
    reason::Refusal,
    slot::Slot,
    state::{Key, State},
    time::Timestamp,
};

/// A new campaign, as a draft.
#[derive(Clone, Debug)]
pub struct CreateCampaign {
    /// As given; [`Terms::checked`] judges them.
    pub terms: Terms,
    pub metadata: Metadata,
    /// Where it is to live.
    pub slot: Slot,
}

impl Decide for CreateCampaign {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.slot)
    }

    fn needs(&self, _: &State, _: Timestamp, _: &mut Vec<Key>) {}

    fn decide(&self, _: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let terms = self.terms.clone().of_new_campaign()?;
        let campaign = CampaignId::new(now, self.slot, ids);
        let metadata = Some(self.metadata.clone()).filter(|metadata| !metadata.is_empty());
        Ok(Decision {
            events: vec![Event::CampaignCreated { campaign, terms, at: now, metadata }],
            outcome: Outcome::Campaign { campaign, created: true },
        })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::NewCampaign
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
