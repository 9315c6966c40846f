//! Idempotency keys are kept for 24 hours at least, and not for ever.

use std::collections::BTreeSet;

use scrip_core::{
    idempotency::Holder,
    slot::Slot,
    state::{Key, Kind},
};
use scrip_engine::{KeyUse, verify};
use serde_json::json;

use crate::market::{Market, account, claim, create};

/// Days of which there are keys, in any bucket.
fn days(market: &Market) -> BTreeSet<u32> {
    let mut snapshot = market.store.snapshot().expect("readable");
    let mut days = BTreeSet::new();
    for bucket in market.store.buckets().all() {
        for (bytes, _) in snapshot.scan(bucket, Kind::RecentKeys, &[], &[], 1_000_000).expect("readable") {
            let Some(Key::RecentKeys(_, day)) = Key::recent_keys_from_bytes(&bytes) else { panic!("{bytes:?}") };
            days.insert(day);
        }
    }
    days
}

fn key(holder: Holder, number: u8) -> Option<KeyUse> {
    Some(KeyUse { holder, key_hash: [number; 16], command_hash: [number; 16] })
}

#[test]
fn keys_are_let_go_of_a_day_after_theirs_and_the_replay_agrees() {
    for buckets in [1, 8] {
        let mut market = Market::new(buckets);
        let campaign = market.live(&json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
        let names: Vec<String> = (0..150).map(|number| format!("a{number}")).collect();
        for day in 0..4 {
            for name in &names {
                let key = key(Holder::Account(account(name)), day);
                market.tries(claim(name, campaign), key).expect("no crash").expect("there is stock");
            }
            let created = create(&json!({"name": format!("of day {day}")}));
            let holder = Holder::Campaigns(Slot::of(&[day]));
            let created = scrip_core::command::CreateCampaign { slot: Slot::of(&[day]), ..created };
            market.tries(created, key(holder, day)).expect("no crash").expect("valid terms");
            market.minutes_pass(24 * 60);
        }
        assert_eq!(days(&market).len(), 4);
        for _ in 0..4 {
            market.tidy();
        }
        // It is the fifth day: those of the fourth may be 24 hours old at most.
        assert_eq!(days(&market).len(), 1, "{buckets} buckets");
        let again = market.tries(claim("a7", campaign), key(Holder::Account(account("a7")), 3)).expect("no crash");
        assert!(again.expect("done before").replayed);
        let late = market.tries(claim("a7", campaign), key(Holder::Account(account("a7")), 2)).expect("no crash");
        assert!(!late.expect("judged afresh").replayed);
        let report = verify::verify(&*market.store).expect("readable");
        assert!(report.is_clean(), "{:#?}", report.problems);
        market.minutes_pass(24 * 60 * 2);
        for _ in 0..4 {
            market.tidy();
        }
        assert_eq!(days(&market).len(), 0);
        let report = verify::verify(&*market.store).expect("readable");
        assert!(report.is_clean(), "{:#?}", report.problems);
    }
}
