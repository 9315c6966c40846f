//! Claims for many accounts at once, each standing alone with its own answer.

use std::{
    collections::{BTreeSet, VecDeque},
    pin::Pin,
    sync::Arc,
};

use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimOf, NoteGrants},
    id::CampaignId,
    idempotency::Holder,
    name::{AccountId, SourceName},
    reason::Refusal,
};
use scrip_engine::{EngineError, Pending};
use serde::Serialize;
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use super::claims::{OwnedCoupon, claim_of, completed};
use crate::{
    attempts::About,
    bounds::Line,
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{IdempotencyKey, Keyed, Sameness, hash, is_another},
    not_done::NotDone,
    rights::Operation,
};

/// Claims in one request.
const CLAIMS_MAX: usize = 1_000;
/// What a claim's own key was noted with from the first version on: it stands in databases.
const NOTED_AS: (&str, &str) = ("POST", "/v1/claims/batch");

/// One of many claims.
#[derive(Clone, Debug)]
pub struct ListedClaim<W> {
    pub account: AccountId,
    pub campaign: CampaignId,
    pub channel: Option<Channel>,
    pub source: Option<SourceName>,
    /// An idempotency key of its own, of 1 to 255 characters.
    pub key: Option<String>,
    /// As it was asked: what earlier versions noted its key with.
    pub as_asked: W,
}

/// What became of each claim, in order.
#[derive(Debug)]
pub struct Claimed {
    pub results: Vec<One>,
    /// Whether all of it was done before under its keys.
    pub replayed: bool,
    /// Nobody got anything, and for the same reason: the campaign is over.
    pub is_over: bool,
    /// Whether there is a coupon that wasn't there before.
    pub(super) any_new: bool,
    /// Whether each was given before under its key.
    is_all_again: bool,
}

/// A claim that is to be handed over.
pub(super) type Ready = (Claim, Option<Keyed>);

/// An account's claim, and what became of it.
type One = (AccountId, Result<Done<OwnedCoupon>, NotDone>);

/// Whom each claim that is refused is said to, when it is.
pub trait Refused: Fn(&AccountId, &NotDone) + Send + Sync + 'static {}

impl<R: Fn(&AccountId, &NotDone) + Send + Sync + 'static> Refused for R {}

impl Claimed {
    fn add(&mut self, account: AccountId, result: Result<Done<OwnedCoupon>, NotDone>) {
        let replayed = result.as_ref().ok().map(|done| done.replayed);
        self.is_all_again &= replayed == Some(true);
        self.any_new |= replayed == Some(false);
        self.results.push((account, result));
    }
}

impl Desk {
    /// Claims for many accounts, by a marketplace's own servers.
    ///
    /// Errors: `invalid_field` for none or more than 1,000 and for a key that is none, `channel_not_allowed`, `rate_limited`. A
    /// claim that is refused stands in its place, and `refused` is told of it when it is.
    pub async fn claim_batch<W: Serialize>(
        &self,
        caller: &Caller,
        claims: Vec<ListedClaim<W>>,
        key: &IdempotencyKey,
        refused: impl Refused,
    ) -> Result<Claimed, NotDone> {
        caller.may(Operation::ClaimBatch)?;
        if claims.is_empty() || claims.len() > CLAIMS_MAX {
            return Err(Refusal::invalid("/claims", format!("1 to {CLAIMS_MAX} claims")).into());
        }
        let mut listed = Vec::new();
        let mut campaigns = BTreeSet::new();
        let mut ready: Vec<Ready> = Vec::with_capacity(claims.len());
        for (index, claim) in claims.into_iter().enumerate() {
            let ListedClaim { account, campaign, channel, source, key: own, as_asked } = claim;
            let of = claim_of(caller.role, campaign, channel, source, || format!("/claims/{index}/channel"))?;
            if key.is_given() {
                listed.push(hash(&(completed(&account, &of), &own)));
            }
            let holder = Holder::Account(account.clone());
            let own = match &own {
                Some(own) if own.is_empty() || own.len() > 255 => {
                    return Err(Refusal::invalid(format!("/claims/{index}/key"), "1 to 255 characters").into());
                }
                Some(own) => {
                    let own = IdempotencyKey::of(caller, NOTED_AS.0, NOTED_AS.1, own);
                    own.used_for(holder, || Sameness::of(&completed(&account, &of), &as_asked))
                }
                None => key.of_part(index).used_for(holder, || {
                    let part = completed(&account, &of);
                    Sameness::of(&part, &part)
                }),
            };
            campaigns.insert(campaign);
            ready.push((Claim { account, of }, own));
        }
        let line = self.bulk.begin(caller)?;
        // Under one key there is one list: each claim's own use of it would let others in.
        let mut noted_before = false;
        let known = campaigns.into_iter().find(|campaign| self.campaign(*campaign).is_some());
        if let Some(campaign) = known
            && let Some(whole) = key.used_for(Holder::Campaigns(key.slot()), || Sameness::always(&listed))
        {
            let accounts = u32::try_from(ready.len()).unwrap_or(u32::MAX);
            let note = NoteGrants { campaign, accounts, slot: key.slot() };
            noted_before = self.engine.submit(note, Some(whole.into_use())).await?.replayed;
        }
        let mut claimed = self.claim_all(line, ready, refused).await;
        claimed.replayed = if key.is_given() { noted_before && !claimed.any_new } else { claimed.is_all_again };
        Ok(claimed)
    }

