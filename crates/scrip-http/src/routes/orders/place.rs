use axum::extract::State;
use scrip_core::{
    cart::Cart, code::EnteredCode, command::HOLD_MINUTES_DEFAULT, key::Holder, money::Amount, name::AccountId,
};
use scrip_desk::{Caller, Checkout, IdempotencyKey, NewOrder, Sameness, Use, check_hold};
use serde::Serialize;

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
    wire::{CartDocument, OrderDocument, OrderRequest},
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
    let (completed, id) = (completed(&cart, &r#use, &codes, request.expect_discount), &request.id);
    let asked = (id, &completed, hold_minutes);
    // As it was given: what is changed later is no part of the command.
    let with_metadata = (asked, &request.metadata);
    let has_metadata = !request.metadata.is_empty();
    let same = if has_metadata { Sameness::of(&with_metadata, &request) } else { Sameness::of(&asked, &request) };
    let key = key.keyed(Holder::Account(account.clone()), || {
        let before = (&account, &request);
        if has_metadata {
            Sameness::of(&(&account, &with_metadata), &before)
        } else {
            Sameness::of(&(&account, id, &completed, hold_minutes), &before)
        }
    });
    let checkout = Checkout { cart, r#use, codes, expect_discount: request.expect_discount };
    let new = NewOrder { id: request.id, checkout, hold_minutes, metadata: request.metadata, same };
    let done = api.desk.place_order(caller, account, new, key).await.map_err(|error| api.problem(error))?;
    Ok(document(api, caller, &done))
}

/// What a checkout asks for, with nothing left to fill in: by it a request that is sent again is known.
pub(super) fn completed(
    cart: &Cart,
    r#use: &Use,
    codes: &[EnteredCode],
    expect_discount: Option<Amount>,
) -> impl Serialize + use<> {
    // `None`: the best combination.
    let coupons = if let Use::Named(coupons) = r#use { Some(coupons.clone()) } else { None };
    let codes: Vec<String> = codes.iter().map(|code| code.text.as_str().to_owned()).collect();
    (CartDocument::of(cart), coupons, codes, expect_discount)
}
