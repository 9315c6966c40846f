//! What is checked of a store that was damaged after it was written.

use std::sync::Arc;

use scrip_core::{
    cart::{Cart, Shipping},
    command::{CancelOrder, PlaceOrder},
    event::Event,
    money::{Amount, Currency},
    name::{OrderId, SellerId},
    slot::{Bucket, Buckets},
    state::Key,
    time::Timestamp,
};
use scrip_engine::{EngineError, verify::verify};
use scrip_store::{Batch, Save, Store, frame::Frame, memory::MemoryStore};

use crate::market::{Market, account, cart, place};

/// A store with an order whose shipping is a seller's that it hasn't: its figures can't even be worked out. The journal is whole.
fn with_a_damaged_order() -> MemoryStore {
    let store = MemoryStore::new(Buckets::ONE);
    let mut market = Market::over(Arc::new(store.clone()));
    let shipping = Shipping { seller: SellerId::new("luma").expect("a name"), amount: Amount::of(500) };
    let usd = Currency::from_code("USD").expect("listed");
    let shipped = Cart::new(usd, cart().lines().to_vec(), vec![shipping]).expect("valid");
    let order = place("ana", "A-1", Vec::new());
    let key = Key::Order(order.account.clone(), order.id.clone());
    market.does(PlaceOrder { cart: shipped, ..order }).expect("placed");
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
    let secrets = market.engine.secrets().clone();
    drop(market);
    let mut writer = store.writer(Bucket::FIRST).expect("nobody else writes");
    let mut transaction = writer.begin().expect("begins");
    let head = transaction.head().expect("reads");
    let event = Event::DueSwept { second: 0, chunk: 0 };
    let at = Timestamp::parse("2026-11-10T12:00:00Z").expect("a time");
    let frame =
        Frame::new(Bucket::FIRST, head.position + 1, at, [0; 16], head.hash, &[&event]).sealed(secrets.chain().last());
    let save = Save { key, read: Some(document.version), body: Some(body) };
    transaction.commit(&Batch { frame, saves: vec![save] }).expect("commits");
    drop(writer);
    store
}

#[test]
fn an_order_that_contradicts_itself_is_told_as_differing_and_nothing_panics() {
    let problems = verify(&with_a_damaged_order()).expect("reads").problems;
    assert!(problems.iter().any(|problem| problem.contains("stored and replayed differ")), "{problems:?}");
}

#[test]
fn a_command_that_fails_unexpectedly_is_a_fault_and_what_came_with_it_is_done() {
    let store = with_a_damaged_order();
    let mut market = Market::over(Arc::new(store.clone()));
    // What follows stops there, and says so.
    market.followers.clear();
    let order = OrderId::new("A-1").expect("a name");
    // What is left of it has to be worked out.
    let cancel = CancelOrder { account: account("ana"), order, seller: SellerId::new("tako").ok() };
    let (before, batches) = (store.snapshot().expect("reads").head(Bucket::FIRST).expect("reads"), market.steps);
    let handed = [
        market.engine.enqueue(place("ana", "A-2", Vec::new()), None),
        market.engine.enqueue(cancel, None),
        market.engine.enqueue(place("ben", "B-1", Vec::new()), None),
    ];
    let [first, faulty, last] = handed.map(|pending| pending.expect("there is room").answer());
    let answers = market.drive(async { (first.await, faulty.await, last.await) }).expect("no crash was asked for");
    assert_eq!(market.steps, batches + 1, "they came together");
    assert!(answers.0.is_ok() && answers.2.is_ok(), "{answers:?}");
    assert_eq!(answers.1, Err(EngineError::Fault));
    let after = store.snapshot().expect("reads").head(Bucket::FIRST).expect("reads");
    assert_eq!(after.position, before.position + 2, "an order placed each, and nothing of the one that failed");
}
