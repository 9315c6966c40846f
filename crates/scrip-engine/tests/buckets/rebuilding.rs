//! Tables that older rules made: made anew beside those that are shown, wherever that is interrupted, and whatever happens meanwhile.

use std::sync::Arc;

use scrip_core::{
    id::CampaignId,
    slot::{Bucket, Buckets},
};
use scrip_engine::{PEOPLE, verify::verify};
use scrip_store::{
    Followed, Rebuild, Store, StoreError, TableSet,
    memory::MemoryStore,
    people::{Change, Row},
    sums::{Added, DISTRIBUTION, Sum},
};
use serde_json::json;

use crate::market::{Market, cancel, claim, coupon, place, started, with_coupon};

fn rows(store: &dyn Store) -> Vec<Row> {
    store.snapshot().expect("reads").all_rows().expect("reads")
}

fn sums(store: &dyn Store) -> Vec<Sum> {
    store.snapshot().expect("reads").sums(&DISTRIBUTION, None).expect("reads")
}

/// A market that sold something, with more than a window of claims between.
fn sold(buckets: u32) -> (Market, MemoryStore, CampaignId) {
    let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
    let mut market = Market::over(Arc::new(store.clone()));
    let campaign = market.live(&json!({"limits": {"budget": "unlimited", "per_individual": null}}));
    for name in ["ana", "ben"] {
        let held = coupon(market.does(claim(name, campaign)));
        market.does(place(name, "A-1", with_coupon(held))).expect("placed");
    }
    for number in 0..700 {
        market.does(claim(&format!("passer-by-{number}"), campaign)).expect("claimed");
    }
    market.does(cancel("ben", "A-1")).expect("cancelled");
    (market, store, campaign)
}

/// What older rules made of it: rows that are otherwise, missing and too many, and sums that are too high.
fn aged(store: &MemoryStore) {
    for bucket in store.buckets().all() {
        let mut snapshot = store.snapshot().expect("reads");
        let mut at = |follower| snapshot.followed(follower, bucket).expect("reads");
        let (people, distribution) = (at(PEOPLE), at(DISTRIBUTION.name));
        let here: Vec<Row> = rows(store);
        let mut wrong: Vec<Row> = Vec::new();
        for (number, row) in here.into_iter().enumerate() {
            match row {
                Row::Coupon(row) if number % 3 == 0 => wrong.push(Change::CouponGone(row.id).into()),
                Row::Campaign(mut row) => {
                    row.name.push('!');
                    wrong.push(Row::Campaign(row));
                }
                Row::OrderLine(mut row) => {
                    row.line = scrip_core::name::LineId::stored("of before");
                    wrong.push(Row::OrderLine(row));
                }
                _ => {}
            }
        }
        let window = |at, rows, added| Followed { bucket, from: at, to: at, rows, added };
        store
            .projection(PEOPLE)
            .expect("follows")
            .write(TableSet::Shown, &window(people, wrong, Vec::new()))
            .expect("writes");
        let sums: Vec<Sum> = sums(store);
        let added = vec![Added { to: &DISTRIBUTION, sums }];
        let mut keeper = store.projection(DISTRIBUTION.name).expect("follows");
        keeper.write(TableSet::Shown, &window(distribution, Vec::new(), added)).expect("writes");
    }
    store.made_by_older_rules(PEOPLE);
    store.made_by_older_rules(DISTRIBUTION.name);
}

fn assert_verified(store: &dyn Store) {
    let report = verify(store).expect("reads");
    assert!(report.is_clean() && report.behind == 0 && report.uncompared.is_empty(), "{report:?}");
    assert_eq!(report.rebuilding, []);
}

#[test]
fn tables_of_older_rules_are_made_anew_wherever_it_is_interrupted() {
    for buckets in [1, 8] {
        let (mut market, store, campaign) = sold(buckets);
        let (made, added) = (rows(&store), sums(&store));
        aged(&store);
        assert_ne!((rows(&store), sums(&store)), (made.clone(), added.clone()));
        let before = (rows(&store), sums(&store));
        market.restart();
        assert!(market.rebuilding.len() == 2 && market.engine.is_rebuilding());
        let report = verify(&store).expect("reads");
        assert!(report.is_clean(), "nothing is wrong, it is being made anew: {report:?}");
        assert!(report.rebuilding.iter().all(|(_, lacks)| *lacks > 700), "{report:?}");
        assert_eq!(report.uncompared, [DISTRIBUTION.name]);

        // Every step is a process's last.
        let mut steps = 0;
        while market.engine.is_rebuilding() {
            assert_eq!((rows(&store), sums(&store)).0.len(), before.0.len(), "nothing of it is seen");
            market.rebuilding.iter_mut().for_each(|rebuilding| _ = rebuilding.step().expect("the store works"));
            market.restart();
            steps += 1;
            assert!(steps < 10_000, "it ends");
        }
        assert_eq!((rows(&store), sums(&store)), (made, added), "{buckets} buckets");
        assert!((steps > 1 || buckets > 1) && market.rebuilding.is_empty(), "{steps} steps");
        assert_verified(&store);
        market.does(claim("eve", campaign)).expect("claimed");
        assert_verified(&store);
    }
}

