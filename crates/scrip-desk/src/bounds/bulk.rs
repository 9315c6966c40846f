//! Requests that come to many commands, such as claims for a thousand accounts. What waits for a commit is one line for all: so of
//! servers' and of sellers' such commands only so many stand in it at once, and of one seller go on only so many requests.

use std::sync::Arc;

use scrip_faults::{Fault, is};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use super::{
    concurrent::Concurrent,
    limits::BulkLimits,
    shares::{AtOnce, Share},
};
use crate::{callers::Caller, counted, not_done::NotDone};

/// Commands that wait for their commit at once.
#[derive(Clone, Copy)]
struct InLine {
    of_one_request: usize,
    in_all: usize,
}

/// A batch each, and eight.
const SERVERS: InLine = InLine { of_one_request: 256, in_all: 2_048 };
/// Half a batch in all: whoever claims meanwhile waits for no more.
const SELLERS: InLine = InLine { of_one_request: 64, in_all: 128 };

pub(crate) struct Bulk {
    requests: Concurrent,
    servers: Arc<Semaphore>,
    sellers: Arc<Semaphore>,
}

/// One request's part, until it is dropped.
pub(crate) struct Line {
    commands: Arc<Semaphore>,
    most: usize,
    _request: Option<Share>,
}

impl Bulk {
    pub fn new(limits: BulkLimits) -> Self {
        let most = AtOnce { per_caller: limits.per_caller, in_all: limits.at_once };
        Self {
            requests: Concurrent::new(most, counted::BULK_REFUSED),
            servers: Arc::new(Semaphore::new(SERVERS.in_all)),
            sellers: Arc::new(Semaphore::new(SELLERS.in_all)),
        }
    }

    /// One more request of many commands.
    ///
    /// Errors: `rate_limited` if a seller, or all sellers together, have as many as may be; a marketplace's servers may have any
    /// number.
    pub fn begin(&self, caller: &Caller) -> Result<Line, NotDone> {
        if caller.is_server() || is(Fault::GrantsUnbounded) {
            return Ok(Line { commands: self.servers.clone(), most: SERVERS.of_one_request, _request: None });
        }
        let request = self.requests.begin(caller)?;
        Ok(Line { commands: self.sellers.clone(), most: SELLERS.of_one_request, _request: Some(request) })
    }
}

impl Line {
    /// A place for one more command of the request, of which so many wait; it is free again when what this gives is dropped.
    /// `None`: there is one when one of those has been answered.
    pub async fn place(&self, waiting: usize) -> Option<Option<OwnedSemaphorePermit>> {
        if is(Fault::GrantsUnbounded) {
            return Some(None);
        }
        if waiting >= self.most {
            return None;
        }
        match Arc::clone(&self.commands).try_acquire_owned() {
            Ok(place) => Some(Some(place)),
            Err(TryAcquireError::NoPermits) if waiting > 0 => None,
            Err(_) => Some(Some(Arc::clone(&self.commands).acquire_owned().await.expect("never closed"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use scrip_core::api_key::Role;
    use tokio::time::timeout;

    use super::*;

    fn caller(role: Role, scope: &str) -> Caller {
        let scope = scope.to_owned();
        Caller { role, seller: None, account: None, key: None, scope, address: None, shopper: None }
    }

    #[tokio::test]
    async fn a_request_has_some_places_and_all_sellers_together_no_more_than_half_a_batch() {
        let bulk = Bulk::new(BulkLimits { per_caller: 2, at_once: 100 });
        let mut taken = Vec::new();
        for number in 0..SELLERS.in_all / SELLERS.of_one_request {
            let line = bulk.begin(&caller(Role::Seller, &format!("seller-{number}"))).expect("there is room");
            for waiting in 0..SELLERS.of_one_request {
                taken.push(line.place(waiting).await.expect("there is one"));
            }
            assert!(line.place(SELLERS.of_one_request).await.is_none());
        }
        let line = bulk.begin(&caller(Role::Seller, "another")).expect("there is room");
        let mut waits = pin!(line.place(0));
        assert!(timeout(Duration::ZERO, waits.as_mut()).await.is_err(), "all are taken");
        let shop = bulk.begin(&caller(Role::Storefront, "shop")).expect("there is room");
        assert!(shop.place(0).await.is_some());
        taken.pop();
        assert!(waits.await.is_some());
    }

    #[tokio::test]
    async fn a_seller_has_so_many_requests_and_a_server_any_number() {
        let bulk = Bulk::new(BulkLimits { per_caller: 2, at_once: 3 });
        let begin = |role, scope| bulk.begin(&caller(role, scope));
        let luma = [begin(Role::Seller, "luma"), begin(Role::Seller, "luma")];
        assert!(luma.iter().all(Result::is_ok) && begin(Role::Seller, "luma").is_err());
        let tako = begin(Role::Seller, "tako");
        assert!(tako.is_ok() && begin(Role::Seller, "nori").is_err());
        let shop: Vec<_> = (0..10).map(|_| begin(Role::Storefront, "shop")).collect();
        assert!(shop.iter().all(Result::is_ok));
        drop(luma);
        assert!(begin(Role::Seller, "luma").is_ok());
    }
}
