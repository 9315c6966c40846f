use axum::extract::State;
use scrip_core::{
    command::{HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX},
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::Placement;

use super::get::document;
use crate::{
    api::Api,
    attempt_log::About,
    auth::Caller,
    body::Body,
    idempotency::{IdempotencyKey, hash},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::quotes::create::cart,
    wire::{OrderDocument, OrderRequest, QuoteDocument, entered_codes},
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
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
    key: IdempotencyKey,
    Body(request): Body<OrderRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let hold_minutes = request.hold_minutes.unwrap_or(HOLD_MINUTES_DEFAULT);
    if !(1..=HOLD_MINUTES_MAX).contains(&hold_minutes) {
        return Err(Refusal::invalid("/hold_minutes", format!("an integer from 1 to {HOLD_MINUTES_MAX}")).into());
    }
    let cart = cart(&request.cart, request.only_seller.as_ref())?;
    let r#use = request.r#use.checked()?;
    let codes = entered_codes(&request.codes, api.engine.secrets())?;
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &request));
    let placement = Placement {
        account: account.clone(),
        id: request.id.clone(),
        cart,
        r#use,
        codes,
        expect_discount: request.expect_discount,
        hold_minutes,
        fingerprint: hash(&request),
    };
    let about = About::checkout(&placement.r#use, &placement.codes);
    let told = |problem: Problem| problem.about(about.clone());
    api.count_wrong_codes(&caller, &account, Some(&placement.id), &placement.codes).await.map_err(told)?;
    let error = match api.engine.place(placement.clone(), key).await {
        Ok(receipt) => return document(&caller, receipt),
        Err(error) => told(error.into()),
    };
    if !matches!(error.reason(), Reason::QuoteChanged { .. }) {
        return Err(error);
    }
    // What it would be now, so that the shopper can be asked again.
    let Placement { account, cart, r#use, codes, .. } = placement;
    let asked = cart.clone();
    let answer = api.read(move |reader| reader.quote(&account, &asked, &r#use, &codes)).await?;
    Err(error.with("quote", &QuoteDocument::new(&cart, &answer)))
}
