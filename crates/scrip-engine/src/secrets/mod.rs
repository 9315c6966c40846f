//! The secrets of a database: random, numbered, kept in it wrapped by a master secret that lives outside. Opening them says
//! whether the master secret is this database's (docs/decisions/0013).

mod before;
mod wrap;

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Nonce},
};
use hmac::{Hmac, Mac};
use scrip_core::{
    code::{CodeText, EnteredCode, NewCode, SecretNumber, unique_code},
    id::CodeHash,
};
use scrip_store::{
    Store, StoreError,
    secret::{ChainSecret, ChainSecrets, Purpose, WrappedSecret},
};
use sha2::Sha256;

use crate::random::{Random, fill_random};

/// 32 random bytes outside the database.
pub type Master = [u8; 32];

/// Why the secrets of a database can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// They were wrapped by another master secret, or changed.
    #[error("this master secret is another database's: it doesn't open the secrets of this one")]
    NotOurs,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The opened secrets of a database. Never printed.
#[derive(Clone)]
pub struct Secrets {
    /// By number; new codes are made with the last.
    codes: Vec<CodeSecret>,
    tokens: [u8; 32],
    chain: ChainSecrets,
}

/// Looks codes up, and encrypts unique ones for their owner.
#[derive(Clone)]
struct CodeSecret {
    number: SecretNumber,
    pepper: [u8; 32],
    seal: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// A sealed code that doesn't open: another secret, or changed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the code can't be opened with this secret")]
pub struct NotOurs;

/// A secret out of its wrapping.
struct Unwrapped {
    purpose: Purpose,
    number: u32,
    bytes: Vec<u8>,
}

impl Secrets {
    /// All derived from 32 bytes, as builds before the numbered secrets did for codes and tokens. For tests and simulations:
    /// a database has random ones.
    pub fn from_master(master: &Master) -> Self {
        let mut all = before::derived(master);
        let chain = keyed_hash(master, b"scrip chain 1").to_vec();
        all.push(Unwrapped { purpose: Purpose::Chain, number: 1, bytes: chain });
        Self::of(&all).expect("one of each purpose, of the right length")
    }

    /// A new master secret from the operating system's generator.
    pub fn new_master() -> Master {
        random()
    }

    /// Opens the secrets of a store. If it has none they are made and kept: random ones, but for what a build from before the
    /// numbered secrets derived, in a store that one wrote; those get number 1.
    ///
    /// Errors: [`SecretsError::NotOurs`]; a store from before in which no code is can't tell.
    pub fn open(store: &dyn Store, master: &Master) -> Result<Self, SecretsError> {
        if let Some(opened) = Self::read(store, master)? {
            return Ok(opened);
        }
        let mut all = if before::is_older(store)? { before::derived(master) } else { Vec::new() };
        for purpose in Purpose::ALL {
            if all.iter().all(|known| known.purpose != purpose) {
                all.push(Unwrapped { purpose, number: 1, bytes: new_bytes(purpose) });
            }
        }
        store.replace_secrets(&[], &wrap_all(&all, master))?;
        Self::of(&all).ok_or(SecretsError::NotOurs)
    }

    /// Opens the secrets of a store and changes nothing. `None`: it has none yet, as it was written by a build from before
    /// them, which nobody has opened since.
    ///
    /// Errors: as [`Secrets::open`].
    pub fn read(store: &dyn Store, master: &Master) -> Result<Option<Self>, SecretsError> {
        let stored = store.snapshot()?.secrets()?;
        if stored.is_empty() {
            if before::is_older(store)? {
                before::check(store, &Self::of_codes(&before::derived(master)))?;
            }
            return Ok(None);
        }
        Self::of(&unwrap_all(&stored, master)?).map(Some).ok_or(SecretsError::NotOurs)
    }

    /// Wraps the secrets of a store anew: from here on the new master secret opens them, and the old one no more. All at once.
    ///
    /// Errors: [`SecretsError::NotOurs`] if the old one doesn't; then nothing has changed.
    pub fn rewrap(store: &dyn Store, old: &Master, new: &Master) -> Result<(), SecretsError> {
        let stored = store.snapshot()?.secrets()?;
        let all = unwrap_all(&stored, old)?;
        Ok(store.replace_secrets(&stored, &wrap_all(&all, new))?)
    }

