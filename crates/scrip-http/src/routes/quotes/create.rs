use axum::extract::State;
use scrip_core::{
    cart::Cart,
    name::{AccountId, SellerId},
    reason::Refusal,
};
use scrip_desk::Operation;

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{CartDocument, QuoteDocument, QuoteRequest},
};

/// Quote a cart
///
/// What it would cost with the best combination of the wallet's coupons, or with named ones, and for each coupon that
/// doesn't apply, why. Changes nothing.
#[utoipa::path(post, path = "/v1/accounts/{account}/quotes", tag = "Quotes", operation_id = "quote_cart",
    params(("account" = AccountId, Path, description = "The account")),
    request_body = QuoteRequest,
    responses((status = 200, description = "The quote", body = QuoteDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Body(request): Body<QuoteRequest>,
) -> Result<Reply<QuoteDocument>, Problem> {
    let cart = cart(&request.cart, request.only_seller.as_ref())?;
    let r#use = request.r#use.checked()?;
    // Before a code is spelled: of another's wallet nothing is looked at.
    caller.may_of(Operation::QuoteCart, &account)?;
    let codes = api.desk.entered_codes(&request.codes).await?;
    let answer = api.desk.quote_cart(&caller, &account, &cart, r#use, codes).await?;
    Ok(Reply::ok(QuoteDocument::new(&cart, &answer, &api.names())))
}

/// The cart, or one seller's group of it (S21).
pub(in crate::routes) fn cart(cart: &CartDocument, only_seller: Option<&SellerId>) -> Result<Cart, Refusal> {
    let whole = cart.checked()?;
    match only_seller {
        None => Ok(whole),
        Some(seller) => whole
            .only_seller(seller)
            .ok_or_else(|| Refusal::invalid("/only_seller", "a seller with a line in the cart")),
    }
}
