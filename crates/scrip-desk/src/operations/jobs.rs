use std::sync::Arc;

use scrip_core::{campaign::Campaign, code::Job, command::CancelJob, id::JobId, idempotency::Holder, reason::Reason};
use scrip_engine::{Answer, EngineError, Receipt};

use crate::{
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    rights::Operation,
    visibility::is_of,
};

/// Work in the background, and the campaign that it is for.
#[derive(Clone, Debug)]
pub struct JobOf {
    pub job: Job,
    pub campaign: Option<Arc<Campaign>>,
}

impl Desk {
    /// How far a job is; a seller's of its own campaigns.
    ///
    /// Errors: `not_found`.
    pub async fn get_job(&self, caller: &Caller, id: JobId) -> Result<JobOf, NotDone> {
        caller.may(Operation::GetJob)?;
        let job = self.read(move |reader| reader.job(id)).await?.ok_or(Reason::NotFound)?;
        let campaign = self.campaign(job.campaign);
        if !is_of(caller, campaign.as_deref()) {
            return Err(Reason::NotFound.into());
        }
        Ok(JobOf { job, campaign })
    }

    /// Cancels a job. What it has made stays.
    ///
    /// Errors: `not_found`.
    pub async fn cancel_job(&self, caller: &Caller, job: JobId, key: &IdempotencyKey) -> Result<Done<JobOf>, NotDone> {
        caller.may(Operation::CancelJob)?;
        let key = key.used_for(Holder::Campaigns(job.uid().slot()), || Sameness::always(&job));
        let command = CancelJob { job, as_seller: caller.seller.clone() };
        self.job_of(self.submit_once(command, key).await?)
    }

    pub(crate) fn job_of(&self, receipt: Receipt) -> Result<Done<JobOf>, NotDone> {
        Done::from(receipt, |answer| match answer {
            Answer::Job(job) => Ok((JobOf { campaign: self.campaign(job.campaign), job }, true)),
            _ => Err(EngineError::Fault),
        })
    }
}
