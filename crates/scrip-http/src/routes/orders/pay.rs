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
    wire::{NothingRequest, OrderDocument},
};

/// Pay an order
///
/// Says that it was paid; an order of total 0 is paid too. Budgets are spent and the ledger is booked from here.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/pay", tag = "Orders", operation_id = "pay_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn pay(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    Ok(document(&api, api.desk.pay_order(&caller, account, order, &key).await?))
}
