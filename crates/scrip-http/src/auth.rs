//! Who calls.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use scrip_core::{
    event::{ApiKey, Role},
    id::{IdSource, KeyId},
    name::{AccountId, SellerId},
    reason::Reason,
    slot::Slot,
    time::Timestamp,
};
use scrip_engine::fill_random;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    address::{Network, client},
    api::Api,
    problem::Problem,
};

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub role: Role,
    /// Of the role `seller`.
    pub seller: Option<SellerId>,
    /// Of the role `shopper`.
    pub account: Option<AccountId>,
    /// What idempotency keys are scoped by.
    pub scope: String,
    /// Where the request comes from, if it came over a network.
    pub address: Option<Network>,
}

impl Caller {
    /// A shopper sees its own account; to it any other doesn't exist.
    pub fn check_account(&self, account: &AccountId) -> Result<(), Problem> {
        match &self.account {
            Some(own) if own != account => Err(Reason::NotFound.into()),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Reason::Unauthenticated.into())
    }
}

/// Errors: `unauthenticated` for no bearer token, or one that isn't (or no longer) good.
pub fn authenticate(api: &Api, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<Caller, Problem> {
    let mut caller = known(api, headers)?;
    caller.address = peer.map(|peer| client(peer, headers, &api.trusted_proxies));
    Ok(caller)
}

fn known(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Reason::Unauthenticated)?;
    if let Some((id, secret)) = token.strip_prefix("scrip_").and_then(|rest| rest.split_once('_')) {
        return by_key(api, id, secret).ok_or_else(|| Reason::Unauthenticated.into());
    }
    let account = api.tokens.account(token, api.engine.now()).ok_or(Reason::Unauthenticated)?;
    let scope = format!("shopper:{account}");
    Ok(Caller { role: Role::Shopper, seller: None, scope, account: Some(account), address: None })
}

fn by_key(api: &Api, id: &str, secret: &str) -> Option<Caller> {
    let id: KeyId = format!("{}_{id}", KeyId::PREFIX).parse().ok()?;
    let key = api.engine.registry().api_key(id)?;
    let right: bool = secret_hash(secret).ct_eq(&key.secret_hash).into();
    if !right || key.revoked_at.is_some() {
        return None;
    }
    Some(Caller { role: key.role, seller: key.seller, account: None, scope: id.to_string(), address: None })
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
    struct Os;
    impl IdSource for Os {
        fn random(&mut self) -> u64 {
            let mut bytes = [0; 8];
            fill_random(&mut bytes);
            u64::from_be_bytes(bytes)
        }
    }
    let slot = Slot::from_u16((Os.random() & 0xFFFF) as u16);
    let id = KeyId::new(now, slot, &mut Os);
    let mut random = [0; 32];
    fill_random(&mut random);
    let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = id.to_string();
    let bare = shown.strip_prefix("key_").unwrap_or(&shown);
    let text = format!("scrip_{bare}_{secret}");
    let key = ApiKey { id, role, seller, secret_hash: secret_hash(&secret), created_at: now, revoked_at: None };
    NewKey { key, text }
}
