//! What lasts, such as an export or a wait: so many at once for one caller, and for all of its side.

use std::sync::Arc;

use scrip_core::reason::Reason;

use super::{
    shares::{AtOnce, Share, Shares},
    sides::Sides,
};
use crate::{callers::Caller, not_done::NotDone};

/// When somebody refused may ask again, in seconds.
const ASK_AGAIN_SECONDS: u32 = 10;

/// Those of one kind that go on.
pub struct Concurrent {
    most: AtOnce,
    /// The counter of those that are refused.
    refused: &'static str,
    open: Sides<Arc<Shares>>,
}

impl Concurrent {
    pub fn new(most: AtOnce, refused: &'static str) -> Self {
        Self { most, refused, open: Sides::new(Arc::default) }
    }

    /// One that goes on until its share is dropped.
    ///
    /// Errors: `rate_limited` if the caller, or all of its side together, have as many as may be.
    pub fn begin(&self, caller: &Caller) -> Result<Share, NotDone> {
        self.open.of(Some(caller)).take(&caller.scope, 1, self.most).ok_or_else(|| {
            metrics::counter!(self.refused).increment(1);
            NotDone::from(Reason::RateLimited).retry_after(ASK_AGAIN_SECONDS)
        })
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::api_key::Role;

    use super::*;

    fn caller(role: Role, scope: &str) -> Caller {
        let scope = scope.to_owned();
        Caller { role, seller: None, account: None, key: None, scope, address: None, shopper: None }
    }

    #[test]
    fn what_sellers_have_open_takes_nothing_from_a_marketplaces_servers() {
        let waits = Concurrent::new(AtOnce { per_caller: 2, in_all: 3 }, "refused");
        let begin = |role, scope| waits.begin(&caller(role, scope));
        let luma = [begin(Role::Seller, "luma"), begin(Role::Seller, "luma")];
        assert!(luma.iter().all(Result::is_ok) && begin(Role::Seller, "luma").is_err());
        let tako = begin(Role::Seller, "tako");
        assert!(tako.is_ok() && begin(Role::Seller, "nori").is_err());
        let shop = begin(Role::Storefront, "shop");
        assert!(shop.is_ok());
        drop(tako);
        assert!(begin(Role::Seller, "nori").is_ok());
    }
}
