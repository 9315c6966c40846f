use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Paging, PathOf, Query},
    problem::Problem,
    reply::Reply,
    wire::{ListDocument, RefundDocument},
};

/// List an order's refunds
///
/// Oldest first. A seller sees those that give something of its own back.
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}/refunds", tag = "Refunds", operation_id = "list_refunds",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order"), Paging),
    responses((status = 200, description = "A page", body = ListDocument<RefundDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId)>,
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<RefundDocument>>, Problem> {
    let list = cursor::List::of(&("refunds", &of.0, &of.1, &caller.seller));
    let after: usize = list.after(params.cursor.as_deref())?.unwrap_or_default();
    let page = api.desk.list_refunds(&caller, of, after, params.limit.0).await?;
    let data = page.items.into_iter().map(RefundDocument::from).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: page.next.map(|after| list.cursor(&after)) }))
}
