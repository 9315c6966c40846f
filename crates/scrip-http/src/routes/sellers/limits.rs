use axum::extract::State;
use scrip_core::name::SellerId;

use crate::{
    api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::SellerLimitsDocument,
};

/// Get what the platform lets a seller have
///
/// Each limit with how much of it is used. A call of the seller's beyond one is refused with `limit_reached`; operators' are
/// not.
#[utoipa::path(get, path = "/v1/sellers/{seller}/limits", tag = "Campaigns", operation_id = "get_seller_limits",
    params(("seller" = SellerId, Path, description = "The seller")),
    responses((status = 200, description = "The limits", body = SellerLimitsDocument)))]
pub(super) async fn limits(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(seller): PathOf<SellerId>,
) -> Result<Reply<SellerLimitsDocument>, Problem> {
    let (limits, used) = api.desk.seller_limits(&caller, &seller)?;
    Ok(Reply::ok(SellerLimitsDocument::new(seller, limits, used)))
}
