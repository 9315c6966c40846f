use axum::extract::State;
use scrip_core::{
    command::ChangeMetadata,
    name::{AccountId, OrderId, RefundName},
    reason::Reason,
};
use scrip_engine::{Answer, EngineError};

use super::create::shown;
use crate::{
    api::Api,
    body::Body,
    caller::Caller,
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
    caller: Caller,
    PathOf((account, order, refund)): PathOf<(AccountId, OrderId, RefundName)>,
    Body(patch): Body<RefundPatch>,
) -> Result<Reply<RefundDocument>, Problem> {
    let by = caller.writer().ok_or(Reason::Forbidden)?;
    let command = ChangeMetadata { account, order, refund: Some(refund), changes: patch.metadata, by };
    let receipt = api.engine.submit(command, None).await?;
    let Answer::Refund { order, refund, before, .. } = receipt.answer else { return Err(EngineError::Fault.into()) };
    Ok(Reply::ok(shown(&caller, &order, &refund, &before)))
}
