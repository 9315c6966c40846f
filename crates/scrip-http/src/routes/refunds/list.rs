use axum::extract::State;
use scrip_core::{
    money::Amount,
    name::{AccountId, OrderId},
    order::Refund,
    quote::Funder,
};

use crate::{
    api::Api,
    caller::Caller,
    cursor,
    page::{fitting, refund_bytes},
    params::{Paging, PathOf, Query},
    problem::Problem,
    reply::Reply,
    routes::orders::get::visible,
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
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    Query(params): Query<Paging>,
) -> Result<Reply<ListDocument<RefundDocument>>, Problem> {
    let list = cursor::List::of(&("refunds", &account, &order, &caller.seller));
    // None goes, and none comes before another: where a page ended is how many there were.
    let shown: usize = list.place(params.cursor.as_deref())?.unwrap_or_default();
    let order = visible(&api, &caller, account, order).await?;
    let parts: Vec<(&Refund, Vec<(Funder, Amount)>)> = match &caller.seller {
        Some(seller) => RefundDocument::of_seller(&order, seller).collect(),
        None => order.refunds.iter().map(|refund| (refund, Vec::new())).collect(),
    };
    let left = parts.get(shown..).unwrap_or_default();
    let fitting = fitting(params.limit.0, left.iter().map(|(refund, _)| refund_bytes(&order, refund)));
    let reader = caller.writer();
    let document = |(refund, reversed): &(&Refund, Vec<(Funder, Amount)>)| match &caller.seller {
        Some(seller) => RefundDocument::part_of(&order, refund, seller, reversed),
        None => RefundDocument::new(&order, refund, reader.as_ref()),
    };
    let data = left[..fitting].iter().map(document).collect();
    let next_cursor = (left.len() > fitting).then(|| list.cursor(&(shown + fitting)));
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}
