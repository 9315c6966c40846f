//! What lasts, such as an export or a wait: so many at once for one caller, and for all.

use std::sync::Arc;

use scrip_core::reason::Reason;

use crate::{
    caller::Caller,
    problem::Problem,
    shares::{AtOnce, Share, Shares},
};

/// When somebody refused may ask again, in seconds.
const ASK_AGAIN_SECONDS: u32 = 10;

/// Those of one kind that go on.
pub(crate) struct Concurrent {
    most: AtOnce,
    /// The counter of those that are refused.
    refused: &'static str,
    open: Arc<Shares>,
}

impl Concurrent {
    pub fn new(most: AtOnce, refused: &'static str) -> Self {
        Self { most, refused, open: Arc::default() }
    }

    /// One that goes on until its share is dropped.
    ///
    /// Errors: `rate_limited` if the caller, or all together, have as many as may be.
    pub fn begin(&self, caller: &Caller) -> Result<Share, Problem> {
        self.open.take(&caller.scope, 1, self.most).ok_or_else(|| {
            metrics::counter!(self.refused).increment(1);
            Problem::from(Reason::RateLimited).retry_after(ASK_AGAIN_SECONDS)
        })
    }
}
