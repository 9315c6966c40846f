use axum::extract::State;
use scrip_core::id::JobId;

use crate::{
    api::Api,
    body::OptionalBody,
    caller::Authenticated,
    idempotency::Key,
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
    Authenticated(caller): Authenticated,
    PathOf(job): PathOf<JobId>,
    Key(key): Key,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<JobDocument>, Problem> {
    let done = api.desk.cancel_job(&caller, job, &key).await?;
    let document = JobDocument::new(&done.of.job, done.of.campaign.as_deref(), done.at);
    Ok(Reply::ok(document).replayed(done.replayed))
}
