use axum::extract::State;
use scrip_core::{
    command::RefundOrder,
    event::Role,
    key::Holder,
    name::{AccountId, OrderId},
    reason::Reason,
};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    body::Body,
    caller::Caller,
    idempotency::{IdempotencyKey, hash},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::orders::get::visible_alone,
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
    caller: Caller,
    PathOf((account, order)): PathOf<(AccountId, OrderId)>,
    key: IdempotencyKey,
    Body(request): Body<RefundRequest>,
) -> Result<Reply<RefundDocument>, Problem> {
    // A shopper may ask what it would get, nothing more.
    if caller.role == Role::Shopper && !request.preview {
        return Err(Reason::Forbidden.into());
    }
    let of = request.checked()?;
    visible_alone(&api, &caller, account.clone(), order.clone()).await?;
    let key = key.used_for(Holder::Account(account.clone()), &(&account, &order, &request));
    // "All" is another refund for each seller: one's id with the same words isn't another's made before.
    let fingerprint = match &caller.seller {
        None => hash(&request),
        Some(seller) => hash(&(seller, &request)),
    };
    let metadata = caller.wrote(request.metadata);
    let command =
        RefundOrder { account, order, id: request.id, of, as_seller: caller.seller.clone(), fingerprint, metadata };
    if request.preview {
        let answer = api.engine.preview_aside(command).await?;
        let Answer::Refund { order, refund, before, .. } = answer else { return Err(EngineError::Fault.into()) };
        return Ok(Reply::ok(shown(&caller, &order, &refund, &before)));
    }
    let receipt = api.engine.submit(command, key).await?;
    let Answer::Refund { order, refund, before, created } = receipt.answer else {
        return Err(EngineError::Fault.into());
    };
    let reply = Reply::created(created, shown(&caller, &order, &refund, &before)).replayed(receipt.replayed);
    let (account, of, id) = (order.account.encoded(), order.id.encoded(), refund.id.encoded());
    Ok(if created { reply.location(format!("/v1/accounts/{account}/orders/{of}/refunds/{id}")) } else { reply })
}

/// What the caller may see of it.
pub(super) fn shown(
    caller: &Caller,
    order: &scrip_core::order::Order,
    refund: &scrip_core::order::Refund,
    before: &scrip_core::order::GivenBack,
) -> RefundDocument {
    match &caller.seller {
        Some(seller) => RefundDocument::for_seller(order, refund, before, seller),
        None => RefundDocument::new(order, refund, caller.writer().as_ref()),
    }
}