    /// Submits all, so that they share commits, as many at once as may wait, and collects the answers in order.
    pub(super) async fn claim_all(&self, line: Line, ready: Vec<Ready>, refused: impl Refused) -> Claimed {
        let results = Vec::with_capacity(ready.len());
        let mut claimed = Claimed { results, replayed: false, is_over: false, any_new: false, is_all_again: true };
        let (line, refused) = (Arc::new(line), Arc::new(refused));
        let mut handed_over = HandedOver { line: line.clone(), answers: VecDeque::new(), refused };
        for (claim, key) in ready {
            let place = loop {
                if let Some(place) = line.place(handed_over.answers.len()).await {
                    break place;
                }
                if let Some((account, result)) = handed_over.oldest().await {
                    claimed.add(account, result);
                }
            };
            let again = key.clone().map(|keyed| (claim.clone(), keyed));
            let (account, of) = (claim.account.clone(), claim.of.clone());
            let pending = self.engine.enqueue(claim, key.map(Keyed::into_use));
            handed_over.answers.push_back(Box::pin(self.clone().told(account, of, pending, again, place)));
        }
        while let Some((account, result)) = handed_over.oldest().await {
            claimed.add(account, result);
        }
        claimed
    }

    /// What became of one. `again`: to be asked as earlier versions noted it.
    async fn told(
        self,
        account: AccountId,
        of: ClaimOf,
        pending: Result<Pending, EngineError>,
        again: Option<(Claim, Keyed)>,
        _place: Option<OwnedSemaphorePermit>,
    ) -> One {
        let answered = match pending {
            Ok(pending) => pending.answer().await,
            Err(error) => Err(error),
        };
        // Earlier versions noted the same claim otherwise.
        let answered = match (answered, again) {
            (Err(EngineError::Refused(refusal)), Some((claim, keyed))) if is_another(&refusal) => {
                let before = self.engine.submit(claim, Some(keyed.into_use_as_before())).await;
                before.map_err(|error| if matches!(error, EngineError::Refused(_)) { refusal.into() } else { error })
            }
            (answered, _) => answered,
        };
        let campaign = if let ClaimOf::Campaign { campaign, .. } = of { Some(campaign) } else { None };
        let result = answered.map_err(NotDone::from).and_then(|receipt| self.owned(receipt));
        (account, result.map_err(|error| error.about(About { campaign, ..About::default() })))
    }
}

/// Claims that were handed over, the oldest first. Each is done or refused whether or not anybody waits for it.
struct HandedOver<R: Refused> {
    line: Arc<Line>,
    answers: VecDeque<Pin<Box<dyn Future<Output = One> + Send>>>,
    refused: Arc<R>,
}

impl<R: Refused> HandedOver<R> {
    /// What became of the oldest; said at once to whoever wants to know of what is refused.
    async fn oldest(&mut self) -> Option<One> {
        let (account, result) = self.answers.front_mut()?.await;
        self.answers.pop_front();
        if let Err(error) = &result {
            (self.refused)(&account, error);
        }
        Some((account, result))
    }
}

/// Whoever asked hung up: the others' answers come all the same.
impl<R: Refused> Drop for HandedOver<R> {
    fn drop(&mut self) {
        let (line, answers, refused) = (self.line.clone(), std::mem::take(&mut self.answers), self.refused.clone());
        let (false, Ok(runtime)) = (answers.is_empty(), Handle::try_current()) else { return };
        runtime.spawn(async move {
            for answer in answers {
                if let (account, Err(error)) = answer.await {
                    refused(&account, &error);
                }
            }
            drop(line);
        });
    }
}
