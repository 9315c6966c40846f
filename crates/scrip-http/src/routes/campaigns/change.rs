use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use scrip_core::{
    campaign::Terms,
    command::ChangeCampaign,
    id::CampaignId,
    reason::{Reason, Refusal},
};
use serde_json::{Map, Value};

use super::get::{document, is_visible};
use crate::{
    api::Api,
    auth::Caller,
    body::{Body, from_value},
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::CampaignDocument,
};

/// Change a campaign
///
/// A merge patch (RFC 7396), except that null is stored as null. Needs the ETag as If-Match. A draft may change in all;
/// a published campaign only in name, claim window, channels, and limits upward.
#[utoipa::path(patch, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "change_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign"),
        ("If-Match" = String, Header, description = "The campaign's ETag")),
    request_body(content = Object, description = "The members of the terms that change"),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<CampaignId>,
    headers: HeaderMap,
    Body(patch): Body<Map<String, Value>>,
) -> Result<Reply<CampaignDocument>, Problem> {
    let campaign = api
        .engine
        .registry()
        .campaign(id)
        .filter(|campaign| is_visible(&caller, campaign, api.engine.now()))
        .ok_or(Reason::NotFound)?;
    let revision = match headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) {
        None => return Err(Reason::PreconditionRequired.into()),
        Some("*") => campaign.revision,
        Some(etag) => etag.trim_matches('"').parse().map_err(|_| Reason::PreconditionFailed)?,
    };
    if revision != campaign.revision {
        return Err(Reason::PreconditionFailed.into());
    }
    let mut terms = serde_json::to_value(&campaign.terms).map_err(|_| Refusal::from(Reason::StoreUnavailable))?;
    merge(&mut terms, Value::Object(patch));
    let terms: Terms = from_value(terms)?;
    let command = ChangeCampaign { campaign: id, as_seller: caller.seller.clone(), revision, terms };
    document(&caller, api.engine.submit(command, None).await?)
}

/// Objects merge, all else replaces. An object of another `type` replaces: its members belong together.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            let other_type = patch.get("type").is_some_and(|kind| target.get("type") != Some(kind));
            if other_type {
                target.clear();
            }
            for (member, value) in patch {
                merge(target.entry(member).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}
