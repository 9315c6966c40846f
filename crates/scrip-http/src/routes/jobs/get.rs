use axum::extract::State;
use scrip_core::{id::JobId, reason::Reason};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::JobDocument};

/// Get a job
///
/// How far work in the background is. A seller sees those of its own campaigns.
#[utoipa::path(get, path = "/v1/jobs/{job}", tag = "Codes", operation_id = "get_job",
    params(("job" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job", body = JobDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<JobId>,
) -> Result<Reply<JobDocument>, Problem> {
    let job = api.read(move |reader| reader.job(id)).await?.ok_or(Reason::NotFound)?;
    let campaign = api.engine.registry().campaign(job.campaign);
    if caller.seller.is_some()
        && campaign.as_ref().is_none_or(|campaign| campaign.terms.issuer.seller() != caller.seller.as_ref())
    {
        return Err(Reason::NotFound.into());
    }
    Ok(Reply::ok(JobDocument::new(&job, campaign.as_deref(), api.engine.now())))
}
