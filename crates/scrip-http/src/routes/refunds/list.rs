use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};

use super::create::shown;
use crate::{
    api::Api,
    auth::Caller,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::orders::get::visible,
    wire::{ListDocument, RefundDocument},
};

/// List an order's refunds
///
/// Oldest first, all of them: an order has few.
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}/refunds", tag = "Refunds", operation_id = "list_refunds",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    responses((status = 200, description = "The refunds", body = ListDocument<RefundDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
) -> Result<Reply<ListDocument<RefundDocument>>, Problem> {
    let order = visible(&api, &caller, account, order).await?;
    let data = order
        .refunds
        .iter()
        .map(|refund| shown(&caller, &order, refund))
        .filter(|refund| caller.seller.is_none() || !refund.is_empty())
        .collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }))
}
