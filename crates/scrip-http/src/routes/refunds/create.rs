use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};
use scrip_desk::NewRefund;

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{RefundDocument, RefundRequest},
};

/// Refund an order, in part or in full
///
/// By units, by amounts without units, by seller, or all. With `preview` the same figures, changing nothing. Idempotent by
/// its own id, for ever.
#[utoipa::path(post, path = "/v1/accounts/{account}/orders/{order}/refunds", tag = "Refunds", operation_id = "refund_order",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order")),
    request_body = RefundRequest,
    responses((status = 201, description = "The refund", body = RefundDocument),
        (status = 200, description = "A preview, or the same refund was made before", body = RefundDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    Key(key): Key,
    Body(request): Body<RefundRequest>,
) -> Result<Reply<RefundDocument>, Problem> {
    caller.may_refund(request.preview)?;
    let of = request.checked()?;
    let (id, metadata) = (request.id.clone(), request.metadata.clone());
    let new = NewRefund { id, of, metadata, preview: request.preview };
    let refunds = format!("/v1/accounts/{}/orders/{}/refunds", account.encoded(), order.encoded());
    let done = api.desk.refund_order(&caller, (account, order), new, &key, &request).await?;
    let location = format!("{refunds}/{}", done.of.id.encoded());
    let reply = Reply::created(done.created, done.of.into()).replayed(done.replayed);
    Ok(if done.created { reply.location(location) } else { reply })
}
