//! Who calls.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use scrip_core::{
    event::{ApiKey, Role},
    id::{IdSource, KeyId},
    metadata::{Members, Metadata, Writer},
    name::{AccountId, SellerId},
    reason::{Reason, Refusal},
    slot::Slot,
    time::Timestamp,
};
use scrip_engine::fill_random;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    address::{Network, address, client},
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
    /// The API key that it calls with; of a shopper none.
    pub key: Option<KeyId>,
    /// What idempotency keys are scoped by.
    pub scope: String,
    /// Where the request comes from, if it came over a network.
    pub address: Option<Network>,
    /// Where the shopper is whom a shop's server speaks for.
    pub shopper: Option<ShopperAddress>,
}

/// What the header `Shopper-Address` of a storefront or an operator says. Anybody else's isn't looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShopperAddress {
    Of(Network),
    Unreadable,
}

impl Caller {
    /// Whether it is a marketplace's own server, which speaks for many.
    pub const fn is_server(&self) -> bool {
        matches!(self.role, Role::Operator | Role::Storefront)
    }

    /// As whom it writes and reads metadata; a shopper does neither.
    pub fn writer(&self) -> Option<Writer> {
        match (self.role, &self.seller) {
            (Role::Operator, _) => Some(Writer::Operator),
            (Role::Storefront, _) => Some(Writer::Storefront),
            (Role::Seller, Some(seller)) => Some(Writer::Seller(seller.clone())),
            (Role::Seller, None) | (Role::Shopper, _) => None,
        }
    }

    /// The metadata of something that the caller makes.
    pub fn wrote(&self, members: Members) -> Metadata {
        self.writer().map(|writer| Metadata::new(members, &writer)).unwrap_or_default()
    }

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
    if matches!(caller.role, Role::Storefront | Role::Operator) {
        caller.shopper = shopper_address(headers);
    }
    Ok(caller)
}

fn shopper_address(headers: &HeaderMap) -> Option<ShopperAddress> {
    let mut given = headers.get_all("shopper-address").iter();
    let first = given.next()?;
    let address = first.to_str().ok().filter(|_| given.next().is_none()).and_then(address);
    Some(address.map_or(ShopperAddress::Unreadable, |address| ShopperAddress::Of(address.into())))
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
        return by_key(api, id, secret);
    }
    let now = api.engine.now();
    let (account, minted_by) = api.tokens.read(token, now).ok_or(Reason::Unauthenticated)?;
    // A token ends with the key that minted it.
    let minted_by = api.engine.registry().api_key(minted_by).ok_or(Reason::Unauthenticated)?;
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

fn by_key(api: &Api, id: &str, secret: &str) -> Result<Caller, Problem> {
    let id: KeyId = format!("{}_{id}", KeyId::PREFIX).parse().map_err(|_| Reason::Unauthenticated)?;
    let known = api.engine.registry().api_key(id).ok_or(Reason::Unauthenticated)?;
    let right: bool = secret_hash(secret).ct_eq(&known.key.secret_hash).into();
    if !right {
        return Err(Reason::Unauthenticated.into());
    }
    let now = api.engine.now();
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

/// Errors: `unauthenticated` for a key that is one no more. Whoever has its secret is told when it ended by itself.
fn check(key: &ApiKey, now: Timestamp) -> Result<(), Problem> {
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
