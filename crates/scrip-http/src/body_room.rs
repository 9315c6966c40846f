//! Room for large bodies. A body is in memory from its first byte until the request is answered, and its client decides how long
//! that takes: so each side has room for so many bytes at once, and less of it for one seller or shopper.

use std::sync::Arc;

use scrip_core::reason::Reason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use scrip_desk::{AtOnce, Caller, Share, Shares, Sides};

use crate::{
    counted,
    limits::{ASK_AGAIN_SECONDS, BodyLimits},
    problem::Problem,
};

/// Permits stand for so many bytes each.
const UNIT_BYTES: usize = 1024;
/// Large bodies of one side that are parsed and not answered yet: parsed they take ten times as much.
const PARSED_AT_ONCE: usize = 8;

/// The room that is left.
pub(crate) struct BodyRoom {
    per_caller: usize,
    sides: Sides<Side>,
}

struct Side {
    bytes: Arc<Semaphore>,
    parsed: Arc<Semaphore>,
    /// What each caller has; servers' keys aren't asked.
    shares: Arc<Shares>,
}

/// The room that one body has, until it is dropped.
pub(crate) struct Taken {
    _permit: OwnedSemaphorePermit,
    _own: Option<Share>,
}

impl BodyRoom {
    pub fn new(limits: BodyLimits) -> Self {
        let units = (limits.bytes_at_once / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        let side = || Side {
            bytes: Arc::new(Semaphore::new(units)),
            parsed: Arc::new(Semaphore::new(PARSED_AT_ONCE)),
            shares: Arc::default(),
        };
        Self { per_caller: limits.bytes_per_caller, sides: Sides::new(side) }
    }

    /// Room for a body of so many bytes, as soon as there is some.
    ///
    /// Errors: `rate_limited` at once if the caller, a seller or a shopper, has as much as it may.
    pub async fn take(&self, caller: Option<&Caller>, bytes: usize) -> Result<Taken, Problem> {
        let side = self.sides.of(caller);
        let most = AtOnce { per_caller: self.per_caller, ..AtOnce::ANY };
        let other = caller.filter(|caller| !caller.is_server());
        let own = other.map(|other| side.shares.take(&other.scope, bytes, most).ok_or_else(refused)).transpose()?;
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&side.bytes).acquire_many_owned(units).await.expect("never closed");
        Ok(Taken { _permit: permit, _own: own })
    }

    /// A turn to be parsed, until it is dropped.
    pub async fn turn(&self, caller: Option<&Caller>) -> OwnedSemaphorePermit {
        Arc::clone(&self.sides.of(caller).parsed).acquire_owned().await.expect("never closed")
    }
}

/// There was no room for a body.
pub(crate) fn refused() -> Problem {
    metrics::counter!(counted::BODIES_REFUSED).increment(1);
    Problem::from(Reason::RateLimited).retry_after(ASK_AGAIN_SECONDS)
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use scrip_core::api_key::Role;
    use tokio::time::timeout;

    use super::*;

    const KIB: usize = 1024;

    fn caller(role: Role, scope: &str) -> Caller {
        let scope = scope.to_owned();
        Caller { role, seller: None, account: None, key: None, scope, address: None, shopper: None }
    }

    fn room() -> BodyRoom {
        BodyRoom::new(BodyLimits { bytes_at_once: 300 * KIB, bytes_per_caller: 200 * KIB })
    }

    #[tokio::test]
    async fn a_shopper_has_its_share_and_no_more() {
        let (room, ana) = (room(), caller(Role::Shopper, "ana"));
        let first = room.take(Some(&ana), 150 * KIB).await;
        assert!(first.is_ok());
        let second = room.take(Some(&ana), 60 * KIB).await;
        assert_eq!(second.err().map(|problem| problem.reason().clone()), Some(Reason::RateLimited));
        drop(first);
        assert!(room.take(Some(&ana), 200 * KIB).await.is_ok());
    }

    #[tokio::test]
    async fn who_comes_when_all_is_taken_waits_and_no_side_waits_for_another() {
        let room = room();
        let one = room.take(Some(&caller(Role::Shopper, "ana")), 200 * KIB).await;
        let ben = caller(Role::Shopper, "ben");
        let mut another = pin!(room.take(Some(&ben), 200 * KIB));
        assert!(timeout(Duration::ZERO, another.as_mut()).await.is_err(), "there is no room for both");
        assert!(room.take(Some(&caller(Role::Storefront, "shop")), 300 * KIB).await.is_ok());
        assert!(room.take(Some(&caller(Role::Seller, "luma")), 200 * KIB).await.is_ok());
        assert!(room.take(None, 300 * KIB).await.is_ok());
        drop(one);
        assert!(another.await.is_ok());
    }

    #[tokio::test]
    async fn large_bodies_of_shoppers_leave_a_shops_server_its_turns() {
        let (room, shop, ana) = (room(), caller(Role::Storefront, "shop"), caller(Role::Shopper, "ana"));
        let mut turns = Vec::new();
        for _ in 0..PARSED_AT_ONCE {
            turns.push(room.turn(Some(&ana)).await);
        }
        let mut another = pin!(room.turn(Some(&ana)));
        assert!(timeout(Duration::ZERO, another.as_mut()).await.is_err());
        drop(room.turn(Some(&shop)).await);
        turns.pop();
        drop(another.await);
    }
}
