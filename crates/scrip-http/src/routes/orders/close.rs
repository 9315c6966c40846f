use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};

use super::get::document;
use crate::{
    api::Api,
    body::OptionalBody,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{OrderDocument, SellerRequest},
};

/// Close an order, or one seller's transaction
///
/// Delivered and undisputed: coupons become used when every transaction that they discount has ended.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/close", tag = "Orders", operation_id = "close_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body(content = Option<SellerRequest>, description = "One seller's transaction; without it all"),
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn close(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    OptionalBody(request): OptionalBody<SellerRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let done = api.desk.close_order(&caller, of, request.seller.clone(), &key, &request).await?;
    Ok(document(&api, done))
}
