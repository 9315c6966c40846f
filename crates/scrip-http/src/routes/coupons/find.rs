use axum::extract::State;
use scrip_core::{id::CouponId, reason::Reason};

use super::get::document;
use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::CouponDocument};

/// Find a coupon across accounts
///
/// For back offices. A seller finds coupons of its own campaigns.
#[utoipa::path(get, path = "/v1/coupons/{coupon}", tag = "Wallet", operation_id = "find_coupon",
    params(("coupon" = CouponId, Path, description = "The coupon")),
    responses((status = 200, description = "The coupon", body = CouponDocument)))]
pub(super) async fn find(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<CouponId>,
) -> Result<Reply<CouponDocument>, Problem> {
    let account = api.read(move |reader| reader.coupon_owner(id)).await?.ok_or(Reason::NotFound)?;
    let reply = document(&api, account, id).await?;
    if caller.seller.is_some() && reply.body().issuer.seller() != caller.seller.as_ref() {
        return Err(Reason::NotFound.into());
    }
    Ok(reply)
}
