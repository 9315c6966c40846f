use axum::extract::State;
use scrip_core::{
    command::{ExtendHold, HOLD_MINUTES_MAX},
    key::Holder,
    name::{AccountId, OrderId},
    reason::Refusal,
};

use super::get::document;
use crate::{
    api::Api,
    body::Body,
    caller::Caller,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{ExtendRequest, OrderDocument},
};

/// Extend an order's hold
///
/// Counts from now, never shortens, ends 7 days after Place Order.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/extend", tag = "Orders", operation_id = "extend_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body = ExtendRequest,
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn extend(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    Body(request): Body<ExtendRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let hold_minutes = request.hold_minutes;
    if !(1..=HOLD_MINUTES_MAX).contains(&hold_minutes) {
        return Err(Refusal::invalid("/hold_minutes", format!("an integer from 1 to {HOLD_MINUTES_MAX}")).into());
    }
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &order, &request));
    document(&api, &caller, api.engine.submit(ExtendHold { account, order, hold_minutes }, key).await?)
}
