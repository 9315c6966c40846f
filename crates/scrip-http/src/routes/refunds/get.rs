use axum::extract::State;
use scrip_core::{
    name::{AccountId, OrderId, RefundName},
    reason::Reason,
};

use super::create::shown;
use crate::{
    api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, routes::orders::get::visible_alone,
    wire::RefundDocument,
};

/// Get a refund
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}/refunds/{refund}", tag = "Refunds",
    operation_id = "get_refund",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order"),
        ("refund" = RefundName, Path, description = "The refund")),
    responses((status = 200, description = "The refund", body = RefundDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, order, refund)): PathOf<(AccountId, OrderId, RefundName)>,
) -> Result<Reply<RefundDocument>, Problem> {
    let order = visible_alone(&api, &caller, account, order).await?;
    let found = api.read(move |reader| Ok(reader.refund(&order, &refund)?.map(|found| (order, found)))).await?;
    let (order, (refund, before)) = found.ok_or(Reason::NotFound)?;
    let document = shown(&caller, &order, &refund, &before);
    if caller.seller.is_some() && document.is_empty() {
        return Err(Reason::NotFound.into());
    }
    Ok(Reply::ok(document))
}