#[test]
fn what_is_sold_meanwhile_is_in_the_tables_that_are_shown_and_in_those_that_follow() {
    for buckets in [1, 8] {
        let (mut market, store, campaign) = sold(buckets);
        aged(&store);
        market.restart();
        let mut sold = Vec::new();
        for number in 0.. {
            let held = coupon(market.does(claim(&format!("late-{number}"), campaign)));
            assert!(store.row_of_coupon(held).is_some(), "lists aren't frozen");
            sold.push(held);
            let steps = market.rebuilding.iter_mut().map(|rebuilding| rebuilding.step().expect("the store works"));
            if steps.fold(false, |more, step| more | step) {
                continue;
            }
            break;
        }
        assert!(!market.engine.is_rebuilding() && sold.len() > 1);
        assert!(sold.iter().all(|held| store.row_of_coupon(*held).is_some()));
        market.followers.iter_mut().for_each(|follower| follower.catch_up().expect("the store works"));
        assert_verified(&store);
    }
}

#[test]
fn two_processes_make_them_anew_and_nothing_is_done_twice() {
    let (mut market, store, campaign) = sold(8);
    aged(&store);
    market.restart();
    let mut other = Market::over(Arc::new(store.of_another_process()));
    assert!(other.engine.is_rebuilding());
    for round in 0..2_000 {
        let of = if round % 3 == 0 { &mut market } else { &mut other };
        of.rebuilding.iter_mut().for_each(|rebuilding| _ = rebuilding.step().expect("whoever is slower goes on"));
        of.followers.iter_mut().for_each(|follower| _ = follower.step().expect("whoever is slower goes on"));
        if round % 100 == 0 {
            market.does(claim(&format!("late-{round}"), campaign)).expect("claimed");
        }
    }
    assert!(!market.engine.is_rebuilding() && !other.engine.is_rebuilding());
    assert_verified(&store);
}

#[test]
fn what_stopped_their_follower_stops_no_rebuild() {
    let (mut market, store, _) = sold(1);
    // As when older rules counted nothing: what comes off an order can't be taken off.
    let bucket = Bucket::FIRST;
    let to = store.snapshot().expect("reads").followed(DISTRIBUTION.name, bucket).expect("reads");
    let mut keeper = store.projection(DISTRIBUTION.name).expect("follows");
    store.made_by_older_rules(DISTRIBUTION.name);
    assert_eq!(keeper.rebuild(1).expect("of older rules"), Rebuild::Underway);
    let nothing = Followed { bucket, from: 0, to, rows: Vec::new(), added: Vec::new() };
    keeper.write(TableSet::Rebuilt, &nothing).expect("writes");
    assert!(keeper.show_rebuilt().expect("as far"));
    store.made_by_older_rules(DISTRIBUTION.name);
    market.followers.clear();
    market.does(cancel("ana", "A-1")).expect("nobody waits for sums");

    market.restart();
    let place = market.followers.iter().position(|follower| follower.name() == DISTRIBUTION.name);
    let keeper = &mut market.followers[place.expect("one keeps them")];
    let stuck = keeper.step().expect_err("less than 0");
    assert!(matches!(stuck, StoreError::Damaged { .. }), "{stuck}");
    market.rebuilding.iter_mut().for_each(|rebuilding| rebuilding.finish().expect("the store works"));
    market.followers.iter_mut().for_each(|follower| follower.catch_up().expect("the store works"));
    assert!(!market.engine.is_rebuilding());
    assert_verified(&store);
}

#[test]
fn a_server_is_there_at_once_and_rebuilds_beside() {
    for buckets in [1, 8] {
        let (market, store, campaign) = sold(buckets);
        drop(market);
        aged(&store);
        let engine = started(Arc::new(store.clone()));
        for number in 0.. {
            engine.submit_blocking(claim(&format!("late-{number}"), campaign), None).expect("claimed");
            if !engine.is_rebuilding() {
                break;
            }
        }
        engine.stop();
        assert_verified(&store);
    }
}

#[test]
fn a_newer_builds_tables_are_refused() {
    let (market, store, _) = sold(1);
    drop(market);
    let mut projection = store.projection(PEOPLE).expect("follows");
    assert_eq!(projection.rebuild(1_000).expect("of older rules"), Rebuild::Underway);
    drop(started(Arc::new(store.clone())));
    // What it began is gone: from the beginning.
    assert_eq!(projection.rebuild(1_000).expect("of older rules"), Rebuild::Underway);
    let mut snapshot = store.snapshot().expect("reads");
    let ends: Vec<_> =
        store.buckets().all().map(|bucket| (bucket, snapshot.head(bucket).expect("reads").position)).collect();
    for (bucket, to) in ends {
        assert_eq!(snapshot.rebuilt(PEOPLE, bucket).expect("reads"), 0);
        let followed = Followed { bucket, from: 0, to, rows: Vec::new(), added: Vec::new() };
        projection.write(TableSet::Rebuilt, &followed).expect("follows");
    }
    assert!(projection.show_rebuilt().expect("as far"));
    let refused = std::panic::catch_unwind(|| started(Arc::new(store.clone())));
    assert!(refused.is_err(), "a newer build made them");
}
