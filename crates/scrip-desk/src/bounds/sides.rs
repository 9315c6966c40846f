//! Who takes nothing from whom: a marketplace's servers, sellers, shoppers, and those who need no key.

use scrip_core::api_key::Role;

use crate::callers::Caller;

/// The same for each side.
pub struct Sides<T> {
    servers: T,
    sellers: T,
    shoppers: T,
    strangers: T,
}

impl<T> Sides<T> {
    pub fn new(side: impl Fn() -> T) -> Self {
        Self { servers: side(), sellers: side(), shoppers: side(), strangers: side() }
    }

    pub fn of(&self, caller: Option<&Caller>) -> &T {
        match caller.map(|caller| caller.role) {
            Some(Role::Operator | Role::Storefront) => &self.servers,
            Some(Role::Seller) => &self.sellers,
            Some(Role::Shopper) => &self.shoppers,
            None => &self.strangers,
        }
    }
}
