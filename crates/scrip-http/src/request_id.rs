//! Ids of requests that brought none: unique for as long as anybody looks for one, and made without asking the system each time.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use axum::http::HeaderValue;
use scrip_desk::fill_random;

/// Bytes that tell this process from all others, and those that count its requests.
const OF_PROCESS: usize = 7;
const OF_REQUEST: usize = 5;
/// Multiplying by an odd number and cutting to these bits makes no two numbers below it one.
const NUMBERS: u64 = (1 << (8 * OF_REQUEST)) - 1;

/// `req_` and 24 hexadecimal digits.
pub(crate) fn new() -> HeaderValue {
    static PROCESS: LazyLock<[u8; OF_PROCESS]> = LazyLock::new(|| {
        let mut random = [0; OF_PROCESS];
        fill_random(&mut random);
        random
    });
    static KEYS: LazyLock<(u64, u64)> = LazyLock::new(|| {
        let mut random = [0; 16];
        fill_random(&mut random);
        let (first, second) = random.split_at(8);
        let key = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("eight of sixteen"));
        (key(first), key(second))
    });
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Each number once, and in an order that tells nobody how many requests there are.
    let number = (REQUESTS.fetch_add(1, Ordering::Relaxed) ^ KEYS.0).wrapping_mul(KEYS.1 | 1);
    let number = (number & NUMBERS).to_be_bytes();
    let mut text = *b"req_........................";
    let bytes = PROCESS.iter().chain(&number[size_of::<u64>() - OF_REQUEST..]);
    for (digits, byte) in text[4..].chunks_exact_mut(2).zip(bytes) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 15)];
    }
    HeaderValue::from_bytes(&text).expect("hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_the_same_id() {
        let (first, second) = (new(), new());
        assert_ne!(first, second);
        for id in [first, second] {
            let text = id.to_str().expect("text").to_owned();
            let digits = text.strip_prefix("req_").expect("its kind");
            assert!(digits.len() == 24 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{text}");
        }
    }
}
