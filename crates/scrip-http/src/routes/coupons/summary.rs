use axum::extract::State;
use scrip_core::{name::AccountId, wallet::CouponStatus};

use crate::{api::Api, caller::Caller, params::PathOf, problem::Problem, reply::Reply, wire::SummaryDocument};

/// Count an account's coupons by status
///
/// The tabs of My Coupons.
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons/summary", tag = "Wallet", operation_id = "summarize_coupons",
    params(("account" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The counts", body = SummaryDocument)))]
pub(super) async fn summary(
    State(api): State<Api>,
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
) -> Result<Reply<SummaryDocument>, Problem> {
    caller.check_account(&account)?;
    let now = api.engine.now();
    let coupons = api.read(move |reader| reader.wallet(&account, true)).await?;
    let count = |status: CouponStatus| {
        let count = coupons.iter().filter(|coupon| coupon.status(now) == status).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    Ok(Reply::ok(SummaryDocument {
        valid: count(CouponStatus::Valid),
        inactive: count(CouponStatus::Inactive),
        used: count(CouponStatus::Used),
        expired: count(CouponStatus::Expired),
        reclaimed: count(CouponStatus::Reclaimed),
    }))
}
