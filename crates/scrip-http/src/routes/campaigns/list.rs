use axum::extract::State;
use scrip_core::{
    campaign::{Campaign, CampaignStatus},
    id::CampaignId,
    name::{SellerId, decoded},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::get::is_visible;
use crate::{
    api::Api,
    caller::Caller,
    cursor,
    page::cut,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{CampaignDocument, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// `platform`, or `seller:` and the seller's id, in which a `%` is written `%25`.
    #[param(pattern = "^(platform|seller:[!-~]{1,384})$")]
    issuer: Option<String>,
    status: Option<CampaignStatus>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List campaigns
///
/// Oldest first. A seller sees its own, a storefront live ones.
#[utoipa::path(get, path = "/v1/campaigns", tag = "Campaigns", operation_id = "list_campaigns", params(Params),
    responses((status = 200, description = "A page", body = ListDocument<CampaignDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<CampaignDocument>>, Problem> {
    let now = api.engine.now();
    let issuer = params.issuer.as_deref().map(parse_issuer).transpose()?;
    let list = cursor::List::of(&("campaigns", &params.issuer, params.status));
    let after: Option<CampaignId> = list.place(params.cursor.as_deref())?;
    // A seller's own list needn't look at the others'.
    let issuer = issuer.or_else(|| caller.seller.clone().map(Some));
    let is_wanted = |campaign: &Campaign| {
        is_visible(&caller, campaign, now) && params.status.is_none_or(|status| campaign.status(now) == status)
    };
    let mut page = api.engine.registry().campaigns(after, issuer.as_ref(), params.limit.0 + 1, is_wanted);
    let more = cut(&mut page, params.limit.0);
    let next_cursor = page.last().filter(|_| more).map(|campaign| list.cursor(&campaign.id));
    let reader = caller.writer();
    let data = api
        .read(move |counters| {
            page.iter()
                .map(|campaign| {
                    Ok(CampaignDocument::new(campaign, counters.counters(campaign.id)?, reader.as_ref(), now))
                })
                .collect()
        })
        .await?;
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}

/// `Ok(None)`: the platform.
fn parse_issuer(text: &str) -> Result<Option<SellerId>, Problem> {
    if text == "platform" {
        return Ok(None);
    }
    text.strip_prefix("seller:")
        .and_then(decoded)
        .and_then(|seller| SellerId::new(&seller).ok())
        .map(Some)
        .ok_or_else(|| Problem::parameter("issuer", "platform, or seller: and an id, percent-encoded"))
}
