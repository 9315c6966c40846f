//! Opaque cursors.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use scrip_core::reason::Refusal;
use serde::{Serialize, de::DeserializeOwned};

/// Where a list goes on.
pub fn encode(place: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).expect("a cursor's place can be written"))
}

/// Errors: `invalid_field` for anything that [`encode`] didn't make.
pub fn decode<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Refusal> {
    let Some(cursor) = cursor else { return Ok(None) };
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or_else(|| Refusal::invalid("/cursor", "a next_cursor of this list"))
}
