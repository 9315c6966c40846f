use std::time::Duration;

use axum::extract::State;
use scrip_core::{event::Recorded, id::CampaignId, name::AccountId, slot::Bucket};
use scrip_desk::{Caller, FeedFilter, Told};
use serde::{Deserialize, Deserializer, de};
use utoipa::IntoParams;

use crate::{
    api::Api,
    caller::Authenticated,
    cursor,
    params::{Limit, Query},
    problem::Problem,
    reply::Reply,
    wire::{EventDocument, EventType, FeedDocument},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// A `next_cursor` of this feed; absent: from the first event.
    cursor: Option<String>,
    /// The same, as it was called first.
    after: Option<String>,
    /// Types of events with commas between; `order.*` is all of a kind.
    #[param(example = "coupon.claimed,order.*")]
    types: Option<String>,
    /// Events of this account only; for operators.
    account: Option<AccountId>,
    /// Where there is nothing yet, wait so many seconds for something.
    #[serde(default)]
    #[param(value_type = Option<u8>, maximum = 30)]
    wait: Wait,
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// How long a caller waits for something: 0 to 30 seconds.
#[derive(Clone, Copy, Default)]
struct Wait(Duration);

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(seconds @ 0..=30) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"an integer from 0 to 30")),
        }
    }
}

/// Read the journal as a feed
///
/// Oldest first. A feed has no last page: `next_cursor` is always given, and `has_more` says whether there is more by now.
/// One page looks at a bounded part of the journal: it may be empty while `has_more` says that there is more to look at. Read on
/// with its cursor. A seller reads events of its own campaigns, a storefront all without whose they are. Few may `wait` at once
/// with one key; more are refused with `rate_limited`.
#[utoipa::path(get, path = "/v1/events", tag = "Events", operation_id = "list_events", params(Params),
    responses((status = 200, description = "A page", body = FeedDocument)))]
pub(super) async fn list(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Query(params): Query<Params>,
) -> Result<Reply<FeedDocument>, Problem> {
    let (name, given) = match (params.cursor, params.after) {
        (Some(_), Some(_)) => return Err(Problem::parameter("after", "absent where cursor is given")),
        (None, Some(after)) => ("after", Some(after)),
        (cursor, None) => ("cursor", cursor),
    };
    let unknown = || Problem::parameter(name, "a next_cursor of this feed");
    let after = cursor::decode(given.as_deref()).map_err(|_| unknown())?.unwrap_or_default();
    let wanted = params.types.as_deref().map(types).transpose()?;
    let is_wanted = |event: &EventDocument| wanted.as_ref().is_none_or(|wanted| event.is_one_of(wanted));
    let (account, wait, limit) = (params.account, params.wait.0, params.limit.0);
    let filter = FeedFilter { after, account, is_wanted: &is_wanted, wait, limit };
    let feed = api.desk.list_events(&caller, filter).await?.ok_or_else(unknown)?;
    let next_cursor = cursor::encode(&feed.next);
    Ok(Reply::ok(FeedDocument { data: feed.events, next_cursor, has_more: feed.has_more }))
}

/// The types that are asked for; a family as `order.`.
///
/// Errors: `invalid_field` for one that there isn't.
fn types(text: &str) -> Result<Vec<String>, Problem> {
    let all = || EventType::ALL.iter().map(|(name, _)| *name);
    text.split(',')
        .map(|wanted| {
            let family = wanted.strip_suffix('*').filter(|family| family.ends_with('.'));
            let known = match family {
                Some(family) => all().any(|name| name.starts_with(family)),
                None => all().any(|name| name == wanted),
            };
            let name = family.unwrap_or(wanted).to_owned();
            known.then_some(name).ok_or_else(|| {
                Problem::parameter("types", "types of events, such as coupon.claimed or order.*, with commas between")
            })
        })
        .collect()
}

impl EventDocument {
    /// Whether its type is one of these; a family ends with a dot.
    fn is_one_of(&self, types: &[String]) -> bool {
        let is_of =
            |name: &String| self.r#type == name || name.ends_with('.') && self.r#type.starts_with(name.as_str());
        types.iter().any(is_of)
    }
}

impl Told for EventDocument {
    fn of(bucket: Bucket, recorded: &Recorded, caller: &Caller) -> Option<Self> {
        Self::new(bucket, recorded, caller.writer().as_ref())
    }

    fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    fn campaign(&self) -> Option<CampaignId> {
        self.campaign
    }

    fn without_individuals(self) -> Self {
        Self { account: None, ..self }
    }
}
