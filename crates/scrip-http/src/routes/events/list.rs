use axum::extract::State;
use scrip_core::event::Role;
use scrip_engine::Places;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Api,
    auth::Caller,
    cursor,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{EventDocument, ListDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// A `next_cursor` of this list; absent: from the first event.
    after: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// Events looked at for one page: a reader of few of them still comes forward.
const LOOKED_AT: usize = 2_000;

/// Read the journal as a feed
///
/// Oldest first. `next_cursor` is never null: ask again with it as `after` to go on. A seller reads events of its own
/// campaigns, a storefront all without whose they are.
#[utoipa::path(get, path = "/v1/events", tag = "Events", operation_id = "list_events", params(Params),
    responses((status = 200, description = "A page", body = ListDocument<EventDocument>)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Reply<ListDocument<EventDocument>>, Problem> {
    let mut places: Places = cursor::decode(params.after.as_deref())
        .map_err(|_| scrip_core::reason::Refusal::invalid("/after", "a next_cursor of this list"))?
        .unwrap_or_default();
    let after = places.clone();
    let recorded = api.read(move |reader| reader.events(&after, LOOKED_AT)).await?;
    let mut data = Vec::new();
    for (bucket, recorded) in &recorded {
        if data.len() == params.limit.0 {
            break;
        }
        places.passed(*bucket, recorded.position);
        let Some(event) = EventDocument::new(*bucket, recorded) else { continue };
        if let Some(own) = &caller.seller {
            let campaign = event.campaign.and_then(|campaign| api.engine.registry().campaign(campaign));
            if campaign.is_none_or(|campaign| campaign.terms.issuer.seller() != Some(own)) {
                continue;
            }
        }
        data.push(if caller.role == Role::Operator { event } else { event.without_individuals() });
    }
    Ok(Reply::ok(ListDocument { data, next_cursor: Some(cursor::encode(&places)) }))
}
