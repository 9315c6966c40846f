use axum::extract::State;
use scrip_core::{
    command::CancelOrder,
    key::Holder,
    name::{AccountId, OrderId},
};

use super::get::document;
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

/// Cancel an order, or one seller's transaction
///
/// Before payment its coupons come back; after payment it is a full refund of what is left there.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/cancel", tag = "Orders", operation_id = "cancel_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body(content = Option<SellerRequest>, description = "One seller's transaction; without it all"),
    responses((status = 200, description = "The order as it is now", body = OrderDocument)))]
pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<SellerRequest>,
) -> Result<Reply<OrderDocument>, Problem> {
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &order, &request));
    let seller = request.seller.clone();
    document(&api, &caller, api.engine.submit(CancelOrder { account, order, seller }, key).await?)
}
