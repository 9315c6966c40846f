use axum::extract::State;
use scrip_core::{
    command::PayOrder,
    key::Holder,
    name::{AccountId, OrderId},
};

use super::get::document;
use crate::{
    api::Api,
    body::OptionalBody,
    caller::Caller,
    idempotency::IdempotencyKey,
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
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    OptionalBody(NothingRequest {}): OptionalBody<NothingRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &order));
    document(&api, &caller, api.engine.submit(PayOrder { account, order }, key).await?)
}
