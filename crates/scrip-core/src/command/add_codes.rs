use super::{Decide, Decision, Outcome, change_campaign::own_campaign};
use crate::{
    campaign::{Campaign, CampaignStage},
    code::{CodeHash, EnteredCode, Job, NewCode},
    event::Event,
    id::{CampaignId, IdSource, JobId},
    key::Key,
    name::{SellerId, SourceName},
    reason::{Reason, Refusal},
    state::State,
    time::Timestamp,
};

/// The most unique codes of one job.
pub const CODES_PER_JOB: u32 = 5_000_000;
/// Unique codes that one command adds: a batch stays short enough for others to pass.
pub const CODES_PER_COMMAND: u32 = 1_000;

/// One string for many people, such as SAVE10.
#[derive(Clone, Debug)]
pub struct AddSharedCode {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub code: EnteredCode,
    pub max_uses: Option<u32>,
    pub source: Option<SourceName>,
    /// Names the request where its second step may have to be done again: with the same one the code that is there is its own.
    pub request: Option<[u8; 16]>,
}

/// In the campaign's bucket: its new shared code lives elsewhere. Here stands the idempotency key of the whole.
#[derive(Clone, Debug)]
pub struct NoteSharedCode {
    pub campaign: CampaignId,
    pub hash: CodeHash,
    /// Only asks whether it was noted before, under its key; `not_found` if it wasn't.
    pub again: bool,
}

/// Many strings, each for one person, made in the background.
#[derive(Clone, Debug)]
pub struct RequestCodes {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub count: u32,
    pub prefix: Option<String>,
    pub source: Option<SourceName>,
}

/// A part of a job's codes, made outside the core: their text comes from the operating system's generator.
#[derive(Clone, Debug)]
pub struct AddCodes {
    pub job: JobId,
    pub codes: Vec<NewCode>,
    /// How many the job had when these were made: another answer means that somebody else made them.
    pub done_before: u32,
}

fn open_campaign<'a>(
    state: &'a State,
    campaign: CampaignId,
    as_seller: Option<&SellerId>,
    now: Timestamp,
) -> Result<&'a Campaign, Refusal> {
    let campaign = own_campaign(state, campaign, as_seller)?;
    if campaign.stage == CampaignStage::Ended {
        return Err(Reason::CampaignStateForbids { campaign_status: campaign.status(now) }.into());
    }
    Ok(campaign)
}

impl Decide for AddSharedCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
        keys.push(Key::Code(self.code.hash));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        open_campaign(state, self.campaign, self.as_seller.as_ref(), now)?;
        if let Some(known) = state.code(self.code.hash) {
            let own = self.request.is_some() && known.request == self.request && known.campaign == self.campaign;
            return if own {
                let outcome = Outcome::SharedCode { campaign: self.campaign };
                Ok(Decision { events: Vec::new(), outcome })
            } else {
                Err(Refusal::at("/code", Reason::CodeExists))
            };
        }
        Ok(Decision {
            events: vec![Event::SharedCodeAdded {
                campaign: self.campaign,
                hash: self.code.hash,
                text: self.code.text.as_str().to_owned(),
                max_uses: self.max_uses,
                source: self.source.clone(),
                request: self.request.map(Into::into),
            }],
            outcome: Outcome::SharedCode { campaign: self.campaign },
        })
    }
}

impl Decide for NoteSharedCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, _: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if self.again {
            return Err(Reason::NotFound.into());
        }
        Ok(Decision {
            events: vec![Event::SharedCodeNoted { campaign: self.campaign, hash: self.hash }],
            outcome: Outcome::SharedCode { campaign: self.campaign },
        })
    }
}

impl Decide for RequestCodes {
    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Campaign(self.campaign));
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        open_campaign(state, self.campaign, self.as_seller.as_ref(), now)?;
        let job = Job::id_for(self.campaign, now, ids);
        Ok(Decision {
            events: vec![Event::CodesRequested {
                campaign: self.campaign,
                job,
                total: self.count,
                prefix: self.prefix.clone(),
                source: self.source.clone(),
                at: now,
            }],
            outcome: Outcome::Job(job),
        })
    }
}

impl Decide for AddCodes {
    fn needs(&self, _: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Job(self.job));
        keys.extend(self.codes.iter().map(|code| Key::Code(code.hash)));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let job = state.job(self.job).ok_or(Reason::NotFound)?;
        if job.done != self.done_before {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Job(self.job) });
        }
        // Two of 2^70 meeting is next to impossible, but a code given twice would be a coupon lost.
        let mut codes: Vec<NewCode> = Vec::with_capacity(self.codes.len());
        for code in &self.codes {
            if state.code(code.hash).is_none() && !codes.iter().any(|earlier| earlier.hash == code.hash) {
                codes.push(code.clone());
            }
        }
        codes.truncate((job.total - job.done) as usize);
        Ok(Decision {
            events: vec![Event::UniqueCodesAdded {
                campaign: job.campaign,
                job: self.job,
                codes,
                source: job.source.clone(),
            }],
            outcome: Outcome::Job(self.job),
        })
    }
}
