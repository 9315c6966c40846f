use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use scrip_core::{
    campaign::{Terms, changed_terms},
    command::ChangeCampaign,
    id::CampaignId,
    metadata::Changes,
    reason::Reason,
};
use scrip_engine::EngineError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::get::{document, is_visible};
use crate::{
    api::Api,
    body::{Body, from_value},
    caller::Caller,
    contract::schema,
    forbidden, mistakes,
    once::Members,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    wire::CampaignDocument,
};

/// Change a campaign
///
/// A merge patch (RFC 7396), except that null is stored as null; in `metadata` it removes a member. Needs the ETag as
/// If-Match. A draft may change in all; a published campaign only in name, claim window, channels, and limits upward. Name and
/// metadata may change in every status.
#[utoipa::path(patch, path = "/v1/campaigns/{campaign}", tag = "Campaigns", operation_id = "change_campaign",
    params(("campaign" = CampaignId, Path, description = "The campaign"),
        ("If-Match" = String, Header, description = "The campaign's ETag")),
    request_body(content = Object, description = "The members that change"),
    responses((status = 200, description = "The campaign as it is now", body = CampaignDocument)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathOf(id): PathOf<CampaignId>,
    headers: HeaderMap,
    Body(Members(mut patch)): Body<Members>,
) -> Result<Reply<CampaignDocument>, Problem> {
    if let Some(refusal) = forbidden::issuer(&caller, patch.get("issuer")) {
        return Err(refusal.into());
    }
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
    let by = caller.writer().ok_or(Reason::Forbidden)?;
    let metadata = Value::Object(patch.remove_entry("metadata").into_iter().collect());
    let mut terms = serde_json::to_value(&campaign.terms).map_err(|_| EngineError::Fault)?;
    let keeps_validity = !patch.contains_key("validity");
    if keeps_validity {
        // As it is stored, it may name a time zone that no new campaign may: it isn't judged again.
        terms["validity"] = json!({"type": "after_claim", "days": 1});
    }
    let issuer = terms["issuer"].clone();
    let names_funding = patch.contains_key("funding");
    let names_channels = patch.get("claims").is_some_and(|claims| claims.get("channels").is_some());
    merge(&mut terms, Value::Object(patch));
    if terms["issuer"] != issuer {
        // What is an issuer's default follows the issuer. The terms as stored have it written out.
        if !names_funding {
            terms["funding"] = Value::Null;
        }
        if !names_channels && campaign.terms.named_channels().is_none() && terms["claims"].is_object() {
            terms["claims"]["channels"] = Value::Null;
        }
    }
    let read = || {
        let metadata: MetadataOfPatch = from_value(metadata.clone())?;
        Ok((from_value::<Terms>(terms.clone())?, metadata.metadata))
    };
    let (mut new, metadata) = read().map_err(|problem: Problem| {
        let of_terms = mistakes::of(schema("CampaignRequest"), &terms);
        problem.explained(of_terms.and(mistakes::of(schema("CampaignPatch"), &metadata)))
    })?;
    if keeps_validity {
        new.validity = campaign.terms.validity.clone();
    }
    let turn = api.sellers.turn(caller.seller.as_ref()).await;
    let (registry, now) = (api.engine.registry(), api.engine.now());
    // What may not be at all is told first, by the command itself.
    let may_be = (new == campaign.terms || changed_terms(&campaign, new.clone()).is_ok())
        && campaign.metadata.changed(&metadata, &by).is_ok();
    let barred = turn.as_ref().filter(|_| may_be).and_then(|turn| turn.bars_changing(registry, now, &campaign, &new));
    if let Some(refusal) = barred {
        return Err(refusal.into());
    }
    let command = ChangeCampaign { campaign: id, as_seller: caller.seller.clone(), revision, terms: new, metadata, by };
    document(&caller, api.engine.submit(command, None).await?)
}

/// What of a patch is no part of the terms.
#[derive(Deserialize)]
struct MetadataOfPatch {
    #[serde(default)]
    metadata: Changes,
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
