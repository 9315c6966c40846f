use std::cmp::Reverse;

use axum::extract::State;
use scrip_core::{
    id::CouponId,
    name::AccountId,
    time::Timestamp,
    wallet::{Coupon, CouponStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::Api,
    caller::Caller,
    cursor,
    page::{fitting, scope_bytes},
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

/// Where a page ended: micros of what it is sorted by, then the id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place(i64, CouponId);

/// List an account's coupons
///
/// My Coupons: by status, newest or soonest to expire first.
#[utoipa::path(get, path = "/v1/accounts/{account}/coupons", tag = "Wallet", operation_id = "list_coupons",
    params(("account" = AccountId, Path, description = "The account"), Params),
    responses((status = 200, description = "A page", body = ListDocument<CouponDocument>)))]
pub(in crate::routes) async fn list(
    State(api): State<Api>,
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<CouponDocument>>, Problem> {
    let list = cursor::List::of(&("coupons", &account, params.status, params.sort));
    let after: Option<Place> = list.place(params.cursor.as_deref())?;
    caller.check_account(&account)?;
    let now = api.engine.now();
    // Live pages have all that is valid, inactive or pending; the rest may be in history.
    let past = !matches!(params.status, Some(CouponStatus::Valid | CouponStatus::Inactive | CouponStatus::Pending));
    let wallet = account.clone();
    let mut coupons = api.read(move |reader| reader.wallet(&wallet, past)).await?;
    coupons.retain(|coupon| {
        let status = coupon.status(now);
        match params.status {
            Some(asked) => status == asked && (status != CouponStatus::Pending || api.show_pending),
            None => status != CouponStatus::Pending,
        }
    });
    let place = |coupon: &Coupon| Place(sorted_by(params.sort, coupon).micros(), coupon.id);
    match params.sort {
        Sort::Newest => coupons.sort_by_key(|coupon| Reverse(place(coupon))),
        Sort::Expiring => coupons.sort_by_key(place),
    }
    if let Some(after) = after {
        coupons.retain(|coupon| match params.sort {
            Sort::Newest => place(coupon) < after,
            Sort::Expiring => place(coupon) > after,
        });
    }
    let campaign = |coupon: &Coupon| api.engine.registry().campaign(coupon.campaign);
    let bytes = |coupon| campaign(coupon).map_or(0, |campaign| scope_bytes(&campaign.terms.scope));
    let fitting = fitting(params.limit.0, coupons.iter().map(bytes));
    let next_cursor = (coupons.len() > fitting).then(|| list.cursor(&place(&coupons[fitting - 1])));
    coupons.truncate(fitting);
    let document = |coupon| Some(CouponDocument::new(&account, coupon, &*campaign(coupon)?, now));
    let data = coupons.iter().filter_map(document).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}

const fn sorted_by(sort: Sort, coupon: &Coupon) -> Timestamp {
    match sort {
        Sort::Newest => coupon.claimed_at,
        Sort::Expiring => coupon.expires_at,
    }
}
