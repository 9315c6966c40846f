use axum::extract::State;
use scrip_core::{
    name::{AccountId, OrderId},
    order::Order,
    reason::Reason,
    time::Timestamp,
};
use scrip_engine::{Answer, EngineError, Receipt};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::OrderDocument};

/// Get an order
///
/// A seller sees its own lines only.
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}", tag = "Orders", operation_id = "get_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    responses((status = 200, description = "The order", body = OrderDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, id)): PathOf<(AccountId, OrderId)>,
) -> Result<Reply<OrderDocument>, Problem> {
    let order = visible(&api, &caller, account, id).await?;
    Ok(Reply::ok(shown(&api, &caller, &order, api.engine.now())))
}

/// The order, if it exists for the caller.
pub(in crate::routes) async fn visible(
    api: &Api,
    caller: &Caller,
    account: AccountId,
    id: OrderId,
) -> Result<Order, Problem> {
    caller.check_account(&account)?;
    visible_of(caller, api.read(move |reader| reader.order(&account, &id)).await?)
}

/// The same without refunds that stand on pages: what is asked before a command is done.
pub(in crate::routes) async fn visible_alone(
    api: &Api,
    caller: &Caller,
    account: AccountId,
    id: OrderId,
) -> Result<Order, Problem> {
    caller.check_account(&account)?;
    visible_of(caller, api.read(move |reader| reader.order_alone(&account, &id)).await?)
}

fn visible_of(caller: &Caller, order: Option<Order>) -> Result<Order, Problem> {
    order
        .filter(|order| caller.seller.as_ref().is_none_or(|seller| order.transaction_of(seller).is_some()))
        .ok_or_else(|| Reason::NotFound.into())
}

/// What the caller may see of it.
pub(super) fn shown(api: &Api, caller: &Caller, order: &Order, now: Timestamp) -> OrderDocument {
    match &caller.seller {
        Some(seller) => OrderDocument::for_seller(order, seller, now, &|campaign| api.name_of(campaign)),
        None => OrderDocument::new(order, caller.writer().as_ref(), now, &|campaign| api.name_of(campaign)),
    }
}

/// A command's order as the caller sees it.
pub(super) fn document(api: &Api, caller: &Caller, receipt: Receipt) -> Result<Reply<OrderDocument>, Problem> {
    let Answer::Order { order, created } = receipt.answer else { return Err(EngineError::Fault.into()) };
    let reply = Reply::created(created, shown(api, caller, &order, receipt.at)).replayed(receipt.replayed);
    Ok(if created {
        reply.location(format!("/v1/accounts/{}/orders/{}", order.account.encoded(), order.id.encoded()))
    } else {
        reply
    })
}
