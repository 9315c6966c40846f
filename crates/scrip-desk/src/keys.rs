//! API keys: who calls by one, and new ones.

use scrip_core::{
    event::{ApiKey, Role},
    id::{IdSource, KeyId},
    metadata::Metadata,
    name::SellerId,
    reason::{Reason, Refusal},
    slot::Slot,
    time::Timestamp,
};
use scrip_engine::fill_random;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{caller::Caller, desk::Desk, not_done::NotDone};

impl Desk {
    /// Whose a bearer token is: an API key's text, or a shopper's token. Where the request comes from isn't known yet.
    ///
    /// Errors: `unauthenticated` for one that isn't (or no longer) good.
    pub fn caller_by(&self, token: &str) -> Result<Caller, NotDone> {
        if let Some((id, secret)) = token.strip_prefix("scrip_").and_then(|rest| rest.split_once('_')) {
            return self.caller_by_key(id, secret);
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
        let id: KeyId = format!("{}_{id}", KeyId::PREFIX).parse().map_err(|_| Reason::Unauthenticated)?;
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

fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A new API key and its text, which is shown once and stored nowhere.
pub struct NewKey {
    pub key: ApiKey,
    pub text: String,
}

/// Makes a key of 256 random bits.
pub fn new_key(role: Role, seller: Option<SellerId>, now: Timestamp) -> NewKey {
    let mut bits = [0; 2];
    fill_random(&mut bits);
    new_key_in(Slot::from_u16(u16::from_be_bytes(bits)), role, seller, now)
}

/// The same where the slot is given.
pub(crate) fn new_key_in(slot: Slot, role: Role, seller: Option<SellerId>, now: Timestamp) -> NewKey {
    struct Os;
    impl IdSource for Os {
        fn random(&mut self) -> u64 {
            let mut bytes = [0; 8];
            fill_random(&mut bytes);
            u64::from_be_bytes(bytes)
        }
    }
    let id = KeyId::new(now, slot, &mut Os);
    let mut random = [0; 32];
    fill_random(&mut random);
    let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = id.to_string();
    let bare = shown.strip_prefix("key_").unwrap_or(&shown);
    let text = format!("scrip_{bare}_{secret}");
    let key = ApiKey {
        id,
        role,
        seller,
        secret_hash: secret_hash(&secret),
        created_at: now,
        revoked_at: None,
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    };
    NewKey { key, text }
}
