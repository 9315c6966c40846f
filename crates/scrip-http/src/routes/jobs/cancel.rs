use axum::extract::State;
use scrip_core::{command::CancelJob, id::JobId, key::Holder};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::OptionalBody,
    caller::Caller,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{JobDocument, NothingRequest},
};

/// Cancel a job
///
/// It makes no more; the codes that it has made stay. Repeated, or on one that is done, it changes nothing. A seller cancels
/// those of its own campaigns.
#[utoipa::path(post, path = "/v1/jobs/{job}/cancel", tag = "Codes", operation_id = "cancel_job",
    params(("job" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job as it is now", body = JobDocument)))]
pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    PathOf(job): PathOf<JobId>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<JobDocument>, Problem> {
    let key = key.used_for(Holder::Campaigns(job.uid().slot()), &job);
    let receipt = api.engine.submit(CancelJob { job, as_seller: caller.seller }, key).await?;
    let Answer::Job(job) = receipt.answer else { return Err(EngineError::Fault.into()) };
    let campaign = api.engine.registry().campaign(job.campaign);
    Ok(Reply::ok(JobDocument::new(&job, campaign.as_deref(), receipt.at)).replayed(receipt.replayed))
}
