//! Whose a bearer token is: an API key's text, or a shopper's token.

use scrip_core::{
    api_key::{ApiKey, Role},
    id::KeyId,
    reason::{Reason, Refusal},
    time::Timestamp,
};
use subtle::ConstantTimeEq;

use crate::{
    callers::{
        Caller,
        key_text::{self, secret_hash},
    },
    desk::Desk,
    not_done::NotDone,
};

impl Desk {
    /// Whose a bearer token is: an API key's text, or a shopper's token. Where the request comes from isn't known yet.
    ///
    /// Errors: `unauthenticated` for one that isn't (or no longer) good.
    pub fn caller_by(&self, token: &str) -> Result<Caller, NotDone> {
        if let Some((id, secret)) = key_text::parts(token) {
            return self.caller_by_key(&id, secret);
        }
        let now = self.now();
        let (account, minted_by) = self.tokens.read(token, now).ok_or(Reason::Unauthenticated)?;
        // A token ends with the key that minted it.
        let minted_by = self.engine.registry().api_key(minted_by).ok_or(Reason::Unauthenticated)?;
        check(&minted_by.key, now)?;
        let scope = format!("shopper:{account}");
        Ok(Caller {
            role: Role::Shopper,
            seller: None,
            key: None,
            scope,
            account: Some(account),
            address: None,
            shopper: None,
        })
    }

    /// Whether somebody who was let in may still read: a key that was revoked meanwhile is nobody's.
    ///
    /// Errors: `unauthenticated`.
    pub fn still(&self, caller: &Caller) -> Result<(), NotDone> {
        let Some(key) = caller.key else { return Ok(()) };
        let known = self.engine.registry().api_key(key).ok_or(Reason::Unauthenticated)?;
        check(&known.key, self.now())
    }

    fn caller_by_key(&self, id: &str, secret: &str) -> Result<Caller, NotDone> {
        let id: KeyId = id.parse().map_err(|_| Reason::Unauthenticated)?;
        let known = self.engine.registry().api_key(id).ok_or(Reason::Unauthenticated)?;
        let right: bool = secret_hash(secret).ct_eq(&known.key.secret_hash).into();
        if !right {
            return Err(Reason::Unauthenticated.into());
        }
        let now = self.now();
        check(&known.key, now)?;
        known.use_at(now);
        Ok(Caller {
            role: known.key.role,
            seller: known.key.seller.clone(),
            key: Some(id),
            account: None,
            scope: id.to_string(),
            address: None,
            shopper: None,
        })
    }
}

/// Errors: `unauthenticated` for a key that is one no more. Whoever has its secret is told when it ended by itself.
fn check(key: &ApiKey, now: Timestamp) -> Result<(), NotDone> {
    if key.revoked_at.is_some() {
        return Err(Reason::Unauthenticated.into());
    }
    match key.expires_at {
        Some(expires_at) if key.has_expired(now) => Err(Refusal {
            detail: Some(format!("The API key expired at {expires_at}; an operator can make another.")),
            ..Reason::Unauthenticated.into()
        }
        .into()),
        _ => Ok(()),
    }
}
