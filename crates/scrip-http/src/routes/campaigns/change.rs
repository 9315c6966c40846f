use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use scrip_core::{
    campaign::{Campaign, Terms},
    id::CampaignId,
    metadata::Changes,
    reason::Reason,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::get::document;
use crate::{
    api::Api,
    body::{Body, from_value},
    caller::Authenticated,
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
    Authenticated(caller): Authenticated,
    PathOf(id): PathOf<CampaignId>,
    headers: HeaderMap,
    Body(Members(patch)): Body<Members>,
) -> Result<Reply<CampaignDocument>, Problem> {
    if let Some(refusal) = forbidden::issuer(&caller, patch.get("issuer")) {
        return Err(refusal.into());
    }
    let revision = |campaign: &Campaign| match headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) {
        None => Err(Problem::from(Reason::PreconditionRequired)),
        Some("*") => Ok(campaign.revision),
        Some(etag) => etag.trim_matches('"').parse().map_err(|_| Reason::PreconditionFailed.into()),
    };
    let done = api.desk.change_campaign(&caller, id, revision, |campaign| patched(campaign, patch)).await?;
    Ok(document(done))
}

/// The campaign's terms with the patch merged in, and what changes of its metadata.
fn patched(campaign: &Campaign, mut patch: Map<String, Value>) -> Result<(Terms, Changes), Problem> {
    let metadata = Value::Object(patch.remove_entry("metadata").into_iter().collect());
    let mut terms = serde_json::to_value(&campaign.terms).map_err(|_| Reason::InternalFault)?;
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
    Ok((new, metadata))
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
