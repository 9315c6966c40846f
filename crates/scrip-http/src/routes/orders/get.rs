use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};
use scrip_desk::{Done, SeenOrder};

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
    Ok(Reply::ok(OrderDocument::new(order, &api.names())))
}

/// A command's order.
pub(super) fn document(api: &Api, done: Done<SeenOrder>) -> Reply<OrderDocument> {
    let location = format!("/v1/accounts/{}/orders/{}", done.of.account.encoded(), done.of.id.encoded());
    let reply = Reply::created(done.created, OrderDocument::new(done.of, &api.names())).replayed(done.replayed);
    if done.created { reply.location(location) } else { reply }
}
