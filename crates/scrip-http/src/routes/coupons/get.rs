use axum::extract::State;
use scrip_core::{id::CouponId, name::AccountId};
use scrip_desk::OwnedCoupon;

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::CouponDocument};

/// Get a coupon of an account
///
/// Another account's coupon is not found, exactly like one that doesn't exist (S10).
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons/{coupon}", tag = "Wallet", operation_id = "get_coupon",
    params(("account" = AccountId, Path, description = "The account"),
        ("coupon" = CouponId, Path, description = "The coupon")),
    responses((status = 200, description = "The coupon", body = CouponDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, id)): PathOf<(AccountId, CouponId)>,
) -> Result<Reply<CouponDocument>, Problem> {
    Ok(document(&api, &api.desk.get_coupon(&caller, account, id).await?))
}

/// One coupon as it is now.
pub(super) fn document(api: &Api, owned: &OwnedCoupon) -> Reply<CouponDocument> {
    Reply::ok(CouponDocument::new(&owned.account, &owned.coupon, &owned.campaign, api.desk.now()))
}