    /// `None`: a purpose has none, or one isn't as long as it must be.
    fn of(all: &[Unwrapped]) -> Option<Self> {
        let of = |purpose| all.iter().filter(move |secret| secret.purpose == purpose);
        let mut chain = of(Purpose::Chain)
            .map(|secret| Some(ChainSecret::new(secret.number, secret.bytes.first_chunk()?)))
            .collect::<Option<Vec<_>>>()?;
        chain.sort_by_key(ChainSecret::number);
        let tokens = of(Purpose::Tokens).max_by_key(|secret| secret.number)?;
        let codes = Self::of_codes(all);
        let last = chain.pop()?;
        (!codes.is_empty()).then_some(Self {
            codes,
            tokens: *tokens.bytes.first_chunk()?,
            chain: ChainSecrets::new(last, chain),
        })
    }

    fn of_codes(all: &[Unwrapped]) -> Vec<CodeSecret> {
        let codes = all.iter().filter(|secret| secret.purpose == Purpose::Codes);
        let parts = codes.filter_map(|secret| {
            let (pepper, rest) = secret.bytes.split_first_chunk()?;
            let number = SecretNumber::new(secret.number);
            Some(CodeSecret { number, pepper: *pepper, seal: *rest.first_chunk()? })
        });
        let mut codes: Vec<CodeSecret> = parts.collect();
        codes.sort_by_key(|secret| secret.number);
        codes
    }

    pub fn entered(&self, text: CodeText) -> EnteredCode {
        let secret = self.last();
        EnteredCode { hash: secret.hash(&text), secret: secret.number, text }
    }

    /// A new unique code: only its hash, its end and its sealed form leave this function.
    pub(crate) fn new_code(&self, prefix: Option<&str>, source: &Random) -> NewCode {
        let mut random = [0; 16];
        source.fill(&mut random);
        let shown = unique_code(prefix, u128::from_be_bytes(random));
        let text = CodeText::parse(&shown).expect("made of letters, digits and dashes");
        let mut nonce = [0; 12];
        source.fill(&mut nonce);
        let secret = self.last();
        let mut sealed = nonce.to_vec();
        sealed.extend(
            secret
                .cipher()
                .encrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), shown.as_bytes())
                .expect("a short text can be sealed"),
        );
        NewCode { hash: secret.hash(&text), last4: text.last4().to_owned(), sealed, secret: secret.number }
    }

    /// The code as its issuer may see it, sealed with the secret of this number.
    ///
    /// Errors: [`NotOurs`].
    pub fn open_code(&self, number: SecretNumber, sealed: &[u8]) -> Result<String, NotOurs> {
        let secret = self.codes.iter().find(|secret| secret.number == number).ok_or(NotOurs)?;
        secret.open(sealed)
    }

    fn last(&self) -> &CodeSecret {
        self.codes.last().expect("there is one")
    }

    /// The key that shopper tokens are made with.
    pub const fn token_key(&self) -> &[u8; 32] {
        &self.tokens
    }

    /// What frames are sealed with.
    pub const fn chain(&self) -> &ChainSecrets {
        &self.chain
    }
}

impl CodeSecret {
    fn hash(&self, text: &CodeText) -> CodeHash {
        let hash = keyed_hash(&self.pepper, text.as_str().as_bytes());
        CodeHash::from_bytes(hash[..16].try_into().expect("half of 32 bytes"))
    }

    fn open(&self, sealed: &[u8]) -> Result<String, NotOurs> {
        let (nonce, rest) = sealed.split_first_chunk::<12>().ok_or(NotOurs)?;
        let text = self.cipher().decrypt(&Nonce::<ChaCha20Poly1305>::from(*nonce), rest).map_err(|_| NotOurs)?;
        String::from_utf8(text).map_err(|_| NotOurs)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.seal.into())
    }
}

fn unwrap_all(stored: &[WrappedSecret], master: &Master) -> Result<Vec<Unwrapped>, SecretsError> {
    let unwrapped = stored.iter().map(|secret| {
        let bytes = wrap::unwrap(master, secret).ok_or(SecretsError::NotOurs)?;
        Ok(Unwrapped { purpose: secret.purpose, number: secret.number, bytes })
    });
    unwrapped.collect()
}

fn wrap_all(all: &[Unwrapped], master: &Master) -> Vec<WrappedSecret> {
    let mut wrapped: Vec<_> =
        all.iter().map(|secret| wrap::wrap(master, secret.purpose, secret.number, &secret.bytes)).collect();
    wrapped.sort_by_key(|secret| (secret.purpose, secret.number));
    wrapped
}

