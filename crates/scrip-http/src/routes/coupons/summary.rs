use axum::extract::State;
use scrip_core::name::AccountId;
use scrip_desk::CouponCounts;

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::SummaryDocument};

/// Count an account's coupons by status
///
/// The tabs of My Coupons.
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons/summary", tag = "Wallet", operation_id = "summarize_coupons",
    params(("account" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The counts", body = SummaryDocument)))]
pub(super) async fn summary(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
) -> Result<Reply<SummaryDocument>, Problem> {
    let CouponCounts { valid, inactive, used, expired, reclaimed } =
        api.desk.summarize_coupons(&caller, account).await?;
    Ok(Reply::ok(SummaryDocument { valid, inactive, used, expired, reclaimed }))
}
