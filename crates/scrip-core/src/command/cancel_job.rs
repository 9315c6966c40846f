use super::{Decide, Decision, Outcome, Where, change_campaign::own_campaign};
use crate::{
    event::Event,
    id::{IdSource, JobId},
    name::SellerId,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// No more codes by this job. Repeated, or on one that has ended, it changes nothing.
#[derive(Clone, Debug)]
pub struct CancelJob {
    pub job: JobId,
    /// Only jobs of this seller's own campaigns exist for the caller.
    pub as_seller: Option<SellerId>,
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
