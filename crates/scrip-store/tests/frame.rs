//! The journal's frame is stored for ever: its bytes never change, and a changed byte never passes.

use scrip_core::{
    event::Event,
    name::{AccountId, OrderId, SellerId},
    slot::Bucket,
    time::Timestamp,
};
use scrip_store::{
    frame::{Frame, FrameError, Seal, is_sealed},
    secret::{ChainSecret, ChainSecrets},
};
use sha2::{Digest, Sha256};

/// Format 1. Magic · format · bucket · first position · count · time · batch id · previous hash · length, then body and hash.
const GOLDEN: &str = concat!(
    "53434a46",
    "01",
    "0203",
    "0000000000000029",
    "00000002",
    "00060a24181e4000",
    "000102030405060708090a0b0c0d0e0f",
    "abababababababababababababababababababababababababababababababab",
    "0000001d",
    "82181aa2001a6553f1000107",
    "8211a30063616e6101626f310281627331",
    "c57d47c98dfed1bb604fb73125369469d6ead5c414d38fa4a261d7c9ba59d1c0",
);

/// Format 2: the number of the secret before the length, and after the body the HMAC by that secret.
const GOLDEN_SEALED: &str = concat!(
    "53434a46",
    "02",
    "0203",
    "0000000000000029",
    "00000002",
    "00060a24181e4000",
    "000102030405060708090a0b0c0d0e0f",
    "abababababababababababababababababababababababababababababababab",
    "00000007",
    "0000001d",
    "82181aa2001a6553f1000107",
    "8211a30063616e6101626f310281627331",
    "574cb432d1cecde30598f5791fca85b5c1a140303b64252e66a866305624ba8b",
    "b00f9e096e75983b2170f179574c9b58f905ef5d00c1a83cda23686fc4f8eea4",
);

fn secret() -> ChainSecret {
    ChainSecret::new(7, &[0x5C; 32])
}

fn secrets() -> ChainSecrets {
    ChainSecrets::new(ChainSecret::new(8, &[0x36; 32]), vec![secret()])
}

fn events() -> [Event; 2] {
    [
        Event::DueSwept { second: 1_700_000_000, chunk: 7 },
        Event::TransactionsClosed {
            account: AccountId::new("ana").expect("a name"),
            order: OrderId::new("o1").expect("a name"),
            sellers: vec![SellerId::new("s1").expect("a name")],
        },
    ]
}

fn frame() -> Frame {
    let batch = std::array::from_fn(|index| u8::try_from(index).expect("16 of them"));
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    Frame::new(Bucket::from_u16(0x0203), 41, at, batch, [0xAB; 32], &events().iter().collect::<Vec<_>>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn frames_never_change_their_bytes() {
    let (bytes, hash) = frame().encode();
    assert_eq!(hex(&bytes), GOLDEN);
    assert_eq!(hex(&bytes[bytes.len() - 32..]), hex(&hash), "a frame ends with its hash");
}

#[test]
fn sealed_frames_never_change_their_bytes() {
    let (bytes, hash) = frame().sealed(&secret()).encode();
    assert_eq!(hex(&bytes), GOLDEN_SEALED);
    assert_eq!(hex(&bytes[bytes.len() - 32..]), hex(&hash), "a frame ends with its hash");
    assert!(is_sealed(&bytes) && !is_sealed(&frame().encode().0));
    let (read, read_hash) = Frame::decode(&bytes).expect("whole");
    assert_eq!((&read, read_hash), (&frame().sealed(&secret()), hash));
    assert_eq!(read.check_seal(&secrets()), Ok(()));
}

/// What somebody does who can write the file and doesn't have the secret.
#[test]
fn a_frame_that_was_hashed_again_without_the_secret_is_found() {
    let (whole, _) = frame().sealed(&secret()).encode();
    let content = &whole[..whole.len() - 32];
    for index in 4 + 1 + 2..content.len() {
        let mut changed = content.to_vec();
        changed[index] ^= 1;
        let hash = Sha256::digest(&changed);
        changed.extend_from_slice(&hash);
        let Ok((read, _)) = Frame::decode(&changed) else { continue };
        assert!(read.check_seal(&secrets()).is_err(), "byte {index}");
    }
    let others = ChainSecrets::new(ChainSecret::new(7, &[0; 32]), vec![]);
    assert_eq!(frame().sealed(&secret()).check_seal(&others), Err(FrameError::Seal));
    let none = ChainSecrets::new(ChainSecret::new(8, &[0x5C; 32]), vec![]);
    assert_eq!(frame().sealed(&secret()).check_seal(&none), Err(FrameError::UnknownSecret(7)));
    let made_up = Frame { seal: Some(Seal { secret: 7, mac: [0; 32] }), ..frame() };
    assert_eq!(made_up.check_seal(&secrets()), Err(FrameError::Seal));
}

#[test]
fn a_frame_is_read_back_as_it_was() {
    let (bytes, hash) = frame().encode();
    let (read, read_hash) = Frame::decode(&bytes).expect("whole");
    assert_eq!((&read, read_hash), (&frame(), hash));
    assert_eq!(read.last_position(), 42);
    let recorded = read.events().expect("readable");
    assert_eq!(recorded.iter().map(|recorded| recorded.position).collect::<Vec<_>>(), [41, 42]);
    assert!(recorded.iter().all(|recorded| recorded.at == read.at));
    assert_eq!(recorded.into_iter().map(|recorded| recorded.event).collect::<Vec<_>>(), events());
}

#[test]
fn every_changed_bit_is_found() {
    for bytes in [frame().encode().0, frame().sealed(&secret()).encode().0] {
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[index] ^= 1 << bit;
                assert_eq!(Frame::decode(&changed), Err(FrameError::Hash), "bit {bit} of byte {index}");
            }
        }
    }
}

#[test]
fn a_cut_or_longer_frame_is_found() {
    for bytes in [frame().encode().0, frame().sealed(&secret()).encode().0] {
        let rehashed = |content: &[u8]| [content, &Sha256::digest(content)[..]].concat();
        let content = &bytes[..bytes.len() - 32];
        for length in 0..bytes.len() {
            Frame::decode(&bytes[..length]).expect_err("cut");
            if length < content.len() {
                Frame::decode(&rehashed(&content[..length])).expect_err("cut and hashed again");
            }
        }
        Frame::decode(&[&bytes[..], &[0]].concat()).expect_err("longer");
        Frame::decode(&rehashed(&[content, &[0]].concat())).expect_err("longer and hashed again");
    }
}

#[test]
fn a_body_that_is_not_the_counted_events_is_found() {
    let fewer = Frame { count: 1, ..frame() };
    assert_eq!(fewer.events(), Err(FrameError::Length));
    let more = Frame { count: 3, ..frame() };
    assert!(matches!(more.events(), Err(FrameError::Event(_))));
}
