use axum::extract::State;
use scrip_core::{name::AccountId, status::OrderStatus, time::Timestamp};
use scrip_desk::Operation;
use serde::Deserialize;
use utoipa::IntoParams;

use super::find::{Filter, documents};
use crate::{
    api::Api,
    caller::Authenticated,
    params::{Limit, PathOf, Query},
    problem::Problem,
    reply::Reply,
    wire::{ListDocument, OrderDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    status: Option<OrderStatus>,
    /// Placed at this time or later.
    from: Option<Timestamp>,
    /// Placed before this time.
    until: Option<Timestamp>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List an account's orders
///
/// Newest first.
#[utoipa::path(get, path = "/v1/accounts/{account}/orders", tag = "Orders", operation_id = "list_orders",
    params(("account" = AccountId, Path, description = "The account"), Params),
    responses((status = 200, description = "A page", body = ListDocument<OrderDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<OrderDocument>>, Problem> {
    let filter = Filter {
        id: None,
        account: Some(account.clone()),
        seller: None,
        status: params.status,
        from: params.from,
        until: params.until,
        limit: params.limit,
        cursor: params.cursor,
    };
    caller.may_of(Operation::ListOrders, &account)?;
    let (list, filter) = filter.read()?;
    let page = api.desk.list_orders(&caller, account, filter).await?;
    Ok(documents(&api, &list, page))
}
