use axum::extract::State;
use scrip_core::{name::AccountId, reason::Refusal};
use scrip_desk::{Operation, Wanted};

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
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
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Key(key): Key,
    Body(request): Body<ClaimRequest>,
) -> Result<Reply<CouponDocument>, Problem> {
    // Before a code is spelled: of another's wallet nothing is looked at.
    caller.may_of(Operation::CollectCoupon, &account)?;
    let wanted = wanted(&api, &request).await?;
    let done = api.desk.collect_coupon(&caller, account, wanted, &key, &request).await?;
    let location = format!("/v1/accounts/{}/coupons/{}", done.of.account.encoded(), done.of.coupon.id);
    let document = CouponDocument::new(&done.of.account, &done.of.coupon, &done.of.campaign, done.at);
    Ok(Reply::created(true, document).replayed(done.replayed).location(location))
}

async fn wanted(api: &Api, request: &ClaimRequest) -> Result<Wanted, Problem> {
    match (request.campaign, &request.code) {
        (Some(campaign), None) => {
            Ok(Wanted::Campaign { campaign, channel: request.channel, source: request.source.clone() })
        }
        (None, Some(code)) => {
            if request.channel.is_some() || request.source.is_some() {
                return Err(Refusal::invalid("/code", "without channel and source, which are the code's own").into());
            }
            Ok(Wanted::Code(api.desk.entered_code("/code", code).await?))
        }
        _ => Err(Refusal::invalid("", "one of campaign and code").into()),
    }
}
