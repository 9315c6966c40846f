use scrip_core::{
    event::{ApiKey, Role},
    id::KeyId,
    name::{AccountId, SellerId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new key: role `operator`, `storefront`, or `seller` with its seller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    pub role: Role,
    #[serde(default)]
    pub seller: Option<SellerId>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyDocument {
    pub id: KeyId,
    pub role: Role,
    pub seller: Option<SellerId>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A new key with its secret: shown once, stored nowhere.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub struct NewKeyDocument {
    #[serde(flatten)]
    pub key: KeyDocument,
    pub secret: String,
}

impl KeyDocument {
    pub fn new(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            role: key.role,
            seller: key.seller.clone(),
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A token for one account's own wallet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    pub account: AccountId,
}

/// To be sent as a bearer token by the shopper's browser or app.
#[derive(Serialize, ToSchema)]
#[schema(as = ShopperToken)]
pub struct TokenDocument {
    pub token: String,
    pub expires_at: Timestamp,
}
