use axum::extract::State;
use scrip_core::{command::HOLD_MINUTES_DEFAULT, name::AccountId};
use scrip_desk::{Caller, Checkout, IdempotencyKey, NewOrder, check_hold};

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::quotes::create::cart,
    wire::{OrderDocument, OrderRequest},
};

/// Place an order
///
/// Its coupons are inactive from here until its transactions end. Idempotent by its own id, for ever.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders", tag = "Orders", operation_id = "place_order",
    params(("account" = AccountId, Path, description = "The account")),
    request_body = OrderRequest,
    responses((status = 201, description = "The order", body = OrderDocument),
        (status = 200, description = "The same order was placed before: as it is now", body = OrderDocument)))]
pub(super) async fn place(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Key(key): Key,
    Body(request): Body<OrderRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let id = request.id.clone();
    placed(&api, &caller, account, &key, request).await.map_err(|problem| problem.about_order(id))
}

async fn placed(
    api: &Api,
    caller: &Caller,
    account: AccountId,
    key: &IdempotencyKey,
    request: OrderRequest,
) -> Result<Reply<OrderDocument>, Problem> {
    let hold_minutes = request.hold_minutes.unwrap_or(HOLD_MINUTES_DEFAULT);
    check_hold(hold_minutes)?;
    let cart = cart(&request.cart, request.only_seller.as_ref())?;
    let r#use = request.r#use.checked()?;
    let codes = api.desk.entered_codes(&request.codes).await?;
    let checkout = Checkout { cart, r#use, codes, expect_discount: request.expect_discount };
    let (id, metadata) = (request.id.clone(), request.metadata.clone());
    let new = NewOrder { id, checkout, hold_minutes, metadata };
    let done = api.desk.place_order(caller, account, new, key, &request).await;
    Ok(document(api, done.map_err(|error| api.problem(error))?))
}
