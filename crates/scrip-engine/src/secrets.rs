use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Nonce},
};
use hmac::{Hmac, Mac};
use scrip_core::code::{CodeHash, CodeText, EnteredCode, NewCode, unique_code};
use sha2::Sha256;

use crate::random::{Random, fill_random};

/// Keys derived from one master secret that lives outside the database. Never printed.
#[derive(Clone)]
pub struct Secrets {
    pepper: [u8; 32],
    seal: [u8; 32],
    tokens: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// A sealed code that doesn't open: another master secret, or changed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the code can't be opened with this secret")]
pub struct NotOurs;

impl Secrets {
    /// Derives all keys from 32 random bytes.
    pub fn from_master(master: &[u8; 32]) -> Self {
        let derive = |label: &[u8]| keyed_hash(master, label);
        Self {
            pepper: derive(b"scrip code pepper 1"),
            seal: derive(b"scrip code seal 1"),
            tokens: derive(b"scrip tokens 1"),
        }
    }

    /// A new master secret from the operating system's generator.
    pub fn new_master() -> [u8; 32] {
        let mut master = [0; 32];
        fill_random(&mut master);
        master
    }

    pub fn entered(&self, text: CodeText) -> EnteredCode {
        EnteredCode { hash: self.code_hash(&text), text }
    }

    fn code_hash(&self, text: &CodeText) -> CodeHash {
        let hash = keyed_hash(&self.pepper, text.as_str().as_bytes());
        CodeHash::from_bytes(hash[..16].try_into().expect("half of 32 bytes"))
    }

    /// A new unique code: only its hash, its end and its sealed form leave this function.
    pub(crate) fn new_code(&self, prefix: Option<&str>, source: &Random) -> NewCode {
        let mut random = [0; 16];
        source.fill(&mut random);
        let shown = unique_code(prefix, u128::from_be_bytes(random));
        let text = CodeText::parse(&shown).expect("made of letters, digits and dashes");
        let mut nonce = [0; 12];
        source.fill(&mut nonce);
        let mut sealed = nonce.to_vec();
        sealed.extend(
            self.cipher()
                .encrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), shown.as_bytes())
                .expect("a short text can be sealed"),
        );
        NewCode { hash: self.code_hash(&text), last4: text.last4().to_owned(), sealed }
    }

    /// The code as its issuer may see it.
    ///
    /// Errors: [`NotOurs`].
    pub fn open_code(&self, sealed: &[u8]) -> Result<String, NotOurs> {
        let (nonce, rest) = sealed.split_at_checked(12).ok_or(NotOurs)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| NotOurs)?;
        let text = self.cipher().decrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), rest).map_err(|_| NotOurs)?;
        String::from_utf8(text).map_err(|_| NotOurs)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.seal.into())
    }

    /// The key that shopper tokens are made with.
    pub const fn token_key(&self) -> &[u8; 32] {
        &self.tokens
    }
}

fn keyed_hash(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any key length will do");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_code_opens_with_its_secret_only() {
        let ours = Secrets::from_master(&[7; 32]);
        let code = ours.new_code(Some("ACME"), &Random::system());
        let shown = ours.open_code(&code.sealed).expect("ours");
        assert!(shown.starts_with("ACME-"));
        assert_eq!(ours.entered(CodeText::parse(&shown).expect("well-formed")).hash, code.hash);
        assert_eq!(Secrets::from_master(&[8; 32]).open_code(&code.sealed), Err(NotOurs));
        assert_eq!(ours.open_code(b"short"), Err(NotOurs));
    }
}
