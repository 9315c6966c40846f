//! The journal's frame is stored for ever: its bytes never change, and a changed byte never passes.

use scrip_core::{
    event::Event,
    name::{AccountId, OrderId, SellerId},
    slot::Bucket,
    time::Timestamp,
};
use scrip_store::frame::{Frame, FrameError};

/// Magic · format · bucket · first position · count · time · batch id · previous hash · length, then body and hash.
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
    let batch = std::array::from_fn(|place| u8::try_from(place).expect("16 of them"));
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
    let (bytes, _) = frame().encode();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            assert_eq!(Frame::decode(&changed), Err(FrameError::Hash), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn a_cut_or_longer_frame_is_found() {
    let (bytes, _) = frame().encode();
    for length in 0..bytes.len() {
        Frame::decode(&bytes[..length]).expect_err("cut");
    }
    Frame::decode(&[&bytes[..], &[0]].concat()).expect_err("longer");
}

#[test]
fn a_body_that_is_not_the_counted_events_is_found() {
    let fewer = Frame { count: 1, ..frame() };
    assert_eq!(fewer.events(), Err(FrameError::Length));
    let more = Frame { count: 3, ..frame() };
    assert!(matches!(more.events(), Err(FrameError::Event(_))));
}
