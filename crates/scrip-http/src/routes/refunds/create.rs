use axum::extract::State;
use scrip_core::name::{AccountId, OrderId};
use scrip_desk::{Caller, NewRefund, RefundOfOrder};

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
    let done = api.desk.refund_order(&caller, (account, order), new, &key, &request).await?;
    let reply = Reply::created(done.created, shown(&caller, &done.of)).replayed(done.replayed);
    let (order, id) = (&done.of.order, done.of.refund.id.encoded());
    let (account, order) = (order.account.encoded(), order.id.encoded());
    Ok(if done.created { reply.location(format!("/v1/accounts/{account}/orders/{order}/refunds/{id}")) } else { reply })
}

/// What the caller may see of it.
pub(super) fn shown(caller: &Caller, RefundOfOrder { order, refund, before }: &RefundOfOrder) -> RefundDocument {
    match &caller.seller {
        Some(seller) => RefundDocument::for_seller(order, refund, before, seller),
        None => RefundDocument::new(order, refund, caller.writer().as_ref()),
    }
}
