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

/// Cancel an order, or one seller's transaction
///
/// Before payment its coupons come back; after payment it is a full refund of what is left there.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/cancel", tag = "Orders", operation_id = "cancel_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body(content = Option<SellerRequest>, description = "One seller's transaction; without it all"),
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn cancel(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    OptionalBody(request): OptionalBody<SellerRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let done = api.desk.cancel_order(&caller, of, request.seller.clone(), &key, &request).await?;
    Ok(document(&api, done))
}
