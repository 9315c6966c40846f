use super::{Decide, Decision, Outcome, Where, change_campaign::own_campaign};
use crate::{
    campaign::{Campaign, CampaignStatus, Channel},
    code::{CodeHash, EnteredCode, Job, NewCode, SecretNumber},
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

/// In the campaign's bucket: its new shared code lives elsewhere. Here it is counted, and here stands the idempotency key of the
/// whole.
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

/// In the campaign's bucket: it has codes. Safe to repeat.
#[derive(Clone, Debug)]
pub struct NoteCodes {
    pub campaign: CampaignId,
}

/// No more codes by this job. Repeated, or on one that has ended, it changes nothing.
#[derive(Clone, Debug)]
pub struct CancelJob {
    pub job: JobId,
    /// Only jobs of this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
}

fn open_campaign<'a>(
    state: &'a State,
    campaign: CampaignId,
    as_seller: Option<&SellerId>,
    now: Timestamp,
) -> Result<&'a Campaign, Refusal> {
    let campaign = own_campaign(state, campaign, as_seller)?;
    let campaign_status = campaign.status(now);
    if matches!(campaign_status, CampaignStatus::Ended | CampaignStatus::Closed) {
        return Err(Reason::CampaignStateForbids { campaign_status, paused_by: None }.into());
    }
    // Nobody could enter them.
    if campaign.terms.named_channels().is_some_and(|named| !named.contains(&Channel::Code)) {
        return Err(Reason::ChannelNotOffered.into());
    }
    Ok(campaign)
}

impl Decide for AddSharedCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.code.hash.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
        keys.push(Key::Code(self.code.hash));
        keys.extend(state.code(self.code.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = open_campaign(state, self.campaign, self.as_seller.as_ref(), now)?;
        // That of a draft that was deleted is free again.
        if let Some(known) = state.code(self.code.hash).filter(|code| !state.is_deleted(code.campaign)) {
            let own = self.request.is_some() && known.request == self.request && known.campaign == self.campaign;
            return if own {
                let outcome = Outcome::SharedCode { campaign: self.campaign };
                Ok(Decision { events: Vec::new(), outcome })
            } else {
                Err(Refusal::at("/code", Reason::CodeExists))
            };
        }
        let mut events = vec![Event::SharedCodeAdded {
            campaign: self.campaign,
            hash: self.code.hash,
            text: self.code.text.as_str().to_owned(),
            max_uses: self.max_uses,
            source: self.source.clone(),
            request: self.request.map(Into::into),
            secret: Some(self.code.secret).filter(|secret| *secret != SecretNumber::FIRST),
        }];
        // Away from its home the campaign hears of it by `NoteSharedCode`, before the answer.
        if state.campaign_key(self.campaign) == Key::Campaign(self.campaign) {
            events.push(Event::SharedCodeCounted { campaign: self.campaign });
            events.extend((!campaign.coded).then_some(Event::CampaignCoded { campaign: self.campaign }));
        }
        Ok(Decision { events, outcome: Outcome::SharedCode { campaign: self.campaign } })
    }
}

impl Decide for NoteSharedCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if self.again {
            return Err(Reason::NotFound.into());
        }
        let noted = Event::SharedCodeNoted { campaign: self.campaign, hash: self.hash };
        let first = state.campaign(self.campaign).is_some_and(|campaign| !campaign.coded);
        Ok(Decision {
            events: [noted, Event::SharedCodeCounted { campaign: self.campaign }]
                .into_iter()
                .chain(first.then_some(Event::CampaignCoded { campaign: self.campaign }))
                .collect(),
            outcome: Outcome::SharedCode { campaign: self.campaign },
        })
    }
}

impl Decide for NoteCodes {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.campaign.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let first = state.campaign(self.campaign).is_some_and(|campaign| !campaign.coded);
        let events = first.then_some(Event::CampaignCoded { campaign: self.campaign });
        Ok(Decision { events: events.into_iter().collect(), outcome: Outcome::Nothing })
    }
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
}

impl Decide for AddCodes {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.job.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Job(self.job));
        keys.extend(state.job(self.job).map(|job| Key::Campaign(job.campaign)));
        keys.extend(self.codes.iter().map(|code| Key::Code(code.hash)));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let job = state.job(self.job).ok_or(Reason::NotFound)?;
        if job.is_open() && state.is_deleted(job.campaign) {
            let ended = Event::JobCancelled { campaign: job.campaign, job: self.job };
            return Ok(Decision { events: vec![ended], outcome: Outcome::Job(self.job) });
        }
        if job.done != self.done_before || !job.is_open() {
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

impl Decide for CancelJob {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.job.uid().slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Job(self.job));
        keys.extend(state.job(self.job).map(|job| Key::Campaign(job.campaign)));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let job = state.job(self.job).ok_or(Reason::NotFound)?;
        if self.as_seller.is_some() {
            own_campaign(state, job.campaign, self.as_seller.as_ref())?;
        }
        let cancelled = Event::JobCancelled { campaign: job.campaign, job: self.job };
        let events = if job.is_open() { vec![cancelled] } else { Vec::new() };
        Ok(Decision { events, outcome: Outcome::Job(self.job) })
    }
}
