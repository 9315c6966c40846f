use super::{Decide, Decision, Elsewhere, Outcome, Where, add_shared_code::open_campaign};
use crate::{
    code::Job,
    event::Event,
    id::{CampaignId, IdSource},
    name::{SellerId, SourceName},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// The most unique codes of one job.
pub const CODES_PER_JOB: u32 = 5_000_000;

/// Many strings, each for one person, made in the background.
#[derive(Clone, Debug)]
pub struct RequestCodes {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub count: u32,
    pub prefix: Option<String>,
    pub source: Option<SourceName>,
}

impl Decide for RequestCodes {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Campaign(self.campaign));
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = open_campaign(state, self.campaign, self.as_seller.as_ref(), now)?;
        let job = Job::id_for(self.campaign, now, ids);
        let requested = Event::CodesRequested {
            campaign: self.campaign,
            job,
            total: self.count,
            prefix: self.prefix.clone(),
            source: self.source.clone(),
            at: now,
            seller: self.as_seller.clone(),
        };
        let first = (!campaign.coded).then_some(Event::CampaignCoded { campaign: self.campaign });
        Ok(Decision { events: [requested].into_iter().chain(first).collect(), outcome: Outcome::Job(job) })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::CodesOf(self.campaign)
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}
