use axum::extract::State;
use scrip_core::{
    name::{AccountId, OrderId, SellerId},
    order::OrderStatus,
    time::Timestamp,
};
use scrip_faults::{Fault, is};
use scrip_store::people::{OrderFilter, OrderPlace};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::get::shown;
use crate::{
    api::Api,
    caller::Caller,
    cursor,
    page::{Page, order_bytes},
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{ListDocument, OrderDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Orders of this id: it is unique in an account only.
    pub id: Option<OrderId>,
    pub account: Option<AccountId>,
    /// Orders with something from this seller. To a seller there are no others' orders.
    pub seller: Option<SellerId>,
    pub status: Option<OrderStatus>,
    /// Placed at this time or later.
    pub from: Option<Timestamp>,
    /// Placed before this time.
    pub until: Option<Timestamp>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Limit,
    pub cursor: Option<String>,
}

/// Where a page ended. Names as they are stored: earlier builds took some that are none today.
#[derive(Serialize, Deserialize)]
struct Place(i64, String, String);

/// Find orders across accounts
///
/// For back offices, newest first. A seller finds its own.
#[utoipa::path(get, path = "/v1/orders", tag = "Orders", operation_id = "find_orders", params(Filter),
    responses((status = 200, description = "A page", body = ListDocument<OrderDocument>)))]
pub(super) async fn find(
    State(api): State<Api>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Reply<ListDocument<OrderDocument>>, Problem> {
    page(&api, &caller, filter).await
}

/// A page of the orders that exist for the caller.
pub(super) async fn page(
    api: &Api,
    caller: &Caller,
    filter: Filter,
) -> Result<Reply<ListDocument<OrderDocument>>, Problem> {
    let asked = (&filter.id, &filter.account, &filter.seller, filter.status, filter.from, filter.until);
    let list = cursor::List::of(&("orders", asked));
    let after: Option<Place> = list.place(filter.cursor.as_deref())?;
    let now = api.engine.now();
    let nothing = ListDocument { data: Vec::new(), next_cursor: None };
    // A seller asking for another's orders finds none.
    if let (Some(own), Some(asked)) = (&caller.seller, &filter.seller)
        && own != asked
    {
        return Ok(Reply::ok(nothing));
    }
    let limit = filter.limit.0;
    let filter = OrderFilter {
        account: filter.account,
        id: filter.id,
        seller: if is(Fault::MissingSellerFilter) { filter.seller } else { caller.seller.clone().or(filter.seller) },
        status: filter.status.map(OrderStatus::as_str),
        from: filter.from,
        until: filter.until,
        now,
        after: after.map(|Place(placed_at, account, order)| OrderPlace {
            placed_at: Timestamp::from_micros(placed_at),
            account: AccountId::stored(&account),
            order: OrderId::stored(&order),
        }),
    };
    let (orders, more) = api
        .read(move |reader| {
            let mut page = Page::default();
            reader.orders(&filter, limit, |order| page.fits(order_bytes(order)))
        })
        .await?;
    let next_cursor = orders
        .last()
        .filter(|_| more)
        .map(|order| list.cursor(&Place(order.placed_at.micros(), order.account.to_string(), order.id.to_string())));
    let data = orders.iter().map(|order| shown(api, caller, order, now)).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}
