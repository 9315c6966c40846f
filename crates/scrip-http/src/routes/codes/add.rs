use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use scrip_core::{
    code::{CODE_LIMIT, CodeText},
    command::{AddSharedCode, CODES_PER_JOB, RequestCodes},
    id::CampaignId,
    key::Holder,
    reason::Refusal,
};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    auth::Caller,
    body::Body,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CodesRequest, JobDocument, SharedCodeDocument},
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
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    Body(request): Body<CodesRequest>,
) -> Result<Response, Problem> {
    let key = key.used_for(Holder::Campaign(campaign), &(campaign, &request));
    let as_seller = caller.seller;
    match request {
        CodesRequest::Shared { code, max_uses, source } => {
            let text = CodeText::parse(&code).map_err(|_| Refusal::invalid("/code", CODE_LIMIT))?;
            if max_uses == Some(0) {
                return Err(Refusal::invalid("/max_uses", "an integer from 1 to 4294967295, or null").into());
            }
            let code = api.engine.secrets().entered(text);
            let shown = code.text.as_str().to_owned();
            let command = AddSharedCode { campaign, as_seller, code, max_uses, source, request: None };
            let receipt = api.engine.submit(command, key).await?;
            let document = SharedCodeDocument { campaign, code: shown, max_uses };
            Ok(Reply::created(true, document).replayed(receipt.replayed).into_response())
        }
        CodesRequest::Unique { count, prefix, source } => {
            if !(1..=CODES_PER_JOB).contains(&count) {
                return Err(Refusal::invalid("/count", format!("an integer from 1 to {CODES_PER_JOB}")).into());
            }
            if let Some(prefix) = &prefix
                && !((1..=10).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            {
                return Err(Refusal::invalid("/prefix", "1 to 10 letters A-Z and digits").into());
            }
            let prefix = prefix.map(|prefix| prefix.to_ascii_uppercase());
            let receipt = api.engine.submit(RequestCodes { campaign, as_seller, count, prefix, source }, key).await?;
            let Answer::Job(job) = receipt.answer else { return Err(EngineError::Fault.into()) };
            let reply = Reply::accepted(JobDocument::new(&job)).location(format!("/v1/jobs/{}", job.id));
            Ok(reply.replayed(receipt.replayed).into_response())
        }
    }
}
