use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{ExtendRequest, OrderDocument},
};

/// Extend an order's hold
///
/// Counts from now, never shortens, ends 7 days after Place Order.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/extend", tag = "Orders", operation_id = "extend_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body = ExtendRequest,
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn extend(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    Body(request): Body<ExtendRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let done = api.desk.extend_order(&caller, of, request.hold_minutes, &key, &request).await?;
    Ok(document(&api, done))
}
