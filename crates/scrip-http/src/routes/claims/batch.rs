use axum::{extract::State, http::StatusCode};
use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimOf},
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::KeyUse;

use super::collect::{document, may_name, source_right};
use crate::{
    api::Api,
    attempt_log::About,
    attempted::Attempted,
    auth::Caller,
    body::Body,
    idempotency::IdempotencyKey,
    problem::Problem,
    reply::Reply,
    wire::{BatchClaims, BatchResult, BatchResults},
};

/// Claim for many accounts
///
/// Up to 1,000 claims, each standing alone with its own answer and, if given, its own idempotency key.
#[utoipa::path(post, path = "/v1/claims/batch", tag = "Wallet", operation_id = "claim_batch",
    request_body = BatchClaims,
    responses((status = 200, description = "The answers, in order", body = BatchResults)))]
pub(super) async fn batch(
    State(api): State<Api>,
    caller: Caller,
    attempted: Attempted,
    Body(request): Body<BatchClaims>,
) -> Result<Reply<BatchResults>, Problem> {
    if request.claims.is_empty() || request.claims.len() > 1_000 {
        return Err(Refusal::invalid("/claims", "1 to 1000 claims").into());
    }
    let mut commands = Vec::with_capacity(request.claims.len());
    for (place, claim) in request.claims.into_iter().enumerate() {
        let channel = claim.channel.unwrap_or(Channel::Web);
        if !may_name(caller.role, channel) {
            return Err(Refusal::at(format!("/claims/{place}/channel"), Reason::ChannelNotAllowed).into());
        }
        let key = match &claim.key {
            Some(key) if key.is_empty() || key.len() > 255 => {
                return Err(Refusal::invalid(format!("/claims/{place}/key"), "1 to 255 characters").into());
            }
            Some(key) => IdempotencyKey::of_part(&caller, "/v1/claims/batch", key)
                .used_for(Holder::Account(claim.account.clone()), &claim),
            None => None,
        };
        let of = ClaimOf::Campaign {
            campaign: claim.campaign,
            channel,
            source: claim.source,
            right: source_right(caller.role),
        };
        commands.push((claim.account.clone(), Claim { account: claim.account, of }, key));
    }
    Ok(Reply::ok(BatchResults { results: claimed(&api, &caller, &attempted, commands).await }))
}

/// Submits all, so that they share commits, then collects the answers in order.
pub(crate) async fn claimed(
    api: &Api,
    caller: &Caller,
    attempted: &Attempted,
    commands: Vec<(AccountId, Claim, Option<KeyUse>)>,
) -> Vec<BatchResult> {
    let waiting: Vec<_> = commands
        .into_iter()
        .map(|(account, claim, key)| {
            let campaign = if let ClaimOf::Campaign { campaign, .. } = &claim.of { Some(*campaign) } else { None };
            (account, campaign, api.engine.enqueue(claim, key))
        })
        .collect();
    let mut results = Vec::with_capacity(waiting.len());
    for (account, campaign, answer) in waiting {
        let answered = match answer {
            Ok(answer) => answer.answer().await,
            Err(error) => Err(error),
        };
        let result = answered.map_err(Problem::from).and_then(|receipt| document(api, &receipt));
        results.push(match result {
            Ok(coupon) => BatchResult { status: StatusCode::CREATED.as_u16(), coupon: Some(coupon), problem: None },
            Err(problem) => {
                let document = problem.document("");
                let status = document["status"].as_u64().and_then(|status| u16::try_from(status).ok());
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR.as_u16());
                let problem = problem.about(About { campaign, ..About::default() });
                attempted.refused_for(api, caller, Some(account), problem);
                BatchResult { status, coupon: None, problem: Some(document) }
            }
        });
    }
    results
}
