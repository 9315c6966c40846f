//! The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07).

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use scrip_desk::IdempotencyKey;

use crate::{caller::Authenticated, problem::Problem};

/// The key that came with a request; none if none came.
pub struct Key(pub IdempotencyKey);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut headers = parts.headers.get_all("idempotency-key").iter();
        let Some(header) = headers.next() else { return Ok(Self(IdempotencyKey::default())) };
        let text = header.to_str().ok().filter(|_| headers.next().is_none());
        // The draft's structured string and a bare one are the same key.
        let bare = |text| str::strip_prefix(text, '"')?.strip_suffix('"');
        let key = text.map(|text| bare(text).unwrap_or(text));
        // A header's text may have tabs in it.
        let is_key = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let limit = "one string of 1 to 255 printable ASCII characters";
        let key = key.filter(is_key).ok_or_else(|| Problem::parameter("Idempotency-Key", limit))?.to_owned();
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        Ok(Self(IdempotencyKey::of(&caller, parts.method.as_str(), path, &key)))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::json;

    use crate::wire::{BatchClaim, ClaimRequest, CodesRequest, OrderRequest, RefundRequest, ReviseRequest};
    use scrip_desk::hash;

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
