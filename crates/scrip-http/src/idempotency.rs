//! The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07).

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use scrip_core::{key::Holder, reason::Refusal, slot::Slot};
use scrip_engine::{KeyUse, fill_random};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{auth::Caller, problem::Problem};

/// The key that came with a request, with caller and operation; nothing if none came.
pub struct IdempotencyKey(Option<[u8; 16]>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let limit = "a string of 1 to 255 printable ASCII characters";
        let text = header.to_str().map_err(|_| Refusal::invalid("/Idempotency-Key", limit))?;
        // The draft's structured string and a bare one are the same key.
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned();
        if key.is_empty() || key.len() > 255 {
            return Err(Refusal::invalid("/Idempotency-Key", limit).into());
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

    /// Where something new may live: with the same key in the same place, so that a repetition finds it.
    pub fn slot(&self) -> Slot {
        let mut bits = [0; 2];
        match &self.0 {
            Some(hash) => bits.copy_from_slice(&hash[..2]),
            None => fill_random(&mut bits),
        }
        Slot::from_u16(u16::from_be_bytes(bits))
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
