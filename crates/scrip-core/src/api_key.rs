//! API keys: who may call, and as what.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::{id::KeyId, metadata::Metadata, name::SellerId, time::Timestamp};

/// Who may call, and how to know them. The secret itself is shown once and never stored.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ApiKey {
    #[n(0)]
    pub id: KeyId,
    #[n(1)]
    pub role: Role,
    /// Bound to this one, for the role `seller`.
    #[n(2)]
    pub seller: Option<SellerId>,
    /// SHA-256 of 256 random bits: nothing to guess, so a fast hash is right.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub secret_hash: [u8; 32],
    #[n(4)]
    pub created_at: Timestamp,
    #[n(5)]
    pub revoked_at: Option<Timestamp>,
    /// Which of all keys it is, for people.
    #[n(6)]
    pub name: Option<String>,
    /// From then on it is nobody's.
    #[n(7)]
    pub expires_at: Option<Timestamp>,
    /// As it was noted last, which is an hour after it was noted before or later.
    #[n(8)]
    pub last_used_at: Option<Timestamp>,
    /// What operators attached to it.
    #[cbor(n(80), skip_if = "Metadata::is_empty", default)]
    pub metadata: Metadata,
}

impl ApiKey {
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// What a key's holder is to the marketplace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Role {
    #[n(0)]
    Operator,
    #[n(1)]
    Seller,
    #[n(2)]
    Storefront,
    /// Never a key's: of a short-lived token bound to one account.
    #[n(3)]
    Shopper,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Seller => "seller",
            Self::Storefront => "storefront",
            Self::Shopper => "shopper",
        }
    }
}
