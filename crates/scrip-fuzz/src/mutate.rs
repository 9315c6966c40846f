//! Small changes to bytes, by a seeded generator: the same seed makes the same inputs.

use rand::{Rng, rngs::SmallRng, seq::IndexedRandom};

/// Longest input.
const LENGTH_MAX: usize = 16 * 1024;

/// What parsers stumble over.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\xFF",
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"\xEF\xBB\xBF",
    b"\\ud800",
    b"\\u0000",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[[[[[",
    b"\"\"",
    b"-0",
    b"-1",
    b"1e400",
    b"1E-9",
    b"0.5",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1000000000000000",
    b"1000000000000001",
    b"4294967296",
    b"%00",
    b"%2e%2e",
    b"%zz",
    b"+",
    b"&",
    b"=",
    b"..",
    b"A-1",
    b"ana",
    b"luma",
    b"SAVE10",
    b"0000-12-31T23:59:60Z",
    b"9999-12-31T23:59:59Z",
    b"\x9F",
    b"\xBF",
    b"\xFB\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    b"\x5A\xFF\xFF\xFF\xFF",
    b"\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    b"\xF6",
];

/// One to eight changes of one input, sometimes with a part of another.
pub fn mutated(corpus: &[Vec<u8>], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = corpus.choose(rng).cloned().unwrap_or_default();
    for _ in 0..rng.random_range(1..=8) {
        change(&mut bytes, corpus, rng);
    }
    bytes.truncate(LENGTH_MAX);
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], rng: &mut SmallRng) {
    let place = rng.random_range(0..=bytes.len());
    let end = rng.random_range(place..=bytes.len().min(place + 32));
    match rng.random_range(0..8) {
        0 if place < bytes.len() => bytes[place] ^= 1 << rng.random_range(0..8),
        1 if place < bytes.len() => bytes[place] = rng.random(),
        2 => bytes.insert(place, rng.random()),
        3 => drop(bytes.drain(place..end)),
        4 => {
            let again = bytes[place..end].repeat(rng.random_range(1..20));
            bytes.splice(place..place, again);
        }
        5 => {
            let word = WORDS.choose(rng).copied().unwrap_or_default();
            bytes.splice(place..end, word.iter().copied());
        }
        6 => {
            let other = corpus.choose(rng).map_or(&[][..], Vec::as_slice);
            let from = rng.random_range(0..=other.len());
            let until = rng.random_range(from..=other.len());
            bytes.splice(place..end, other[from..until].iter().copied());
        }
        _ => bytes.truncate(place),
    }
}
