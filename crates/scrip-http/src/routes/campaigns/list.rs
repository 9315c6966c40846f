use axum::extract::State;
use scrip_core::{campaign::CampaignStatus, event::Role, id::CampaignId, name::SellerId, reason::Refusal};
use serde::Deserialize;
use utoipa::IntoParams;

use super::get::is_visible;
use crate::{
    api::Api,
    auth::Caller,
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
    /// `platform` or `seller:<id>`
    #[param(pattern = "^(platform|seller:[A-Za-z0-9._:-]{1,64})$")]
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
    let after: Option<CampaignId> = cursor::decode(params.cursor.as_deref())?;
    let mut page: Vec<_> = api
        .engine
        .registry()
        .campaigns_after(after)
        .into_iter()
        .filter(|campaign| is_visible(&caller, campaign, now))
        .filter(|campaign| issuer.as_ref().is_none_or(|issuer| campaign.terms.issuer.seller() == issuer.as_ref()))
        .filter(|campaign| params.status.is_none_or(|status| campaign.status(now) == status))
        .take(params.limit.0 + 1)
        .collect();
    let more = page.len() > params.limit.0;
    page.truncate(params.limit.0);
    let next_cursor = page.last().filter(|_| more).map(|campaign| cursor::encode(&campaign.id));
    let with_budget = caller.role != Role::Storefront;
    let data = api
        .read(move |reader| {
            page.iter()
                .map(|campaign| Ok(CampaignDocument::new(campaign, reader.counters(campaign.id)?, with_budget, now)))
                .collect()
        })
        .await?;
    Ok(Reply::ok(ListDocument { data, next_cursor }))
}

/// `Ok(None)`: the platform.
fn parse_issuer(text: &str) -> Result<Option<SellerId>, Refusal> {
    if text == "platform" {
        return Ok(None);
    }
    text.strip_prefix("seller:")
        .and_then(|seller| SellerId::new(seller).ok())
        .map(Some)
        .ok_or_else(|| Refusal::invalid("/issuer", "platform or seller:<id>"))
}
