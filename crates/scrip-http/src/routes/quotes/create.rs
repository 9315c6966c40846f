use axum::extract::State;
use scrip_core::{
    cart::Cart,
    code::{CodeText, EnteredCode},
    name::{AccountId, SellerId},
    reason::{Reason, Refusal, UsedBy},
};
use scrip_engine::{QuoteAnswer, Use};

use crate::{
    api::Api,
    body::Body,
    caller::Caller,
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
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
    Body(request): Body<QuoteRequest>,
) -> Result<Reply<QuoteDocument>, Problem> {
    let cart = cart(&request.cart, request.only_seller.as_ref())?;
    let r#use = request.r#use.checked()?;
    caller.check_account(&account)?;
    let codes = api.entered_codes(&request.codes).await?;
    let answer = guarded(&api, &caller, &account, &cart, r#use, codes).await?;
    Ok(Reply::ok(QuoteDocument::new(&cart, &answer, &|campaign| api.name_of(campaign))))
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

/// A quote whose wrong codes count as attempts.
async fn guarded(
    api: &Api,
    caller: &Caller,
    account: &AccountId,
    cart: &Cart,
    r#use: Use,
    codes: Vec<EnteredCode>,
) -> Result<QuoteAnswer, Problem> {
    let attempt = api.attempt(caller, account, &codes).await?;
    let (asked, cart) = (account.clone(), cart.clone());
    let answer = api.read(move |reader| reader.quote(&asked, &cart, &r#use, &codes)).await?;
    let is_wrong = |code: &CodeText| {
        let is_it = |used_by: &UsedBy| matches!(used_by, UsedBy::Code(text) if text == code.as_str());
        answer.unknown.iter().any(|(used_by, reason)| is_it(used_by) && *reason == Reason::CodeNotUsable)
    };
    attempt.settle(api, is_wrong).await?;
    Ok(answer)
}
