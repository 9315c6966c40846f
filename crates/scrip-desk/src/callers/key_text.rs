//! An API key's text, `scrip_<id>_<secret>`: shown once and stored nowhere.

use scrip_core::id::KeyId;
use sha2::{Digest, Sha256};

pub fn text(id: KeyId, secret: &str) -> String {
    let shown = id.to_string();
    let bare = shown.strip_prefix("key_").unwrap_or(&shown);
    format!("scrip_{bare}_{secret}")
}

/// The id, as it may be read, and the secret of what looks like a key's text.
pub fn parts(text: &str) -> Option<(String, &str)> {
    let (bare, secret) = text.strip_prefix("scrip_")?.split_once('_')?;
    Some((format!("{}_{bare}", KeyId::PREFIX), secret))
}

/// What is stored of a secret.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
