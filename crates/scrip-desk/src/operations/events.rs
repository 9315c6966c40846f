//! The journal as a feed, so far as it is the caller's business.

use std::time::Duration;

use scrip_core::{api_key::Role, event::Recorded, id::CampaignId, name::AccountId, reason::Reason, slot::Bucket};
use scrip_engine::Positions;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{callers::Caller, desk::Desk, not_done::NotDone, rights::Operation, visibility::is_of};

/// Events looked at for one page: a reader of few of them still comes forward.
const LOOKED_AT: usize = 2_000;
/// And so many bytes of the journal, of each bucket.
const LOOKED_AT_BYTES: usize = 2 * 1024 * 1024;
/// Whoever waits looks again after a commit, but no sooner than this after it looked last.
const LOOKS_AGAIN: Duration = Duration::from_millis(100);
/// And after so long without one: another process may have committed.
const LOOKS_ANYWAY: Duration = Duration::from_secs(5);

/// What a feed shows of an event.
pub trait Told: Sized {
    /// `None`: no reader's business. `caller` decides what is shown of metadata.
    fn of(bucket: Bucket, recorded: &Recorded, caller: &Caller) -> Option<Self>;
    fn account(&self) -> Option<&AccountId>;
    fn campaign(&self) -> Option<CampaignId>;
    /// For whoever isn't an operator: without who it was.
    fn without_individuals(self) -> Self;
}

/// Which events, oldest first.
pub struct FeedFilter<'f, T> {
    pub after: Positions,
    /// Of this account only; for operators.
    pub account: Option<AccountId>,
    pub is_wanted: &'f (dyn Fn(&T) -> bool + Sync),
    /// Where there is nothing yet: how long to wait for something.
    pub wait: Duration,
    pub limit: usize,
}

/// A page of the feed.
#[derive(Debug)]
pub struct Feed<T> {
    pub events: Vec<T>,
    /// Where to go on.
    pub next: Positions,
    /// Whether there is more to look at by now.
    pub has_more: bool,
}

impl Desk {
    /// Reads on from a place in the feed, and waits there for something new. `None`: there is no such place.
    ///
    /// Errors: `forbidden` for an account by anybody but an operator, `rate_limited` for too many that wait, `unauthenticated`
    /// if the key was revoked meanwhile.
    pub async fn list_events<T: Told>(
        &self,
        caller: &Caller,
        filter: FeedFilter<'_, T>,
    ) -> Result<Option<Feed<T>>, NotDone> {
        caller.may(Operation::ListEvents)?;
        if filter.account.is_some() && caller.role != Role::Operator {
            return Err(NotDone::parameter("account", Reason::Forbidden));
        }
        let patience = Instant::now() + filter.wait;
        let mut next = filter.after.clone();
        let mut commits = self.engine.commits();
        let mut waits = None;
        loop {
            commits.mark_unchanged();
            let after = next.clone();
            let found = self.read(move |reader| reader.events(&after, LOOKED_AT, LOOKED_AT_BYTES)).await?;
            let Some(found) = found else { return Ok(None) };
            let (events, is_full) = self.told_of(caller, &found.events, &filter, &mut next);
            let has_more = is_full || found.may_be_more;
            if !events.is_empty() || has_more || Instant::now() >= patience {
                return Ok(Some(Feed { events, next, has_more }));
            }
            if waits.is_none() {
                waits = Some(self.waits.begin(caller)?);
            }
            until_a_commit(&mut commits, patience).await;
            self.still(caller)?;
        }
    }

    /// The events that the caller may see and asks for, and whether some were left for the next page.
    fn told_of<T: Told>(
        &self,
        caller: &Caller,
        recorded: &[(Bucket, Recorded)],
        filter: &FeedFilter<'_, T>,
        next: &mut Positions,
    ) -> (Vec<T>, bool) {
        let mut told = Vec::new();
        for (bucket, recorded) in recorded {
            if told.len() == filter.limit {
                return (told, true);
            }
            next.passed(*bucket, recorded.position);
            let Some(event) = T::of(*bucket, recorded, caller) else { continue };
            let of_account = filter.account.as_ref().is_none_or(|account| event.account() == Some(account));
            if !of_account || !(filter.is_wanted)(&event) {
                continue;
            }
            let campaign = event.campaign().filter(|_| caller.seller.is_some());
            if !is_of(caller, campaign.and_then(|campaign| self.campaign(campaign)).as_deref()) {
                continue;
            }
            told.push(if caller.role == Role::Operator { event } else { event.without_individuals() });
        }
        (told, false)
    }
}

/// Waits for a commit, but not beyond `patience`, and never so short that a busy journal is looked at all the time.
async fn until_a_commit(commits: &mut watch::Receiver<u64>, patience: Instant) {
    let now = Instant::now();
    let _ = timeout_at(patience.min(now + LOOKS_ANYWAY), commits.changed()).await;
    sleep_until(patience.min(now + LOOKS_AGAIN)).await;
}
