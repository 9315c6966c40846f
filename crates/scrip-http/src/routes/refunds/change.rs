use axum::extract::State;
use scrip_core::name::{AccountId, OrderId, RefundName};

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::{RefundDocument, RefundPatch},
};

/// Change a refund's metadata
///
/// Members that are named are set, or with null removed; all others stay. A seller changes what it wrote itself, on refunds
/// that give back something of its own.
#[utoipa::path(patch, path = "/v1/accounts/{account}/orders/{order}/refunds/{refund}", tag = "Refunds",
    operation_id = "change_refund",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order"),
        ("refund" = RefundName, Path, description = "The refund")),
    request_body = RefundPatch,
    responses((status = 200, description = "The refund as it is now", body = RefundDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId, RefundName)>,
    Body(patch): Body<RefundPatch>,
) -> Result<Reply<RefundDocument>, Problem> {
    Ok(Reply::ok(api.desk.change_refund(&caller, of, patch.metadata).await?.into()))
}
