use scrip_core::{name::AccountId, reason::Reason, time::Timestamp};

use crate::{callers::Caller, desk::Desk, not_done::NotDone, rights::Operation};

impl Desk {
    /// A token for one account, and when it ends: no later than the key that mints it.
    ///
    /// Errors: `forbidden` for a caller without a key.
    pub fn mint_shopper_token(&self, caller: &Caller, account: &AccountId) -> Result<(String, Timestamp), NotDone> {
        caller.may(Operation::MintShopperToken)?;
        let key = caller.key.ok_or(Reason::Forbidden)?;
        let until = self.engine.registry().api_key(key).and_then(|known| known.key.expires_at);
        Ok(self.tokens.mint(account, key, until, self.now()))
    }
}
