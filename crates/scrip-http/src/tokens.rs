//! Shopper tokens: short-lived, bound to one account, made and verified here only.

use pasetors::{
    Local,
    keys::SymmetricKey,
    token::UntrustedToken,
    version4::{LocalToken, V4},
};
use scrip_core::{name::AccountId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// How long a token is good.
const MINUTES: u32 = 10;

/// Makes and reads tokens (PASETO v4.local: encrypted, one algorithm, nothing to choose).
#[derive(Clone)]
pub struct Tokens(SymmetricKey<V4>);

#[derive(Serialize, Deserialize)]
struct Claims {
    account: AccountId,
    expires_us: i64,
}

impl Tokens {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(SymmetricKey::from(key).expect("a key of 32 bytes"))
    }

    /// A token for one account, and when it ends.
    pub fn mint(&self, account: &AccountId, now: Timestamp) -> (String, Timestamp) {
        let expires_at = now.plus_minutes(MINUTES);
        let claims = Claims { account: account.clone(), expires_us: expires_at.micros() };
        let claims = serde_json::to_vec(&claims).expect("claims can be written");
        let token = LocalToken::encrypt(&self.0, &claims, None, None).expect("a short message can be sealed");
        (token, expires_at)
    }

    /// The account, if the token is ours and not over.
    pub fn account(&self, token: &str, now: Timestamp) -> Option<AccountId> {
        let token = UntrustedToken::<Local, V4>::try_from(token).ok()?;
        let trusted = LocalToken::decrypt(&self.0, &token, None, None).ok()?;
        let claims: Claims = serde_json::from_str(trusted.payload()).ok()?;
        (now.micros() < claims.expires_us).then_some(claims.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_ten_minutes_and_for_us_only() {
        let tokens = Tokens::new(&[1; 32]);
        let ana = AccountId::new("ana").expect("valid");
        let now = Timestamp::from_micros(1_000_000);
        let (token, expires_at) = tokens.mint(&ana, now);
        assert_eq!(tokens.account(&token, now), Some(ana));
        assert_eq!(tokens.account(&token, expires_at), None);
        assert_eq!(Tokens::new(&[2; 32]).account(&token, now), None);
        assert_eq!(tokens.account(&format!("{token}x"), now), None);
    }
}
