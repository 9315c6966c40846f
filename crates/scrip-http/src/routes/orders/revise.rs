use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};
use scrip_desk::Checkout;

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{OrderDocument, ReviseRequest},
};

/// Revise a placed order
///
/// Another cart or other coupons under the same id, at once or not at all. Judged now as a new order would be, only that
/// what the order itself holds counts as free. The cart says all that is bought: a seller that was cancelled before is in
/// again if the cart has it. The hold ends when it would have.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/revise", tag = "Orders", operation_id = "revise_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body = ReviseRequest,
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn revise(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    Body(request): Body<ReviseRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let cart = request.cart.checked()?;
    let r#use = request.r#use.checked()?;
    let codes = api.desk.entered_codes(&request.codes).await?;
    let checkout = Checkout { cart, r#use, codes, expect_discount: request.expect_discount };
    let done = api.desk.revise_order(&caller, (account, order), checkout, &key, &request).await;
    Ok(document(&api, done.map_err(|error| api.problem(error))?))
}
