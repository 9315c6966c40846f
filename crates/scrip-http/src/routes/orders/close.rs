use axum::extract::State;
use scrip_core::{
    command::CloseTransactions,
    key::Holder,
    name::{AccountId, OrderId},
    reason::Reason,
};

use super::get::{document, visible_alone};
use crate::{
    api::Api,
    body::OptionalBody,
    caller::Caller,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{OrderDocument, SellerRequest},
};

/// Close an order, or one seller's transaction
///
/// Delivered and undisputed: coupons become used when every transaction that they discount has ended.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/close", tag = "Orders", operation_id = "close_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body(content = Option<SellerRequest>, description = "One seller's transaction; without it all"),
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn close(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<SellerRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &order, &request));
    let seller = match (&caller.seller, request.seller.clone()) {
        (None, asked) => asked,
        (Some(own), None) => Some(own.clone()),
        (Some(own), Some(asked)) if *own == asked => Some(asked),
        (Some(_), Some(_)) => return Err(Reason::NotFound.into()),
    };
    if caller.seller.is_some() {
        visible_alone(&api, &caller, account.clone(), order.clone()).await?;
    }
    document(&api, &caller, api.engine.submit(CloseTransactions { account, order, seller }, key).await?)
}
