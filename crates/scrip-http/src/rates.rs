//! How many requests one caller may send: a token bucket for each, in a table that doesn't grow for ever.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

use governor::{Quota, RateLimiter, clock::Clock as _, clock::DefaultClock, state::keyed::DashMapStateStore};
use scrip_core::{api_key::Role, reason::Reason};

use scrip_desk::Caller;

use crate::{counted, limits::RequestRates, problem::Problem};

/// So many seconds' worth may come at once.
const BURST_SECONDS: u32 = 5;
/// Callers that are remembered; then those that have sent nothing for a while are forgotten.
const CALLERS_MAX: usize = 50_000;
/// Whether there are too many is looked at once in so many requests: counting them locks every part of the table.
const LOOK_EVERY: u64 = 1_024;

/// A hash of the caller's scope by a key of this process: two that meet share a bucket, which nobody can arrange.
type CallerHash = u64;
type Buckets = RateLimiter<CallerHash, DashMapStateStore<CallerHash>, DefaultClock>;

/// One limiter for each role that has a limit. A role without one costs nothing.
pub(crate) struct Rates {
    key: Option<Buckets>,
    seller_key: Option<Buckets>,
    shopper: Option<Buckets>,
    clock: DefaultClock,
    hasher: std::hash::RandomState,
    requests: AtomicU64,
}

impl Rates {
    pub fn new(rates: &RequestRates) -> Self {
        let buckets = |role| {
            let per_second = NonZeroU32::new(rates.of(role))?;
            let burst = per_second.saturating_mul(NonZeroU32::new(BURST_SECONDS).expect("not zero"));
            Some(RateLimiter::dashmap(Quota::per_second(per_second).allow_burst(burst)))
        };
        Self {
            key: buckets(Role::Storefront),
            seller_key: buckets(Role::Seller),
            shopper: buckets(Role::Shopper),
            clock: DefaultClock::default(),
            hasher: std::hash::RandomState::new(),
            requests: AtomicU64::new(0),
        }
    }

    /// Counts a request.
    ///
    /// Errors: `rate_limited` with the time after which one more is taken.
    pub fn admit(&self, caller: &Caller) -> Result<(), Problem> {
        let buckets = match caller.role {
            Role::Operator | Role::Storefront => &self.key,
            Role::Seller => &self.seller_key,
            Role::Shopper => &self.shopper,
        };
        let Some(buckets) = buckets else { return Ok(()) };
        if self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY) && buckets.len() > CALLERS_MAX {
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
        let caller_hash = std::hash::BuildHasher::hash_one(&self.hasher, &caller.scope);
        buckets.check_key(&caller_hash).map_err(|until| {
            metrics::counter!(counted::RATE_LIMITED, "role" => caller.role.as_str()).increment(1);
            let wait = until.wait_time_from(self.clock.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Problem::from(Reason::RateLimited).retry_after(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
        })
    }
}
