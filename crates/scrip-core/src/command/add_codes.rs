use super::{Decide, Decision, Outcome, Where};
use crate::{
    code::NewCode,
    event::Event,
    id::{IdSource, JobId},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// Unique codes that one command adds: a batch stays short enough for others to pass.
pub const CODES_PER_COMMAND: u32 = 1_000;

/// A part of a job's codes, made outside the core: their text comes from the operating system's generator.
#[derive(Clone, Debug)]
pub struct AddCodes {
    pub job: JobId,
    pub codes: Vec<NewCode>,
    /// How many the job had when these were made: another answer means that somebody else made them.
    pub done_before: u32,
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
