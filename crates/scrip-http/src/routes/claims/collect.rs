use axum::extract::State;
use scrip_core::{
    campaign::Channel,
    code::{CODE_LIMIT, CodeText},
    command::{Claim, ClaimOf, SourceRight},
    event::Role,
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::{Answer, EngineError, Receipt};

use crate::{
    api::Api,
    attempt_log::About,
    auth::Caller,
    body::Body,
    idempotency::IdempotencyKey,
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
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &request));
    let of = asked(&api, &caller, request)?;
    caller.check_account(&account)?;
    let (about, codes) = match &of {
        ClaimOf::Campaign { campaign, .. } => (About { campaign: Some(*campaign), ..About::default() }, Vec::new()),
        ClaimOf::Code(code) => (About::codes([code]), vec![code.clone()]),
    };
    let told = |problem: Problem| problem.about(about.clone());
    let attempt = api.attempt(&caller, &account, &codes).await.map_err(told)?;
    let result = api.engine.submit(Claim { account: account.clone(), of }, key).await;
    let wrong = matches!(&result, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::CodeNotUsable);
    attempt.settle(api.engine.now(), |_| wrong).map_err(told)?;
    let receipt = result.map_err(|error| told(error.into()))?;
    let replayed = receipt.replayed;
    let document = document(&api, &receipt)?;
    let location = format!("/v1/accounts/{account}/coupons/{}", document.id);
    Ok(Reply::created(true, document).replayed(replayed).location(location))
}

fn asked(api: &Api, caller: &Caller, request: ClaimRequest) -> Result<ClaimOf, Refusal> {
    match (request.campaign, request.code) {
        (Some(campaign), None) => {
            let channel = request.channel.unwrap_or(Channel::Web);
            if !may_name(caller.role, channel) {
                return Err(Refusal::at("/channel", Reason::ChannelNotAllowed));
            }
            Ok(ClaimOf::Campaign { campaign, channel, source: request.source, right: source_right(caller.role) })
        }
        (None, Some(code)) => {
            // A code's channel and source are its own.
            if request.channel.is_some() || request.source.is_some() {
                return Err(Refusal::invalid("/code", "without channel and source, which are the code's own"));
            }
            let text = CodeText::parse(&code).map_err(|_| Refusal::invalid("/code", CODE_LIMIT))?;
            Ok(ClaimOf::Code(api.engine.secrets().entered(text)))
        }
        _ => Err(Refusal::invalid("", "one of campaign and code")),
    }
}

/// Which channels a role owns (S1). `code` never by name.
pub(super) const fn may_name(role: Role, channel: Channel) -> bool {
    match channel {
        Channel::Web | Channel::Social | Channel::SellerStore => true,
        Channel::Partner => matches!(role, Role::Operator | Role::Storefront),
        Channel::System => matches!(role, Role::Operator),
        Channel::Code => false,
    }
}

/// Whether a role may name sources with stock set aside.
pub(super) const fn source_right(role: Role) -> SourceRight {
    match role {
        Role::Operator | Role::Storefront => SourceRight::Any,
        Role::Seller | Role::Shopper => SourceRight::WithoutStock,
    }
}

/// The coupon of a claim's answer.
pub(super) fn document(api: &Api, receipt: &Receipt) -> Result<CouponDocument, Problem> {
    let Answer::Coupon { account, coupon } = &receipt.answer else { return Err(EngineError::Fault.into()) };
    let campaign = api.engine.registry().campaign(coupon.campaign).ok_or(EngineError::Fault)?;
    Ok(CouponDocument::new(account, coupon, &campaign, receipt.at))
}
