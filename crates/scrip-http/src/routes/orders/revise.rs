use axum::extract::State;
use scrip_core::{
    key::Holder,
    name::{AccountId, OrderId},
    reason::Reason,
};
use scrip_engine::Revision;

use super::{get::document, place::completed};
use crate::{
    api::Api,
    attempt_log::About,
    body::Body,
    caller::Caller,
    idempotency::{IdempotencyKey, Sameness, done_once},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{OrderDocument, QuoteDocument, ReviseRequest},
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
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    Body(request): Body<ReviseRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let cart = request.cart.checked()?;
    let r#use = request.r#use.checked()?;
    let codes = api.entered_codes(&request.codes).await?;
    let checkout = completed(&cart, &r#use, &codes, request.expect_discount);
    let same = || Sameness::of(&(&account, &order, checkout), &(&account, &order, &request));
    let key = key.keyed(Holder::Account(account.clone()), same);
    let expect_discount = request.expect_discount;
    let revision = Revision { account, order, cart, r#use, codes, expect_discount };
    let about = About::checkout(&revision.r#use, &revision.codes);
    let told = |problem: Problem| problem.about(about.clone());
    api.count_wrong_codes(&caller, &revision.account, None, &revision.codes).await.map_err(told)?;
    let error = match done_once(key, |key, _| api.engine.revise(revision.clone(), key)).await {
        Ok(receipt) => return document(&api, &caller, receipt),
        Err(error) => told(error.into()),
    };
    if !matches!(error.reason(), Reason::QuoteChanged { .. }) {
        return Err(error);
    }
    // What it would be now, so that the shopper can be asked again.
    let Revision { account, order, cart, r#use, codes, .. } = revision;
    let asked = cart.clone();
    let answer = api.read(move |reader| reader.quote_instead_of(&account, &order, &asked, &r#use, &codes)).await?;
    Err(error.with("quote", &QuoteDocument::new(&cart, &answer, &|campaign| api.name_of(campaign))))
}
