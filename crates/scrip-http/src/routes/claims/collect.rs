use axum::extract::State;
use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimBy, ClaimOf},
    event::Role,
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::{Answer, EngineError, Receipt};
use serde::Serialize;

use crate::{
    api::Api,
    attempt_log::About,
    body::Body,
    caller::Caller,
    channels::may_name,
    idempotency::{IdempotencyKey, Sameness, done_once},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{ClaimRequest, CouponDocument},
};

/// Collect a coupon, or activate a code
///
/// Into the account's wallet. Give `campaign` (with `channel` and `source`) or `code`.
#[utoipa::path(post, path = "/v1/accounts/{account}/coupons", tag = "Wallet", operation_id = "collect_coupon",
    params(("account" = AccountId, Path, description = "The account")),
    request_body = ClaimRequest,
    responses((status = 201, description = "The coupon", body = CouponDocument)))]
pub(super) async fn collect(
    State(api): State<Api>,
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
    key: IdempotencyKey,
    Body(request): Body<ClaimRequest>,
) -> Result<Reply<CouponDocument>, Problem> {
    caller.check_account(&account)?;
    let of = asked(&api, &caller, &request).await?;
    let same = || Sameness::of(&completed(&account, &of), &(&account, &request));
    let key = key.keyed(Holder::Account(account.clone()), same);
    let (about, codes) = match &of {
        ClaimOf::Campaign { campaign, .. } => (About { campaign: Some(*campaign), ..About::default() }, Vec::new()),
        ClaimOf::Code(code) => (About::codes([code]), vec![code.clone()]),
    };
    let told = |problem: Problem| problem.about(about.clone());
    let attempt = api.attempt(&caller, &account, &codes).await.map_err(told)?;
    let claim = Claim { account: account.clone(), of };
    let result = done_once(key, |key, _| api.engine.submit(claim.clone(), key)).await;
    let wrong = matches!(&result, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::CodeNotUsable);
    attempt.settle(&api, |_| wrong).await.map_err(told)?;
    let receipt = result.map_err(|error| told(error.into()))?;
    let replayed = receipt.replayed;
    let document = document(&api, &receipt)?;
    let location = format!("/v1/accounts/{}/coupons/{}", account.encoded(), document.id);
    Ok(Reply::created(true, document).replayed(replayed).location(location))
}

async fn asked(api: &Api, caller: &Caller, request: &ClaimRequest) -> Result<ClaimOf, Problem> {
    match (request.campaign, &request.code) {
        (Some(campaign), None) => {
            let channel = request.channel.unwrap_or(Channel::Web);
            if !may_name(caller.role, channel) {
                return Err(Refusal::at("/channel", Reason::ChannelNotAllowed).into());
            }
            Ok(ClaimOf::Campaign { campaign, channel, source: request.source.clone(), by: claims_as(caller.role) })
        }
        (None, Some(code)) => {
            // A code's channel and source are its own.
            if request.channel.is_some() || request.source.is_some() {
                return Err(Refusal::invalid("/code", "without channel and source, which are the code's own").into());
            }
            Ok(ClaimOf::Code(api.entered_code("/code", code).await?))
        }
        _ => Err(Refusal::invalid("", "one of campaign and code").into()),
    }
}

/// What a claim asks for, with nothing left to fill in: by it a request that is sent again is known.
pub(super) fn completed(account: &AccountId, of: &ClaimOf) -> impl Serialize + use<> {
    let (of, source) = match of {
        ClaimOf::Campaign { campaign, channel, source, .. } => (Ok((*campaign, *channel)), source.clone()),
        ClaimOf::Code(code) => (Err(code.text.as_str().to_owned()), None),
    };
    (account.clone(), of, source)
}

/// As whom a role claims for an account: it decides about sources with stock set aside.
pub(super) const fn claims_as(role: Role) -> ClaimBy {
    match role {
        Role::Operator | Role::Storefront => ClaimBy::Shop,
        Role::Seller | Role::Shopper => ClaimBy::Shopper,
    }
}

/// The coupon of a claim's answer.
pub(super) fn document(api: &Api, receipt: &Receipt) -> Result<CouponDocument, Problem> {
    let Answer::Coupon { account, coupon } = &receipt.answer else { return Err(EngineError::Fault.into()) };
    let campaign = api.engine.registry().campaign(coupon.campaign).ok_or(EngineError::Fault)?;
    Ok(CouponDocument::new(account, coupon, &campaign, receipt.at))
}
