//! What callers may take up. Every one is a setting; what goes beyond is refused with a code, and counted.

use std::time::Duration;

use scrip_core::api_key::Role;

/// A body or an answer that isn't larger takes no room: there are no more of them than connections.
pub(crate) const LARGE_BYTES: usize = 16 * 1024;
/// When somebody may ask again for whom there was no room, in seconds.
pub(crate) const ASK_AGAIN_SECONDS: u32 = 1;

/// What all callers, and each of them, may take up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Requests a second of one caller, by its role.
    pub requests: RequestRates,
    pub bodies: BodyLimits,
    pub answers: AnswerLimits,
    pub drain: DrainLimits,
}

/// Requests that one caller may send. Five seconds' worth may come at once, as a page does that asks for many things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestRates {
    /// A second of one operator's or storefront's key; 0: no limit. A shop's server speaks for all its shoppers.
    pub per_key: u32,
    /// A second of one seller's key; 0: no limit.
    pub per_seller_key: u32,
    /// A second of one account, whatever the number of its shopper tokens; 0: no limit.
    pub per_shopper: u32,
}

impl RequestRates {
    /// For callers that are all trusted.
    pub const NONE: Self = Self { per_key: 0, per_seller_key: 0, per_shopper: 0 };

    pub(crate) const fn of(&self, role: Role) -> u32 {
        match role {
            Role::Operator | Role::Storefront => self.per_key,
            Role::Seller => self.per_seller_key,
            Role::Shopper => self.per_shopper,
        }
    }
}

/// Memory for bodies of more than 16 KiB, from their first byte until the request is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyLimits {
    /// At once for operators' and storefronts' keys together, as much for sellers', and as much for shoppers; more wait.
    pub bytes_at_once: usize,
    /// At once of one seller's key or one account.
    pub bytes_per_caller: usize,
}

/// Memory for answers of more than 16 KiB, until their clients have taken them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerLimits {
    /// At once of operators' and storefronts' keys together, of sellers', of shoppers, and of all who need no key.
    pub bytes_at_once: usize,
    /// At once of one seller's key or one account.
    pub bytes_per_caller: usize,
}

/// What is read of the body of a request that was refused before it came, so that its connection can be used again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DrainLimits {
    /// A body with more left isn't read: the answer says that the connection ends.
    pub bytes: u64,
    pub time: Duration,
}

impl Default for RequestRates {
    fn default() -> Self {
        Self { per_key: 0, per_seller_key: 200, per_shopper: 10 }
    }
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes_at_once: 16 * 1024 * 1024, bytes_per_caller: 4 * 1024 * 1024 }
    }
}

impl Default for AnswerLimits {
    fn default() -> Self {
        Self { bytes_at_once: 24 * 1024 * 1024, bytes_per_caller: 8 * 1024 * 1024 }
    }
}

impl Default for DrainLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024, time: Duration::from_secs(5) }
    }
}
