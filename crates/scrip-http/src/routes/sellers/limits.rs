use axum::extract::State;
use scrip_core::{name::SellerId, reason::Reason};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::SellerLimitsDocument};

/// Get what the platform lets a seller have
///
/// Each limit with how much of it is used. A call of the seller's beyond one is refused with `limit_reached`; operators' are
/// not.
#[utoipa::path(get, path = "/v1/sellers/{seller}/limits", tag = "Campaigns", operation_id = "get_seller_limits",
    params(("seller" = SellerId, Path, description = "The seller")),
    responses((status = 200, description = "The limits", body = SellerLimitsDocument)))]
pub(super) async fn limits(
    State(api): State<Api>,
    caller: Caller,
    PathOf(seller): PathOf<SellerId>,
) -> Result<Reply<SellerLimitsDocument>, Problem> {
    if caller.seller.as_ref().is_some_and(|own| *own != seller) {
        return Err(Reason::NotFound.into());
    }
    let used = api.engine.registry().seller_use(&seller, api.engine.now());
    Ok(Reply::ok(SellerLimitsDocument::new(seller.clone(), api.sellers.limits(&seller), used)))
}
