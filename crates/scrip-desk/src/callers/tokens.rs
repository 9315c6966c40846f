//! Shopper tokens: short-lived, bound to one account, made and verified here only.

use pasetors::{
    Local,
    keys::SymmetricKey,
    token::UntrustedToken,
    version4::{LocalToken, V4},
};
use scrip_core::{id::KeyId, name::AccountId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// How long a token is good.
const MINUTES: u32 = 10;

/// Makes and reads tokens (PASETO v4.local: encrypted, one algorithm, nothing to choose).
#[derive(Clone)]
pub(crate) struct Tokens(SymmetricKey<V4>);

#[derive(Serialize, Deserialize)]
struct Claims {
    account: AccountId,
    /// The key that minted it.
    key: KeyId,
    expires_us: i64,
}

impl Tokens {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(SymmetricKey::from(key).expect("a key of 32 bytes"))
    }

    /// A token for one account, minted by a key that ends then, and when the token ends.
    pub fn mint(
        &self,
        account: &AccountId,
        key: KeyId,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let expires_at = until.unwrap_or(Timestamp::MAX).min(now.plus_minutes(MINUTES));
        let claims = Claims { account: account.clone(), key, expires_us: expires_at.micros() };
        let claims = serde_json::to_vec(&claims).expect("claims can be written");
        let token = LocalToken::encrypt(&self.0, &claims, None, None).expect("a short message can be sealed");
        (token, expires_at)
    }

    /// The account and the key that minted the token, if it is ours and not over.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<(AccountId, KeyId)> {
        let token = UntrustedToken::<Local, V4>::try_from(token).ok()?;
        let trusted = LocalToken::decrypt(&self.0, &token, None, None).ok()?;
        let claims: Claims = serde_json::from_str(trusted.payload()).ok()?;
        (now.micros() < claims.expires_us).then_some((claims.account, claims.key))
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::id::Uid;

    use super::*;

    #[test]
    fn a_token_is_good_for_ten_minutes_and_for_us_only() {
        let tokens = Tokens::new(&[1; 32]);
        let ana = AccountId::new("ana").expect("valid");
        let now = Timestamp::from_micros(1_000_000);
        let key = KeyId::from_uid(Uid::from_bytes([3; 16]));
        let (token, expires_at) = tokens.mint(&ana, key, None, now);
        let soon = now.plus_minutes(1);
        assert_eq!(tokens.mint(&ana, key, Some(soon), now).1, soon);
        assert_eq!(tokens.read(&token, now), Some((ana, key)));
        assert_eq!(tokens.read(&token, expires_at), None);
        assert_eq!(Tokens::new(&[2; 32]).read(&token, now), None);
        assert_eq!(tokens.read(&format!("{token}x"), now), None);
    }
}
