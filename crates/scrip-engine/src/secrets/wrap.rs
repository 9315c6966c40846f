//! A secret in its wrapping: format 1 (1) · nonce (12) · ChaCha20-Poly1305 of the secret, with purpose and number as
//! associated data, by a key derived from the master secret.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Nonce, Payload},
};
use scrip_store::secret::{Purpose, WrappedSecret};

use super::{Master, keyed_hash};
use crate::random::fill_random;

const FORMAT: u8 = 1;

pub(super) fn wrap(master: &Master, purpose: Purpose, number: u32, secret: &[u8]) -> WrappedSecret {
    let mut nonce = [0; 12];
    fill_random(&mut nonce);
    let payload = Payload { msg: secret, aad: &bound_to(purpose, number) };
    let sealed = cipher(master).encrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), payload);
    let mut wrapped = vec![FORMAT];
    wrapped.extend_from_slice(&nonce);
    wrapped.extend(sealed.expect("a short text can be sealed"));
    WrappedSecret { purpose, number, wrapped }
}

/// `None`: wrapped by another master secret, for another place, or changed.
pub(super) fn unwrap(master: &Master, secret: &WrappedSecret) -> Option<Vec<u8>> {
    let (format, rest) = secret.wrapped.split_first()?;
    let (nonce, sealed) = rest.split_first_chunk::<12>()?;
    let payload = Payload { msg: sealed, aad: &bound_to(secret.purpose, secret.number) };
    let opened = cipher(master).decrypt(&Nonce::<ChaCha20Poly1305>::from(*nonce), payload).ok()?;
    (*format == FORMAT).then_some(opened)
}

/// So that no wrapped secret stands for another.
fn bound_to(purpose: Purpose, number: u32) -> Vec<u8> {
    [b"scrip secret ", purpose.as_str().as_bytes(), b" ", number.to_string().as_bytes()].concat()
}

fn cipher(master: &Master) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&keyed_hash(master, b"scrip wrap 1").into())
}
