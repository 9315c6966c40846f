//! The working set: what is a change, what was saved, and what a reader finds in memory.

use std::sync::Arc;

use scrip_core::{
    api_key::{ApiKey, Role},
    campaign::{KnownCampaign, ScopeHashes},
    event::{Event, Recorded},
    id::{KeyId, Uid},
    idempotency::Holder,
    metadata::Metadata,
    slot::{Bucket, Buckets},
    state::{Aggregate, Change, Key, State, UsageElsewhere},
    time::{RulesVersion, Timestamp, Zones},
};
use serde_json::json;

use super::{
    buckets::campaign,
    build::{account, cart, terms},
    world::{Use, World},
};

fn id(number: u8) -> KeyId {
    KeyId::from_uid(Uid::from_bytes([number; 16]))
}

fn made(number: u8) -> ApiKey {
    ApiKey {
        id: id(number),
        role: Role::Operator,
        seller: None,
        secret_hash: [0; 32],
        created_at: Timestamp::default(),
        revoked_at: None,
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    }
}

fn apply(state: &mut State, event: Event) {
    state.evolve(&Recorded { position: 1, at: Timestamp::default(), event });
}

/// Which documents changed, and the version that each was read with.
fn changed(state: &State) -> Vec<(Key, Option<u64>)> {
    let mut changes: Vec<_> = state.changes().into_iter().map(|Change { key, read, .. }| (key, read)).collect();
    changes.sort();
    changes
}

#[test]
fn only_what_changed_since_it_was_saved_is_a_change() {
    let mut state = State::new(Bucket::FIRST, Buckets::ONE);
    let (first, second) = (Key::ApiKey(id(1)), Key::ApiKey(id(2)));
    let used = Key::RecentKeys(Holder::Keys, 5);
    state.insert(first.clone(), Some((3, Aggregate::ApiKey(made(1)))));
    state.insert(used.clone(), Some((4, Aggregate::RecentKeys(scrip_core::idempotency::RecentKeys::default()))));
    state.insert(second.clone(), None);
    assert_eq!(changed(&state), []);
    assert!(state.has(&first) && state.has(&second) && !state.has(&Key::ApiKey(id(3))));
    assert_eq!(
        (state.version(&first), state.version(&second), state.version(&Key::ApiKey(id(3)))),
        (Some(3), None, None)
    );

    apply(&mut state, Event::ApiKeyRevoked { key: id(1), at: Timestamp::default() });
    apply(&mut state, Event::ApiKeySeen { key: id(1), at: Timestamp::default() });
    apply(&mut state, Event::ApiKeyCreated { key: made(2) });
    apply(&mut state, Event::KeysForgotten { documents: vec![(Holder::Keys, 5)] });
    assert_eq!(changed(&state), [(used.clone(), Some(4)), (first.clone(), Some(3)), (second.clone(), None)]);
    assert_eq!(state.documents().count(), 2);

    state.saved(7);
    assert_eq!(changed(&state), []);
    assert_eq!((state.version(&first), state.version(&second)), (Some(7), Some(7)));
    assert_eq!(state.version(&used), None, "it is gone");
    apply(&mut state, Event::ApiKeySeen { key: id(2), at: Timestamp::default() });
    assert_eq!(changed(&state), [(second.clone(), Some(7))]);
    state.saved(8);
    assert_eq!((state.version(&first), state.version(&second)), (Some(7), Some(8)));
}

#[test]
fn a_campaign_that_a_reader_found_in_memory_is_the_one_that_is_stored() {
    let mut state = State::new(Bucket::FIRST, Buckets::ONE);
    let scope = json!({"scope": {
        "products": ["p"], "categories": ["c", "d"], "exclude_products": ["e", "f", "g", "h"],
        "exclude_categories": ["i", "j", "k", "l", "m", "n", "o", "q"],
    }});
    let known = Arc::new(campaign(&scope));
    let key = Key::Campaign(known.id);
    assert!(!state.has(&key) && state.campaign(known.id).is_none() && state.scope_hashes(known.id).is_none());
    state.know(Arc::new(KnownCampaign::new(known.clone())));
    assert!(state.has(&key));
    assert!(!state.has(&Key::Wallet(account("ana"))));
    assert_eq!(state.campaign(known.id), Some(&*known));
    assert_eq!(state.scope_hashes(known.id).map(ScopeHashes::count), Some(15));
    assert_eq!(known.terms.scope.entries(), 15);
    let empty = terms(&json!({})).scope;
    assert_eq!((ScopeHashes::of(&empty).count(), empty.entries()), (0, 0));
}

#[test]
fn what_others_gave_out_is_known_until_it_is_told_anew() {
    let mut state = State::new(Bucket::FIRST, Buckets::ONE);
    assert_eq!(state.usage_elsewhere(), None);
    let usage = UsageElsewhere::default();
    state.set_usage_elsewhere(Some(usage.clone()));
    assert_eq!(state.usage_elsewhere(), Some(&usage));
    state.set_usage_elsewhere(None);
    assert_eq!(state.usage_elsewhere(), None);
}

#[test]
fn rules_of_time_zones_are_those_that_were_handed_in() {
    let newer = RulesVersion::parse("9999a").expect("a version");
    let (zones, unread) = Zones::newer(newer.clone(), |_| None).expect("newer than any");
    assert_eq!(unread.len(), Zones::names().count(), "of those the bundled ones are taken");
    let state = State::new(Bucket::FIRST, Buckets::ONE);
    assert!(state.zones().are_bundled());
    let state = state.with_zones(zones);
    assert_eq!((state.zones().version(), state.zones().are_bundled()), (&newer, false));
}

#[test]
fn an_event_says_whose_it_is_and_what_it_is_about() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    let ana = account("ana");
    let mut seen = 0;
    for recorded in &world.journal {
        let (of, about, in_campaign) = match &recorded.event {
            Event::CouponClaimed { .. } => (Some(&ana), Some(coupon), Some(campaign)),
            Event::CouponHeld { .. } => (Some(&ana), Some(coupon), Some(campaign)),
            Event::OrderPlaced { .. } => (Some(&ana), None, None),
            Event::CampaignPublished { .. } => (None, None, Some(campaign)),
            _ => continue,
        };
        let event = &recorded.event;
        assert_eq!((event.account(), event.coupon(), event.campaign()), (of, about, in_campaign), "{event:?}");
        seen += 1;
    }
    assert_eq!(seen, 4);
}
