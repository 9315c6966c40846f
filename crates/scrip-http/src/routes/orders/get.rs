use axum::extract::State;
use scrip_core::{
    name::{AccountId, OrderId},
    order::Order,
    time::Timestamp,
};
use scrip_desk::{Caller, Done};

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::OrderDocument};

/// Get an order
///
/// A seller sees its own lines only.
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}", tag = "Orders", operation_id = "get_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    responses((status = 200, description = "The order", body = OrderDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, id)): PathOf<(AccountId, OrderId)>,
) -> Result<Reply<OrderDocument>, Problem> {
    let order = api.desk.get_order(&caller, account, id).await?;
    Ok(Reply::ok(shown(&api, &caller, &order, api.desk.now())))
}

/// What the caller may see of it.
pub(super) fn shown(api: &Api, caller: &Caller, order: &Order, now: Timestamp) -> OrderDocument {
    match &caller.seller {
        Some(seller) => OrderDocument::for_seller(order, seller, now, &api.names()),
        None => OrderDocument::new(order, caller.writer().as_ref(), now, &api.names()),
    }
}

/// A command's order as the caller sees it.
pub(super) fn document(api: &Api, caller: &Caller, done: &Done<Order>) -> Reply<OrderDocument> {
    let order = &done.of;
    let reply = Reply::created(done.created, shown(api, caller, order, done.at)).replayed(done.replayed);
    if done.created {
        reply.location(format!("/v1/accounts/{}/orders/{}", order.account.encoded(), order.id.encoded()))
    } else {
        reply
    }
}
