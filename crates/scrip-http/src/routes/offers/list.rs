use axum::extract::State;
use scrip_core::name::{AccountId, ProductId, SellerId};
use scrip_desk::OfferFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Limit, PathOf, Query},
    problem::Problem,
    reply::Reply,
    wire::{ListDocument, OfferDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// Offers that work in this seller's store.
    seller: Option<SellerId>,
    /// Offers whose scope can contain this product (a scope by categories can).
    product: Option<ProductId>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List what an account can collect
///
/// Live campaigns open for claims on a page or in a store, with what is left and what is mine already.
#[utoipa::path(get, path = "/v1/accounts/{account}/offers", tag = "Wallet", operation_id = "list_offers",
    params(("account" = AccountId, Path, description = "The account"), Params),
    responses((status = 200, description = "A page", body = ListDocument<OfferDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathOf(account): PathOf<AccountId>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<OfferDocument>>, Problem> {
    let list = cursor::List::of(&("offers", &account, &params.seller, &params.product));
    let after = list.after(params.cursor.as_deref())?;
    let filter = OfferFilter { seller: params.seller, product: params.product, after, limit: params.limit.0 };
    let page = api.desk.list_offers(&caller, account, filter).await?;
    let data = page.items.iter().map(|offer| OfferDocument::new(&offer.campaign, &offer.left, offer.mine)).collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: page.next.map(|after| list.cursor(&after)) }))
}
