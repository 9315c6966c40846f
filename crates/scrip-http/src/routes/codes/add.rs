use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use scrip_core::{
    code::{CODE_LIMIT, CodeHash, CodeText},
    command::{AddSharedCode, CODES_PER_JOB, NoteSharedCode, RequestCodes},
    id::CampaignId,
    key::Holder,
    reason::{Reason, Refusal},
};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::Body,
    caller::Caller,
    idempotency::{IdempotencyKey, Sameness, done_once},
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
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    Body(request): Body<CodesRequest>,
) -> Result<Response, Problem> {
    let before = (campaign, request.clone());
    let keyed = |same: Sameness| key.keyed(Holder::Campaign(campaign), || same);
    let as_seller = caller.seller.clone();
    match request {
        CodesRequest::Shared { code, max_uses, source } => {
            let text = CodeText::parse(&code).map_err(|_| Refusal::invalid("/code", CODE_LIMIT))?;
            if max_uses == Some(0) {
                return Err(Refusal::invalid("/max_uses", "an integer from 1 to 4294967295, or null").into());
            }
            let code = api.engine.secrets().entered(text);
            let shown = code.text.as_str().to_owned();
            let key = keyed(Sameness::of(&(campaign, &shown, max_uses, &source), &before));
            let hash = code.hash;
            let turn = api.sellers.turn(as_seller.as_ref()).await;
            let (registry, now) = (api.engine.registry(), api.engine.now());
            let own = registry.campaign(campaign).filter(|known| known.terms.issuer.seller() == as_seller.as_ref());
            if let (Some(turn), Some(own)) = (&turn, own)
                && let Some(barred) = turn.bars_shared_code(registry, now, &own)
            {
                // What was done under the key before is told again.
                let note = NoteSharedCode { campaign, hash, again: true };
                let again = |key, _| api.engine.submit_unless(Some(barred.clone()), note.clone(), key);
                let replayed = done_once(key, again).await?.replayed;
                return Ok(Reply::created(true, shared(&api, campaign, hash, shown, max_uses))
                    .replayed(replayed)
                    .into_response());
            }
            let attempt = api.attempt_to_take(&caller, &code).await?;
            let command = AddSharedCode { campaign, as_seller, code, max_uses, source, request: None };
            let added = done_once(key, |key, _| api.engine.submit(command.clone(), key)).await;
            if matches!(&added, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::CodeExists) {
                // Whose it is nobody is told, but guessing at strangers' codes has its limit.
                let known = api.read(move |reader| reader.campaign_of_code(hash)).await?;
                let own = known.is_some_and(|known| known.terms.issuer.seller() == caller.seller.as_ref());
                attempt.settle(&api, |_| !own).await?;
            }
            let replayed = added?.replayed;
            Ok(Reply::created(true, shared(&api, campaign, hash, shown, max_uses)).replayed(replayed).into_response())
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
            let key = keyed(Sameness::of(&(campaign, count, &prefix, &source), &before));
            let turn = api.sellers.turn(as_seller.as_ref()).await;
            let (registry, now) = (api.engine.registry(), api.engine.now());
            let own = registry.campaign(campaign).filter(|known| known.terms.issuer.seller() == as_seller.as_ref());
            let barred = match (&turn, own) {
                (Some(turn), Some(own)) => turn.bars_codes(registry, now, &own, count),
                _ => None,
            };
            let command = RequestCodes { campaign, as_seller, count, prefix, source };
            let receipt =
                done_once(key, |key, _| api.engine.submit_unless(barred.clone(), command.clone(), key)).await?;
            let Answer::Job(job) = receipt.answer else { return Err(EngineError::Fault.into()) };
            let known = api.engine.registry().campaign(campaign);
            let reply = Reply::accepted(JobDocument::new(&job, known.as_deref(), receipt.at))
                .location(format!("/v1/jobs/{}", job.id));
            Ok(reply.replayed(receipt.replayed).into_response())
        }
    }
}

fn shared(api: &Api, campaign: CampaignId, hash: CodeHash, code: String, max_uses: Option<u32>) -> SharedCodeDocument {
    let known = api.engine.registry().campaign(campaign);
    let mut warnings = known.as_deref().map(WarningDocument::of).unwrap_or_default();
    warnings.extend(WarningDocument::of_code(&code));
    SharedCodeDocument { id: hash.into(), campaign, code, max_uses, warnings }
}
