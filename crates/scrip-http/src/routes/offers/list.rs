use axum::extract::State;
use scrip_core::{
    campaign::{Campaign, CampaignStatus, Channel},
    id::CampaignId,
    name::{AccountId, ProductId, SellerId},
    time::Timestamp,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Caller,
    cursor,
    page::cut,
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
    caller: Caller,
    PathOf(account): PathOf<AccountId>,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<OfferDocument>>, Problem> {
    let list = cursor::List::of(&("offers", &account, &params.seller, &params.product));
    let after: Option<CampaignId> = list.place(params.cursor.as_deref())?;
    caller.check_account(&account)?;
    let now = api.engine.now();
    let is_wanted = |campaign: &Campaign| is_offered(campaign, now) && matches(campaign, &params);
    let mut page = api.engine.registry().campaigns(after, None, params.limit.0 + 1, is_wanted);
    let more = cut(&mut page, params.limit.0);
    let next_cursor = page.last().filter(|_| more).map(|campaign| list.cursor(&campaign.id));
    let data = api
        .read(move |reader| {
            page.iter()
                .map(|campaign| {
                    let standing = reader.allowance(campaign.id)?;
                    let mine = reader.claimed_by(&account, campaign.id)?;
                    Ok(OfferDocument::new(campaign, &standing, mine))
                })
                .collect()
        })
        .await?;
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}

/// Open for claims where a shopper can collect.
fn is_offered(campaign: &Campaign, now: Timestamp) -> bool {
    let collectable = [Channel::Web, Channel::Social, Channel::SellerStore];
    campaign.status(now) == CampaignStatus::Live && collectable.into_iter().any(|channel| campaign.offers(channel))
}

fn matches(campaign: &Campaign, params: &Params) -> bool {
    let terms = &campaign.terms;
    let seller =
        params.seller.as_ref().is_none_or(|seller| terms.issuer.seller().is_none_or(|issuer| issuer == seller));
    let product = params.product.as_ref().is_none_or(|product| {
        let scope = &terms.scope;
        let narrowed = !scope.products.is_empty();
        !scope.exclude_products.contains(product)
            && (!narrowed || scope.products.contains(product) || !scope.categories.is_empty())
    });
    seller && product
}
