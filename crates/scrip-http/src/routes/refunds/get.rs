use axum::extract::State;
use scrip_core::name::{AccountId, OrderId, RefundName};

use crate::{api::Api, caller::Authenticated, params::PathOf, problem::Problem, reply::Reply, wire::RefundDocument};

/// Get a refund
#[utoipa::path(get, path = "/v1/accounts/{account}/orders/{order}/refunds/{refund}", tag = "Refunds",
    operation_id = "get_refund",
    params(("account" = AccountId, Path, description = "The account"), ("order" = OrderId, Path, description = "The order"),
        ("refund" = RefundName, Path, description = "The refund")),
    responses((status = 200, description = "The refund", body = RefundDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(of): PathOf<(AccountId, OrderId, RefundName)>,
) -> Result<Reply<RefundDocument>, Problem> {
    Ok(Reply::ok(api.desk.get_refund(&caller, of).await?.into()))
}