fn new_bytes(purpose: Purpose) -> Vec<u8> {
    match purpose {
        // Pepper and seal.
        Purpose::Codes => [random(), random()].concat(),
        Purpose::Chain | Purpose::Tokens => random().to_vec(),
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    fill_random(&mut bytes);
    bytes
}

fn keyed_hash(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any key length will do");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use scrip_core::slot::Buckets;
    use scrip_store::memory::MemoryStore;

    use super::*;

    #[test]
    fn a_sealed_code_opens_with_its_secret_only() {
        let ours = Secrets::from_master(&[7; 32]);
        let code = ours.new_code(Some("ACME"), &Random::system());
        let shown = ours.open_code(code.secret, &code.sealed).expect("ours");
        assert!(shown.starts_with("ACME-"));
        assert_eq!(ours.entered(CodeText::parse(&shown).expect("well-formed")).hash, code.hash);
        assert_eq!(Secrets::from_master(&[8; 32]).open_code(code.secret, &code.sealed), Err(NotOurs));
        assert_eq!(ours.open_code(code.secret, b"short"), Err(NotOurs));
        assert_eq!(ours.open_code(SecretNumber::new(2), &code.sealed), Err(NotOurs));
    }

    /// Stored in databases: the secrets of number 1 of all that were made before secrets were random.
    #[test]
    fn what_was_derived_from_the_master_secret_never_changes() {
        let derived = Secrets::from_master(&[7; 32]);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let code = derived.entered(CodeText::parse("SAVE10").expect("a code"));
        assert_eq!(hex(code.hash.bytes()), "cd2cada969d1fd7ae156ffbda2ced66a");
        assert_eq!(hex(&derived.last().seal), "c20dfd7b4ea3142e2d2093c0f18087f8e3558ed1397c85ae8cb69dcc567e0830");
        assert_eq!(hex(derived.token_key()), "c5e74765e89da32eb5bf857ff1f7b97698a4c3f9db437412900c89cb040923a1");
    }

    #[test]
    fn a_new_store_gets_random_secrets_that_only_its_master_opens() {
        let (store, other) = (MemoryStore::new(Buckets::ONE), MemoryStore::new(Buckets::ONE));
        let master = Secrets::new_master();
        assert!(Secrets::read(&store, &master).expect("reads").is_none());
        let made = Secrets::open(&store, &master).expect("a new store");
        let again = Secrets::open(&store, &master).expect("its own");
        let read = Secrets::read(&store, &master).expect("its own").expect("made");
        let elsewhere = Secrets::open(&other, &master).expect("a new store");
        let code = made.new_code(None, &Random::system());
        for same in [&again, &read] {
            assert_eq!(same.token_key(), made.token_key());
            assert!(same.open_code(code.secret, &code.sealed).is_ok());
        }
        assert_ne!(elsewhere.token_key(), made.token_key(), "they aren't derived");
        assert!(elsewhere.open_code(code.secret, &code.sealed).is_err());
        for not_ours in [Secrets::open(&store, &[1; 32]).map(Some), Secrets::read(&store, &[1; 32])] {
            assert!(matches!(not_ours, Err(SecretsError::NotOurs)), "{not_ours:?}");
        }
    }

    #[test]
    fn a_new_master_opens_the_same_secrets_and_the_old_one_no_more() {
        let store = MemoryStore::new(Buckets::ONE);
        let (old, new) = ([1; 32], [2; 32]);
        let before = Secrets::open(&store, &old).expect("a new store");
        assert!(matches!(Secrets::rewrap(&store, &new, &old), Err(SecretsError::NotOurs)));
        Secrets::rewrap(&store, &old, &new).expect("the old one opens them");
        let after = Secrets::open(&store, &new).expect("wrapped anew");
        assert_eq!(before.token_key(), after.token_key());
        assert!(matches!(Secrets::open(&store, &old), Err(SecretsError::NotOurs)));
    }

    #[test]
    fn a_changed_wrapped_secret_is_found() {
        let store = MemoryStore::new(Buckets::ONE);
        let master = [1; 32];
        Secrets::open(&store, &master).expect("a new store");
        let stored = store.snapshot().expect("reads").secrets().expect("reads");
        let mut current = stored.clone();
        let mut try_with = |changed: Vec<WrappedSecret>| {
            store.replace_secrets(&current, &changed).expect("as they were");
            current = store.snapshot().expect("reads").secrets().expect("reads");
            assert!(matches!(Secrets::read(&store, &master), Err(SecretsError::NotOurs)));
        };
        for (index, secret) in stored.iter().enumerate() {
            for byte in 0..secret.wrapped.len() {
                let mut changed = stored.clone();
                changed[index].wrapped[byte] ^= 1;
                try_with(changed);
            }
            let mut other_number = stored.clone();
            other_number[index].number += 1;
            try_with(other_number);
            let mut missing = stored.clone();
            missing.remove(index);
            try_with(missing);
        }
        let mut swapped = stored.clone();
        (swapped[0].wrapped, swapped[2].wrapped) = (stored[2].wrapped.clone(), stored[0].wrapped.clone());
        try_with(swapped);
    }
}
