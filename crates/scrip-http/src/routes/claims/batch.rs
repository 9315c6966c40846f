use std::collections::{BTreeSet, VecDeque};

use axum::{extract::State, http::StatusCode};
use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimOf, NoteGrants},
    id::CampaignId,
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};
use scrip_engine::{EngineError, Pending};
use tokio::sync::OwnedSemaphorePermit;

use super::collect::{claims_as, completed, document};
use crate::{
    api::Api,
    attempt_log::About,
    attempted::Attempted,
    body::Body,
    bulk::Line,
    caller::Caller,
    channels::may_name,
    idempotency::{IdempotencyKey, Keyed, Sameness, hash, is_another},
    problem::Problem,
    reply::Reply,
    wire::{BatchClaims, BatchResult, BatchResults},
};

/// Claim for many accounts
///
/// Up to 1,000 claims, each standing alone with its own answer. With an idempotency key for the whole batch, or one of its own,
/// a claim is done once.
#[utoipa::path(post, path = "/v1/claims/batch", tag = "Wallet", operation_id = "claim_batch",
    request_body = BatchClaims,
    responses((status = 200, description = "The answers, in order", body = BatchResults)))]
pub(super) async fn batch(
    State(api): State<Api>,
    caller: Caller,
    attempted: Attempted,
    whole: IdempotencyKey,
    Body(request): Body<BatchClaims>,
) -> Result<Reply<BatchResults>, Problem> {
    if request.claims.is_empty() || request.claims.len() > 1_000 {
        return Err(Refusal::invalid("/claims", "1 to 1000 claims").into());
    }
    let mut listed = Vec::new();
    let mut campaigns = BTreeSet::new();
    let mut commands = Vec::with_capacity(request.claims.len());
    for (place, claim) in request.claims.into_iter().enumerate() {
        let channel = claim.channel.unwrap_or(Channel::Web);
        if !may_name(caller.role, channel) {
            return Err(Refusal::at(format!("/claims/{place}/channel"), Reason::ChannelNotAllowed).into());
        }
        let by = claims_as(caller.role);
        let of = ClaimOf::Campaign { campaign: claim.campaign, channel, source: claim.source.clone(), by };
        if whole.is_given() {
            listed.push(hash(&(completed(&claim.account, &of), &claim.key)));
        }
        let key = match &claim.key {
            Some(key) if key.is_empty() || key.len() > 255 => {
                return Err(Refusal::invalid(format!("/claims/{place}/key"), "1 to 255 characters").into());
            }
            Some(key) => {
                let same = || Sameness::of(&completed(&claim.account, &of), &claim);
                let key = IdempotencyKey::of_part(&caller, "/v1/claims/batch", key);
                key.keyed(Holder::Account(claim.account.clone()), same)
            }
            None => {
                let same = || {
                    let part = completed(&claim.account, &of);
                    Sameness::of(&part, &part)
                };
                whole.of_place(place).keyed(Holder::Account(claim.account.clone()), same)
            }
        };
        campaigns.insert(claim.campaign);
        commands.push((claim.account.clone(), Claim { account: claim.account, of }, key));
    }
    let line = api.bulk.begin(&caller)?;
    // Under one key there is one list: each claim's own use of it would let others in.
    let mut noted_before = false;
    let known = campaigns.into_iter().find(|campaign| api.engine.registry().campaign(*campaign).is_some());
    if let Some(campaign) = known
        && let Some(key) = whole.used_for(Holder::Campaigns(whole.slot()), &listed)
    {
        let accounts = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        let note = NoteGrants { campaign, accounts, slot: whole.slot() };
        noted_before = api.engine.submit(note, Some(key)).await?.replayed;
    }
    let claimed = claimed(&api, &caller, &attempted, line, commands).await;
    let replayed = if whole.is_given() { noted_before && !claimed.any_new } else { claimed.is_all_again };
    Ok(Reply::ok(BatchResults { results: claimed.results }).replayed(replayed))
}

/// What became of each claim, in order.
pub(crate) struct Claimed {
    pub results: Vec<BatchResult>,
    /// Whether there is a coupon that wasn't there before.
    pub any_new: bool,
    /// Whether each was given before under its key.
    pub is_all_again: bool,
}

impl Claimed {
    fn add(&mut self, (result, replayed): (BatchResult, Option<bool>)) {
        self.is_all_again &= replayed == Some(true);
        self.any_new |= replayed == Some(false);
        self.results.push(result);
    }
}

/// Submits all, so that they share commits, as many at once as may wait, and collects the answers in order.
pub(crate) async fn claimed(
    api: &Api,
    caller: &Caller,
    attempted: &Attempted,
    line: Line,
    commands: Vec<(AccountId, Claim, Option<Keyed>)>,
) -> Claimed {
    let told = |waits: Waits| told(api, caller, attempted, waits);
    let mut claimed = Claimed { results: Vec::with_capacity(commands.len()), any_new: false, is_all_again: true };
    let mut waiting: VecDeque<Waits> = VecDeque::new();
    for (account, claim, key) in commands {
        let place = loop {
            if let Some(place) = line.place(waiting.len()).await {
                break place;
            }
            if let Some(oldest) = waiting.pop_front() {
                claimed.add(told(oldest).await);
            }
        };
        let campaign = if let ClaimOf::Campaign { campaign, .. } = &claim.of { Some(*campaign) } else { None };
        let again = key.clone().map(|keyed| (claim.clone(), keyed));
        let answer = api.engine.enqueue(claim, key.map(Keyed::into_use));
        waiting.push_back(Waits { account, campaign, answer, again, _place: place });
    }
    for waits in waiting {
        claimed.add(told(waits).await);
    }
    claimed
}

/// A claim that was handed over.
struct Waits {
    account: AccountId,
    campaign: Option<CampaignId>,
    answer: Result<Pending, EngineError>,
    /// To be asked again as earlier versions noted it.
    again: Option<(Claim, Keyed)>,
    _place: Option<OwnedSemaphorePermit>,
}

/// What became of one, and whether it was done before; `None`: it was refused.
async fn told(api: &Api, caller: &Caller, attempted: &Attempted, waits: Waits) -> (BatchResult, Option<bool>) {
    let Waits { account, campaign, answer, again, _place } = waits;
    let answered = match answer {
        Ok(answer) => answer.answer().await,
        Err(error) => Err(error),
    };
    // Earlier versions noted the same claim otherwise.
    let answered = match (answered, again) {
        (Err(EngineError::Refused(refusal)), Some((claim, keyed))) if is_another(&refusal) => {
            let before = api.engine.submit(claim, Some(keyed.into_use_as_before())).await;
            before.map_err(|error| if matches!(error, EngineError::Refused(_)) { refusal.into() } else { error })
        }
        (answered, _) => answered,
    };
    let replayed = answered.as_ref().ok().map(|receipt| receipt.replayed);
    let result = answered.map_err(Problem::from).and_then(|receipt| document(api, &receipt));
    let result = match result {
        Ok(coupon) => BatchResult { status: StatusCode::CREATED.as_u16(), coupon: Some(coupon), problem: None },
        Err(problem) => {
            let document = problem.document("");
            let status = document["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR.as_u16());
            let problem = problem.about(About { campaign, ..About::default() });
            attempted.refused_for(api, caller, Some(account), problem);
            BatchResult { status, coupon: None, problem: Some(document) }
        }
    };
    (result, replayed)
}
