use std::time::Duration;

use axum::extract::State;
use scrip_core::{
    event::{Recorded, Role},
    name::AccountId,
    reason::{Reason, Refusal},
    slot::Bucket,
};
use scrip_engine::Places;
use serde::{Deserialize, Deserializer, de};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};
use utoipa::IntoParams;

use crate::{
    api::Api,
    auth::still,
    caller::Caller,
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

/// Events looked at for one page: a reader of few of them still comes forward.
const LOOKED_AT: usize = 2_000;
/// And so many bytes of the journal, of each bucket.
const LOOKED_AT_BYTES: usize = 2 * 1024 * 1024;

/// Whoever waits looks again after a commit, but no sooner than this after it looked last.
const LOOKS_AGAIN: Duration = Duration::from_millis(100);

/// And after so long without one: another process may have committed.
const LOOKS_ANYWAY: Duration = Duration::from_secs(5);

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
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Reply<FeedDocument>, Problem> {
    let (name, given) = match (params.cursor, params.after) {
        (Some(_), Some(_)) => return Err(Problem::parameter("after", "absent where cursor is given")),
        (None, Some(after)) => ("after", Some(after)),
        (cursor, None) => ("cursor", cursor),
    };
    let unknown = || Problem::parameter(name, "a next_cursor of this feed");
    let mut places: Places = cursor::decode(given.as_deref()).map_err(|_| unknown())?.unwrap_or_default();
    let wanted = params.types.as_deref().map(types).transpose()?;
    if params.account.is_some() && caller.role != Role::Operator {
        return Err(Problem::of_parameters(Refusal::at("/account", Reason::Forbidden)));
    }
    let patience = Instant::now() + params.wait.0;
    let mut commits = api.engine.commits();
    let mut waits = None;
    loop {
        commits.mark_unchanged();
        let after = places.clone();
        let found =
            api.read(move |reader| reader.events(&after, LOOKED_AT, LOOKED_AT_BYTES)).await?.ok_or_else(unknown)?;
        let (data, is_full) = of_caller(
            &api,
            &caller,
            &found.events,
            params.limit.0,
            &mut places,
            wanted.as_deref(),
            params.account.as_ref(),
        );
        let has_more = is_full || found.may_be_more;
        if !data.is_empty() || has_more || Instant::now() >= patience {
            return Ok(Reply::ok(FeedDocument { data, next_cursor: cursor::encode(&places), has_more }));
        }
        if waits.is_none() {
            waits = Some(api.waits.begin(&caller)?);
        }
        until_a_commit(&mut commits, patience).await;
        still(&api, &caller)?;
    }
}

/// Waits for a commit, but not beyond `patience`, and never so short that a busy journal is looked at all the time.
async fn until_a_commit(commits: &mut watch::Receiver<u64>, patience: Instant) {
    let now = Instant::now();
    let _ = timeout_at(patience.min(now + LOOKS_ANYWAY), commits.changed()).await;
    sleep_until(patience.min(now + LOOKS_AGAIN)).await;
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

/// The events that the caller may see and asks for, and whether some were left for the next page.
fn of_caller(
    api: &Api,
    caller: &Caller,
    recorded: &[(Bucket, Recorded)],
    limit: usize,
    places: &mut Places,
    wanted: Option<&[String]>,
    account: Option<&AccountId>,
) -> (Vec<EventDocument>, bool) {
    let mut data = Vec::new();
    let reader = caller.writer();
    let mut is_full = false;
    for (bucket, recorded) in recorded {
        if data.len() == limit {
            is_full = true;
            break;
        }
        places.passed(*bucket, recorded.position);
        let Some(event) = EventDocument::new(*bucket, recorded, reader.as_ref()) else { continue };
        let is_of =
            |name: &String| event.r#type == name || name.ends_with('.') && event.r#type.starts_with(name.as_str());
        if wanted.is_some_and(|wanted| !wanted.iter().any(is_of)) {
            continue;
        }
        if account.is_some_and(|account| event.account.as_ref() != Some(account)) {
            continue;
        }
        if let Some(own) = &caller.seller {
            let campaign = event.campaign.and_then(|campaign| api.engine.registry().campaign(campaign));
            if campaign.is_none_or(|campaign| campaign.terms.issuer.seller() != Some(own)) {
                continue;
            }
        }
        data.push(if caller.role == Role::Operator { event } else { event.without_individuals() });
    }
    (data, is_full)
}
