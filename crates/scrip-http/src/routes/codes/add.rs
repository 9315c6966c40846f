use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use scrip_core::id::CampaignId;
use scrip_desk::{NewSharedCode, NewUniqueCodes, SharedCode};

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CodesRequest, JobDocument, SharedCodeDocument, WarningDocument},
};

/// Add codes to a campaign
///
/// A shared one at once; unique ones in the background, as a job.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/codes", tag = "Codes", operation_id = "add_codes",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    request_body = CodesRequest,
    responses((status = 201, description = "The shared code", body = SharedCodeDocument),
        (status = 202, description = "The job that makes unique codes", body = JobDocument)))]
pub(super) async fn add(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(campaign): PathOf<CampaignId>,
    Key(key): Key,
    Body(request): Body<CodesRequest>,
) -> Result<Response, Problem> {
    let as_asked = request.clone();
    match request {
        CodesRequest::Shared { code, max_uses, source } => {
            let new = NewSharedCode { code, max_uses, source };
            let done = api.desk.add_shared_code(&caller, campaign, new, &key, &as_asked).await?;
            Ok(Reply::created(true, shared(campaign, done.of)).replayed(done.replayed).into_response())
        }
        CodesRequest::Unique { count, prefix, source } => {
            let new = NewUniqueCodes { count, prefix, source };
            let done = api.desk.request_codes(&caller, campaign, new, &key, &as_asked).await?;
            let reply = Reply::accepted(JobDocument::new(&done.of.job, done.of.campaign.as_deref(), done.at))
                .location(format!("/v1/jobs/{}", done.of.job.id));
            Ok(reply.replayed(done.replayed).into_response())
        }
    }
}

fn shared(campaign: CampaignId, code: SharedCode) -> SharedCodeDocument {
    let mut warnings = code.campaign.as_deref().map(WarningDocument::of).unwrap_or_default();
    warnings.extend(WarningDocument::of_code(&code.text));
    SharedCodeDocument { id: code.hash.into(), campaign, code: code.text, max_uses: code.max_uses, warnings }
}
