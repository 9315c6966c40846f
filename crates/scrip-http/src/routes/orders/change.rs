use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{OrderDocument, OrderPatch},
};

/// Change an order's metadata
///
/// In every status. Members that are named are set, or with null removed; all others stay.
#[utoipa::path(patch, path = "/v1/accounts/{account}/orders/{order}", tag = "Orders", operation_id = "change_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body = OrderPatch,
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    Body(patch): Body<OrderPatch>,
) -> Result<Reply<OrderDocument>, Problem> {
    Ok(document(&api, api.desk.change_order(&caller, account, order, patch.metadata).await?))
}
