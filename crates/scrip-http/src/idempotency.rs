//! The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07).

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use scrip_core::{
    id::CampaignId,
    key::Holder,
    reason::{Reason, Refusal},
    slot::Slot,
};
use scrip_engine::{EngineError, KeyUse, Receipt, fill_random};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{caller::Caller, problem::Problem};

/// Which form of a command is hashed. In the first, requests were hashed as they were read; in the second, commands with
/// their defaults filled in and their codes as compared.
const FORM: u8 = 2;

/// The hash by which a command is known again, and the one that earlier versions noted for the same request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sameness {
    pub now: [u8; 16],
    pub before: [u8; 16],
}

impl Sameness {
    /// Of a command as it is done, and the request as it came. What a request may say more from here on must not change
    /// how one that doesn't say it is written: what earlier versions noted would be another's.
    pub fn of(command: &impl Serialize, request: &impl Serialize) -> Self {
        Self { now: hash(&(FORM, command)), before: hash(request) }
    }
}

/// The use of a key for a command, and as earlier versions noted it.
#[derive(Clone, Debug)]
pub struct Keyed {
    key: KeyUse,
    before: [u8; 16],
}

impl Keyed {
    pub fn into_use(self) -> KeyUse {
        self.key
    }

    pub fn into_use_as_before(self) -> KeyUse {
        KeyUse { command_hash: self.before, ..self.key }
    }
}

/// Does a command; if it isn't known as the same as what was done before, once more as earlier versions knew it. A refusal
/// for being another has no effect, so nothing is done twice.
pub async fn done_once<F: Future<Output = Result<Receipt, EngineError>>>(
    key: Option<Keyed>,
    does: impl Fn(Option<KeyUse>, Form) -> F,
) -> Result<Receipt, EngineError> {
    let refused = match does(key.clone().map(Keyed::into_use), Form::Now).await {
        Err(EngineError::Refused(refusal)) if is_another(&refusal) => refusal,
        done => return done,
    };
    let again = does(key.map(Keyed::into_use_as_before), Form::Before).await;
    again.map_err(|error| if matches!(error, EngineError::Refused(_)) { refused.into() } else { error })
}

/// By which of the two hashes a command is to be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Now,
    Before,
}

impl Form {
    pub const fn of(self, same: Sameness) -> [u8; 16] {
        match self {
            Self::Now => same.now,
            Self::Before => same.before,
        }
    }
}

pub fn is_another(refusal: &Refusal) -> bool {
    matches!(refusal.first(), Reason::IdempotencyKeyReused | Reason::OrderExists)
}

/// The key that came with a request, with caller and operation; nothing if none came.
pub struct IdempotencyKey(Option<[u8; 16]>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let limit = "a string of 1 to 255 printable ASCII characters";
        let text = header.to_str().map_err(|_| Problem::parameter("Idempotency-Key", limit))?;
        // The draft's structured string and a bare one are the same key.
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned();
        if key.is_empty() || key.len() > 255 {
            return Err(Problem::parameter("Idempotency-Key", limit));
        }
        let caller = Caller::from_request_parts(parts, state).await?;
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        Ok(Self(Some(hash(&(caller.scope, parts.method.as_str(), path, key)))))
    }
}

impl IdempotencyKey {
    /// The use of this key for a command, compared as parsed, not by bytes.
    pub fn used_for(&self, holder: Holder, command: &impl Serialize) -> Option<KeyUse> {
        Some(KeyUse { holder, key_hash: self.0?, command_hash: hash(command) })
    }

    /// The same for a command that earlier versions noted as the request came. Without a key nothing is hashed.
    pub fn keyed(&self, holder: Holder, same: impl FnOnce() -> Sameness) -> Option<Keyed> {
        let key_hash = self.0?;
        let same = same();
        let key = KeyUse { holder, key_hash, command_hash: same.now };
        Some(Keyed { key, before: same.before })
    }

    pub const fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Where something new may live: with the same key in the same place, so that a repetition finds it.
    pub fn slot(&self) -> Slot {
        let mut bits = [0; 2];
        match &self.0 {
            Some(hash) => bits.copy_from_slice(&hash[..2]),
            None => fill_random(&mut bits),
        }
        Slot::from_u16(u16::from_be_bytes(bits))
    }

    /// Of the part at a place of a request that has several, so that each is done once.
    pub fn of_place(&self, place: usize) -> Self {
        Self(self.0.map(|whole| hash(&(whole, place))))
    }

    /// Of the part for one account of a request about a campaign, which is in the path.
    pub fn of_campaign(&self, campaign: CampaignId) -> Self {
        Self(self.0.map(|whole| hash(&(whole, campaign))))
    }

    /// The same for a part of a request with a key of its own.
    pub fn of_part(caller: &Caller, operation: &str, key: &str) -> Self {
        Self(Some(hash(&(&caller.scope, "POST", operation, key))))
    }
}

/// Half of the SHA-256 of a value as JSON.
pub fn hash(value: &impl Serialize) -> [u8; 16] {
    let json = serde_json::to_vec(value).expect("a parsed request can be written again");
    let digest = Sha256::digest(json);
    digest[..16].try_into().expect("half of 32 bytes")
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;
    use crate::wire::{BatchClaim, ClaimRequest, CodesRequest, OrderRequest, RefundRequest, ReviseRequest};

    fn before<T: Serialize + DeserializeOwned>(request: serde_json::Value) -> String {
        let request: T = serde_json::from_value(request).expect("a request");
        hash(&request).map(|byte| format!("{byte:02x}")).concat()
    }

    /// Databases hold these: the hashes that the first version noted for these requests. A member that is new since isn't
    /// written where it isn't given (`skip_serializing_if`).
    #[test]
    fn requests_are_hashed_as_the_first_version_did() {
        let cart = json!({"currency": "USD",
            "lines": [{"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3_000, "quantity": 2}]});
        let campaign = "cmp_00000000000000000000000000";
        let hashes = [
            before::<OrderRequest>(json!({"id": "A", "cart": cart, "codes": ["save10"]})),
            before::<ReviseRequest>(json!({"cart": cart, "use": {"coupons": []}})),
            before::<RefundRequest>(json!({"id": "r-1", "all": true})),
            before::<ClaimRequest>(json!({"campaign": campaign})),
            before::<BatchClaim>(json!({"account": "ana", "campaign": campaign, "key": "k"})),
            before::<CodesRequest>(json!({"kind": "shared", "code": "save10"})),
            before::<CodesRequest>(json!({"kind": "unique", "count": 10})),
        ];
        assert_eq!(hashes, NOTED);
    }

    const NOTED: [&str; 7] = [
        "12b0bd8401ad576497b652e2a0c3fa28",
        "17eb4360b8d4db4e24152a71e84d1028",
        "6adc011ad0ee5b83e5b5d8f5694b2538",
        "512c908efabdc7a283a94f9aad78e31a",
        "904d6f946f5674d58cbd0aaa105c62cd",
        "2632974b76aa692bbcdfac277f63b4ce",
        "7f4c0a15792886816736d2c1351b846e",
    ];
}
