use axum::extract::State;
use scrip_core::id::CouponId;

use super::get::document;
use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::CouponDocument};

/// Find a coupon across accounts
///
/// For back offices. A seller finds coupons of its own campaigns.
#[utoipa::path(get, path = "/v1/coupons/{coupon}", tag = "Wallet", operation_id = "find_coupon",
    params(("coupon" = CouponId, Path, description = "The coupon")),
    responses((status = 200, description = "The coupon", body = CouponDocument)))]
pub(super) async fn find(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(id): PathOf<CouponId>,
) -> Result<Reply<CouponDocument>, Problem> {
    Ok(document(&api, &api.desk.find_coupon(&caller, id).await?))
}
