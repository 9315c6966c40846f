use axum::extract::State;
use scrip_core::{id::CouponId, name::AccountId, reason::Reason, wallet::CouponState};
use scrip_engine::EngineError;

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::CouponDocument};

/// Get a coupon of an account
///
/// Another account's coupon is not found, exactly like one that doesn't exist (S10).
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons/{coupon}", tag = "Wallet", operation_id = "get_coupon",
    params(("account" = AccountId, Path, description = "The account"),
        ("coupon" = CouponId, Path, description = "The coupon")),
    responses((status = 200, description = "The coupon", body = CouponDocument)))]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathOf((account, id)): PathOf<(AccountId, CouponId)>,
) -> Result<Reply<CouponDocument>, Problem> {
    caller.check_account(&account)?;
    document(&api, account, id).await
}

/// One coupon of one account.
pub(super) async fn document(api: &Api, account: AccountId, id: CouponId) -> Result<Reply<CouponDocument>, Problem> {
    let owner = account.clone();
    let coupon = api
        .read(move |reader| reader.coupon(&owner, id))
        .await?
        // Retired pending coupons are nowhere to be seen (S17).
        .filter(|coupon| coupon.state != CouponState::Pending || api.show_pending)
        .ok_or(Reason::NotFound)?;
    let campaign = api.engine.registry().campaign(coupon.campaign).ok_or(EngineError::Fault)?;
    Ok(Reply::ok(CouponDocument::new(&account, &coupon, &campaign, api.engine.now())))
}
