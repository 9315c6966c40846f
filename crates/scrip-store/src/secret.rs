//! Secrets of a database: random, numbered, kept in it only as wrapped by the master secret, which isn't in it
//! (docs/decisions/0013).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// Seals the journal's frames.
    Chain,
    /// Looks codes up, and encrypts those that only their owner may see.
    Codes,
    /// Encrypts shopper tokens.
    Tokens,
}

impl Purpose {
    /// Every purpose, in the order of their words.
    pub const ALL: [Self; 3] = [Self::Chain, Self::Codes, Self::Tokens];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Codes => "codes",
            Self::Tokens => "tokens",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// A secret as stored: nothing that stands here is worth hiding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrappedSecret {
    pub purpose: Purpose,
    /// From 1. What was made with a secret names its number, or has none: then it was 1.
    pub number: u32,
    /// Opaque to a store.
    pub wrapped: Vec<u8>,
}

impl WrappedSecret {
    /// What backends answer when the secrets in the store aren't those that were read.
    pub fn conflict() -> crate::StoreError {
        crate::StoreError::Conflict { what: "the wrapped secrets aren't as they were read".to_owned() }
    }
}

/// A secret that frames are sealed with. Never printed.
#[derive(Clone)]
pub struct ChainSecret {
    number: u32,
    keyed: Hmac<Sha256>,
}

impl ChainSecret {
    pub fn new(number: u32, key: &[u8; 32]) -> Self {
        Self { number, keyed: Hmac::new_from_slice(key).expect("any key length will do") }
    }

    pub const fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// In constant time.
    pub(crate) fn is_mac(&self, parts: &[&[u8]], mac: &[u8; 32]) -> bool {
        self.over(parts).verify_slice(mac).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut keyed = self.keyed.clone();
        for part in parts {
            keyed.update(part);
        }
        keyed
    }
}

impl std::fmt::Debug for ChainSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChainSecret({}, …)", self.number)
    }
}

/// Every chain secret of a database. New frames are sealed with the last.
#[derive(Clone, Debug)]
pub struct ChainSecrets {
    last: ChainSecret,
    earlier: Vec<ChainSecret>,
}

impl ChainSecrets {
    /// `earlier` in any order.
    pub const fn new(last: ChainSecret, earlier: Vec<ChainSecret>) -> Self {
        Self { last, earlier }
    }

    pub const fn last(&self) -> &ChainSecret {
        &self.last
    }

    pub fn numbered(&self, number: u32) -> Option<&ChainSecret> {
        std::iter::once(&self.last).chain(&self.earlier).find(|secret| secret.number == number)
    }
}
