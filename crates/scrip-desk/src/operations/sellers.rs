use scrip_core::{name::SellerId, reason::Reason};
use scrip_engine::SellerUse;

use crate::{bounds::SellerLimits, callers::Caller, desk::Desk, not_done::NotDone, rights::Operation};

impl Desk {
    /// What the platform lets a seller have, and what it has; a seller's own.
    ///
    /// Errors: `not_found`.
    pub fn seller_limits(&self, caller: &Caller, seller: &SellerId) -> Result<(SellerLimits, SellerUse), NotDone> {
        caller.may(Operation::GetSellerLimits)?;
        if caller.seller.as_ref().is_some_and(|own| own != seller) {
            return Err(Reason::NotFound.into());
        }
        Ok((self.sellers.limits(seller), self.engine.registry().seller_use(seller, self.now())))
    }
}
