use std::sync::Arc;

use axum::extract::State;
use scrip_core::name::AccountId;
use scrip_desk::{Caller, Claimed, Done, ListedClaim, NotDone, OwnedCoupon, Refused};

use crate::{
    api::Api,
    attempted::Attempted,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    problem::Problem,
    reply::Reply,
    wire::{BatchClaims, BatchResult, BatchResults, CouponDocument},
};

/// Claim for many accounts
///
/// Up to 1,000 claims, each standing alone with its own answer. With an idempotency key for the whole batch, or one of its own,
/// a claim is done once.
#[utoipa::path(post, path = "/v1/claims/batch", tag = "Wallet", operation_id = "claim_batch",
    request_body = BatchClaims,
    responses((status = 200, description = "The answers, in order", body = BatchResults)))]
pub(super) async fn batch(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    attempted: Attempted,
    Key(key): Key,
    Body(request): Body<BatchClaims>,
) -> Result<Reply<BatchResults>, Problem> {
    let claims = request.claims.into_iter().map(|claim| ListedClaim {
        account: claim.account.clone(),
        campaign: claim.campaign,
        channel: claim.channel,
        source: claim.source.clone(),
        key: claim.key.clone(),
        as_asked: claim,
    });
    let noted = noted(&api, &caller, attempted);
    let claimed = api.desk.claim_batch(&caller, claims.collect(), &key, noted).await?;
    let replayed = claimed.replayed;
    Ok(Reply::ok(BatchResults { results: results(claimed) }).replayed(replayed))
}

/// Puts each claim that is refused into the log of attempts, when it is: whoever hangs up before the end leaves it there.
pub(crate) fn noted(api: &Api, caller: &Arc<Caller>, attempted: Attempted) -> impl Refused {
    let (api, caller) = (api.clone(), caller.clone());
    move |account, error| attempted.refused_for(&api, &caller, Some(account.clone()), Problem::from(error.clone()))
}

/// Each claim's own answer.
pub(crate) fn results(claimed: Claimed) -> Vec<BatchResult> {
    let result = |(account, result): (AccountId, Result<Done<OwnedCoupon>, NotDone>)| match result {
        Ok(done) => {
            let coupon = CouponDocument::new(&account, &done.of.coupon, &done.of.campaign, done.at);
            BatchResult { status: 201, coupon: Some(coupon), problem: None }
        }
        Err(error) => {
            let problem = Problem::from(error);
            BatchResult {
                status: problem.status(),
                coupon: None,
                problem: serde_json::to_value(problem.document("")).ok(),
            }
        }
    };
    claimed.results.into_iter().map(result).collect()
}
