//! What is checked of a store that was damaged after it was written.

use std::sync::Arc;

use scrip_core::{
    cart::{Cart, Shipping},
    command::PlaceOrder,
    event::Event,
    key::Key,
    money::{Amount, Currency},
    name::SellerId,
    slot::{Bucket, Buckets},
    time::Timestamp,
};
use scrip_engine::verify::verify;
use scrip_store::{Batch, Save, Store, frame::Frame, memory::MemoryStore, secret::ChainSecret};

use crate::market::{Market, cart, place};

/// An order whose shipping is a seller's that it hasn't: its figures can't even be worked out.
#[test]
fn an_order_that_contradicts_itself_is_told_as_differing_and_nothing_panics() {
    let store = MemoryStore::new(Buckets::ONE);
    let mut market = Market::over(Arc::new(store.clone()));
    let shipping = Shipping { seller: SellerId::new("luma").expect("a name"), amount: Amount::of(500) };
    let usd = Currency::from_code("USD").expect("listed");
    let shipped = Cart::new(usd, cart().lines().to_vec(), vec![shipping]).expect("valid");
    let order = place("ana", "A-1", Vec::new());
    let key = Key::Order(order.account.clone(), order.id.clone());
    market.does(PlaceOrder { cart: shipped, ..order }).expect("placed");
    drop(market);
    assert!(verify(&store).expect("reads").is_clean());
    let [Some(document)] = &store.snapshot().expect("reads").load(std::slice::from_ref(&key)).expect("reads")[..]
    else {
        panic!("the order is stored");
    };
    // The lines' comes first, then the shipping's.
    let places = document.body.windows(4).enumerate().filter(|(_, text)| text == b"luma");
    let place = places.map(|(place, _)| place).nth(1).expect("the shipping's seller");
    let mut body = document.body.clone();
    body[place + 3] = b'e';
    let mut writer = store.writer(Bucket::FIRST).expect("nobody else writes");
    let mut transaction = writer.begin().expect("begins");
    let head = transaction.head().expect("reads");
    let event = Event::DueSwept { second: 0, chunk: 0 };
    let at = Timestamp::parse("2026-11-11T12:00:00Z").expect("a time");
    let frame = Frame::new(Bucket::FIRST, head.position + 1, at, [0; 16], head.hash, &[&event])
        .sealed(&ChainSecret::new(1, &[9; 32]));
    let save = Save { key, read: Some(document.version), body: Some(body) };
    transaction.commit(&Batch { frame, saves: vec![save], rows: Vec::new() }).expect("commits");
    let problems = verify(&store).expect("reads").problems;
    assert!(problems.iter().any(|problem| problem.contains("stored and replayed differ")), "{problems:?}");
}
