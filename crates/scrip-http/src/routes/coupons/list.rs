use axum::extract::State;
use scrip_core::{name::AccountId, status::CouponStatus};
use scrip_desk::{CouponFilter, CouponOrder, OwnedCoupon};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Limit, PathOf, Query},
    problem::Problem,
    reply::Reply,
    wire::{CouponDocument, ListDocument},
};

#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Newest,
    Expiring,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct Params {
    /// All but pending ones unless said otherwise.
    status: Option<CouponStatus>,
    /// `newest` (the default) or `expiring`: soonest first.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List an account's coupons
///
/// My Coupons: by status, newest or soonest to expire first.
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons", tag = "Wallet", operation_id = "list_coupons",
    params(("account" = AccountId, Path, description = "The account"), Params),
    responses((status = 200, description = "A page", body = ListDocument<CouponDocument>)))]
pub(in crate::routes) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<CouponDocument>>, Problem> {
    let list = cursor::List::of(&("coupons", &account, params.status, params.sort));
    let after = list.after(params.cursor.as_deref())?;
    let order = match params.sort {
        Sort::Newest => CouponOrder::Newest,
        Sort::Expiring => CouponOrder::Expiring,
    };
    let filter = CouponFilter { status: params.status, order, after, limit: params.limit.0 };
    let page = api.desk.list_coupons(&caller, &account, filter).await?;
    let document = |owned: &OwnedCoupon| CouponDocument::new(&owned.account, &owned.coupon, &owned.campaign, page.at);
    let next_cursor = page.next.map(|after| list.cursor(&after));
    Ok(Reply::ok(ListDocument { data: page.items.iter().map(document).collect(), next_cursor }))
}
