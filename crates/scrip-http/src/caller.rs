//! Who calls.

use axum::{extract::FromRequestParts, http::request::Parts};
use scrip_core::{
    event::Role,
    id::KeyId,
    metadata::{Members, Metadata, Writer},
    name::{AccountId, SellerId},
    reason::Reason,
};

use crate::{address::Network, problem::Problem};

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
