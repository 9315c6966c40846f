use scrip_core::{
    api_key::{ApiKey, Role},
    id::KeyId,
    metadata::{Changes, Members},
    name::{AccountId, SellerId},
    time::Timestamp,
};
use scrip_desk::KnownKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key's holder is to the marketplace: `operator` its staff and back office, `seller` one of its sellers,
/// `storefront` the shop's server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyRole {
    Operator,
    Seller,
    Storefront,
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Operator => Self::Operator,
            KeyRole::Seller => Self::Seller,
            KeyRole::Storefront => Self::Storefront,
        }
    }
}

/// A new API key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// Who will call with it.
    pub role: KeyRole,
    /// The seller that it is bound to: with the role `seller`, and no other.
    #[serde(default)]
    pub seller: Option<SellerId>,
    /// Which of all keys it is, for people: 1 to 200 characters. Null: none.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// When it ends, in the future: from then on it is refused, and so are the shopper tokens that it minted. Null: never.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What is attached to it: never interpreted, and no personal data.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub metadata: Members,
}

/// What changes of a key, one that was revoked or has expired too.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPatch {
    /// Members to set; null removes one; those that aren't named stay.
    #[serde(default)]
    pub metadata: Changes,
}

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyDocument {
    pub id: KeyId,
    /// Who calls with it.
    pub role: KeyRole,
    /// The seller that it is bound to; null but with the role `seller`.
    pub seller: Option<SellerId>,
    /// Which of all keys it is, for people; null if it was given none.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends or ended; null: never.
    pub expires_at: Option<Timestamp>,
    /// When a request came with it last, to the second; after a restart of the server it may be an hour behind. Null: never.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked; null: it wasn't.
    pub revoked_at: Option<Timestamp>,
    /// What operators attached to it.
    pub metadata: Members,
}

/// A new key with its secret: shown once, stored nowhere.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub struct NewKeyDocument {
    #[serde(flatten)]
    pub key: KeyDocument,
    /// To be sent as a bearer token. It can't be read again: null where this answer is given again under an idempotency key.
    pub secret: Option<String>,
}

impl KeyDocument {
    /// A key, and when it was used last.
    pub fn new(key: &ApiKey, last_used_at: Option<Timestamp>) -> Self {
        Self {
            id: key.id,
            role: match key.role {
                Role::Seller => KeyRole::Seller,
                Role::Storefront => KeyRole::Storefront,
                // Shoppers have tokens, never keys.
                Role::Operator | Role::Shopper => KeyRole::Operator,
            },
            seller: key.seller.clone(),
            name: key.name.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at,
            revoked_at: key.revoked_at,
            metadata: key.metadata.all(),
        }
    }
}

impl From<&KnownKey> for KeyDocument {
    fn from(known: &KnownKey) -> Self {
        Self::new(&known.key, known.last_used_at())
    }
}

/// A token for one account's own wallet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Whose wallet it opens.
    pub account: AccountId,
}

/// To be sent as a bearer token by the shopper's browser or app.
#[derive(Serialize, ToSchema)]
#[schema(as = ShopperToken)]
pub struct TokenDocument {
    /// Short-lived, and no longer good than the key that minted it.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}
