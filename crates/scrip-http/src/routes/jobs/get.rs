use axum::extract::State;
use scrip_core::id::JobId;
use scrip_desk::JobOf;

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::JobDocument};

/// Get a job
///
/// How far work in the background is. A seller sees those of its own campaigns.
#[utoipa::path(get, path = "/v1/jobs/{job}", tag = "Codes", operation_id = "get_job",
    params(("job" = JobId, Path, description = "The job")),
    responses((status = 200, description = "The job", body = JobDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(id): PathOf<JobId>,
) -> Result<Reply<JobDocument>, Problem> {
    let JobOf { job, campaign } = api.desk.get_job(&caller, id).await?;
    Ok(Reply::ok(JobDocument::new(&job, campaign.as_deref(), api.desk.now())))
}
