use axum::extract::State;
use scrip_core::{
    cart::Cart,
    code::EnteredCode,
    command::{HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX},
    key::Holder,
    money::Amount,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::{Placement, Use};
use serde::Serialize;

use super::get::document;
use crate::{
    api::Api,
    attempt_log::About,
    body::Body,
    caller::Caller,
    idempotency::{Form, IdempotencyKey, Sameness, done_once},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::quotes::create::cart,
    wire::{CartDocument, OrderDocument, OrderRequest, QuoteDocument},
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
    if !(1..=HOLD_MINUTES_MAX).contains(&hold_minutes) {
        return Err(Refusal::invalid("/hold_minutes", format!("an integer from 1 to {HOLD_MINUTES_MAX}")).into());
    }
    let cart = cart(&request.cart, request.only_seller.as_ref())?;
    let r#use = request.r#use.checked()?;
    let codes = api.entered_codes(&request.codes).await?;
    let (checkout, id) = (completed(&cart, &r#use, &codes, request.expect_discount), &request.id);
    let asked = (id, &checkout, hold_minutes);
    // As it was given: what is changed later is no part of the command.
    let with_metadata = (asked, &request.metadata);
    let has_metadata = !request.metadata.is_empty();
    let same = if has_metadata { Sameness::of(&with_metadata, &request) } else { Sameness::of(&asked, &request) };
    let key = key.keyed(Holder::Account(account.clone()), || {
        let before = (&account, &request);
        if has_metadata {
            Sameness::of(&(&account, &with_metadata), &before)
        } else {
            Sameness::of(&(&account, id, &checkout, hold_minutes), &before)
        }
    });
    let placement = Placement {
        account: account.clone(),
        id: request.id.clone(),
        cart,
        r#use,
        codes,
        expect_discount: request.expect_discount,
        hold_minutes,
        metadata: caller.wrote(request.metadata),
        fingerprint: same.now,
    };
    let about = About::checkout(&placement.r#use, &placement.codes);
    let told = |problem: Problem| problem.about(about.clone());
    api.count_wrong_codes(caller, &account, Some(&placement.id), &placement.codes).await.map_err(told)?;
    let place = |key, form: Form| api.engine.place(Placement { fingerprint: form.of(same), ..placement.clone() }, key);
    let error = match done_once(key, place).await {
        Ok(receipt) => return document(api, caller, receipt),
        Err(error) => told(error.into()),
    };
    if !matches!(error.reason(), Reason::QuoteChanged { .. }) {
        return Err(error);
    }
    // What it would be now, so that the shopper can be asked again.
    let Placement { account, cart, r#use, codes, .. } = placement;
    let asked = cart.clone();
    let answer = api.read(move |reader| reader.quote(&account, &asked, &r#use, &codes)).await?;
    Err(error.with("quote", &QuoteDocument::new(&cart, &answer, &|campaign| api.name_of(campaign))))
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
