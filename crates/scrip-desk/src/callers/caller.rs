//! Who calls.

use scrip_core::{
    api_key::Role,
    id::KeyId,
    metadata::{Members, Metadata, Writer},
    name::{AccountId, SellerId},
    reason::Reason,
};

use crate::{
    callers::Network,
    not_done::NotDone,
    rights::{Access, Operation},
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

/// What a storefront or an operator says of where its shopper is. Nobody else is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShopperAddress {
    Of(Network),
    Unreadable,
}

impl Caller {
    /// Whoever has the machine: the command line, through the data folder's socket.
    pub fn of_this_machine() -> Self {
        let scope = "this machine".to_owned();
        Self { role: Role::Operator, seller: None, account: None, key: None, scope, address: None, shopper: None }
    }

    pub fn is_of_this_machine(&self) -> bool {
        self.role == Role::Operator && self.key.is_none()
    }

    /// Whether it is a marketplace's own server, which speaks for many.
    pub const fn is_server(&self) -> bool {
        matches!(self.role, Role::Operator | Role::Storefront)
    }

    /// Every function of the desk that a caller asks for begins with this. What only the machine's owner may ask (imports, the
    /// clock) knows no caller: it is routed where no network reaches.
    ///
    /// Errors: `forbidden` for what its role may not do at all.
    pub fn may(&self, operation: Operation) -> Result<(), NotDone> {
        if operation.access(self.role) == Access::No { Err(Reason::Forbidden.into()) } else { Ok(()) }
    }

    /// The same for what is of one account, which a shopper sees of its own: to it any other doesn't exist.
    ///
    /// Errors: `forbidden`, `not_found`.
    pub fn may_of(&self, operation: Operation, account: &AccountId) -> Result<(), NotDone> {
        self.may(operation)?;
        match &self.account {
            Some(own) if own != account => Err(Reason::NotFound.into()),
            _ => Ok(()),
        }
    }

    /// Whether it may give money back. A shopper may ask what it would get, nothing more.
    ///
    /// Errors: `forbidden`.
    pub fn may_refund(&self, preview: bool) -> Result<(), NotDone> {
        self.may(Operation::RefundOrder)?;
        if self.role == Role::Shopper && !preview { Err(Reason::Forbidden.into()) } else { Ok(()) }
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
}
