use axum::extract::State;
use scrip_core::{
    name::{AccountId, OrderId, SellerId},
    status::OrderStatus,
    time::Timestamp,
};
use scrip_desk::{AfterOrder, Listed, OrderFilter, SeenOrder};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
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

/// Find orders across accounts
///
/// For back offices, newest first. A seller finds its own.
#[utoipa::path(get, path = "/v1/orders", tag = "Orders", operation_id = "find_orders", params(Filter),
    responses((status = 200, description = "A page", body = ListDocument<OrderDocument>)))]
pub(super) async fn find(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Query(filter): Query<Filter>,
) -> Result<Reply<ListDocument<OrderDocument>>, Problem> {
    let (list, filter) = filter.read()?;
    let page = api.desk.find_orders(&caller, filter).await?;
    Ok(documents(&api, &list, page))
}

impl Filter {
    /// As the desk takes it, and the list whose cursors it reads and makes.
    pub fn read(self) -> Result<(cursor::List, OrderFilter), Problem> {
        let asked = (&self.id, &self.account, &self.seller, self.status, self.from, self.until);
        let list = cursor::List::of(&("orders", asked));
        let after = list.after(self.cursor.as_deref())?;
        let Self { id, account, seller, status, from, until, limit, cursor: _ } = self;
        Ok((list, OrderFilter { id, account, seller, status, from, until, after, limit: limit.0 }))
    }
}

/// A page of orders.
pub(super) fn documents(
    api: &Api,
    list: &cursor::List,
    page: Listed<SeenOrder, AfterOrder>,
) -> Reply<ListDocument<OrderDocument>> {
    let data = page.items.into_iter().map(|order| OrderDocument::new(order, &api.names())).collect();
    Reply::ok(ListDocument { data, next_cursor: page.next.map(|after| list.cursor(&after)) })
}
