use axum::extract::State;
use scrip_core::{
    name::{SellerId, decoded},
    status::CampaignStatus,
};
use scrip_desk::CampaignFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
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
    Authenticated(caller): Authenticated,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<CampaignDocument>>, Problem> {
    let issuer = params.issuer.as_deref().map(parse_issuer).transpose()?;
    let list = cursor::List::of(&("campaigns", &params.issuer, params.status));
    let after = list.after(params.cursor.as_deref())?;
    let filter = CampaignFilter { issuer, status: params.status, after, limit: params.limit.0 };
    let page = api.desk.list_campaigns(&caller, filter).await?;
    let next_cursor = page.next.map(|after| list.cursor(&after));
    let data = page.items.into_iter().map(|seen| CampaignDocument::new(seen, page.at)).collect();
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
