//! What follows the journal: windows cut anywhere, interrupted, held up, and lists that wait for it.

use std::sync::Arc;

use scrip_core::{
    command::{CampaignStep, PayOrder},
    id::CampaignId,
    name::OrderId,
    slot::{Bucket, Buckets},
};
use scrip_engine::{Answer, PEOPLE, verify::verify};
use scrip_store::{
    Followed, Store, StoreError, TableSet,
    memory::MemoryStore,
    people::{
        Change, OrderFilter, Row,
        coupon::{OfOrder, State},
    },
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::market::{
    Market, account, activate, cancel, claim, coupon, create, in_threads, place, started, step, with_code, with_coupon,
};

/// Coupons that were held, paid for, given back and voided, in a market that nobody followed.
fn unfollowed(buckets: u32) -> (Market, MemoryStore, CampaignId) {
    let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
    let mut market = Market::over(Arc::new(store.clone()));
    let limits = json!({"budget": "unlimited", "per_individual": null});
    let campaign = market.live(&json!({"limits": limits, "claims": {"channels": ["web", "code", "system"]}}));
    let code = market.unique_code(campaign);
    market.followers.clear();
    for name in ["ana", "ben", "cleo"] {
        let held = coupon(market.does(claim(name, campaign)));
        market.does(place(name, "A-1", with_coupon(held))).expect("placed");
    }
    let pay = PayOrder { account: account("ana"), order: OrderId::new("A-1").expect("a name") };
    market.does(pay).expect("paid");
    market.does(cancel("ben", "A-1")).expect("cancelled");
    market.does(place("dora", "D-1", with_code(&code))).expect("placed");
    market.does(cancel("dora", "D-1")).expect("cancelled");
    market.tidy();
    market.does(activate("dora", &code)).expect("free again");
    (market, store, campaign)
}

fn rows(store: &dyn Store) -> Vec<Row> {
    store.snapshot().expect("reads").all_rows().expect("reads")
}

#[test]
fn what_is_not_followed_yet_is_told_and_nothing_wrong() {
    for buckets in [1, 8] {
        let (market, store, _) = unfollowed(buckets);
        let report = verify(&store).expect("reads");
        assert!(report.is_clean(), "{:?}", report.problems);
        assert!(report.behind > 10, "{} events behind", report.behind);
        drop(market);
    }
}

#[test]
fn a_journal_that_was_committed_while_nobody_followed_is_read_and_comes_to_the_same_rows() {
    for buckets in [1, 8] {
        let (mut market, store, _) = unfollowed(buckets);
        let before = rows(&store);
        // Nothing of it is in memory any more.
        market.restart();
        market.followers.iter_mut().for_each(|follower| follower.catch_up().expect("the store works"));
        let report = verify(&store).expect("reads");
        assert!(report.is_clean() && report.behind == 0, "{report:?}");
        assert_ne!(rows(&store), before);
    }
}

#[test]
fn two_processes_follow_under_one_name_and_nothing_is_done_twice() {
    let (mut market, store, _) = unfollowed(8);
    let mut other = Market::over(Arc::new(store.of_another_process()));
    market.restart();
    for round in 0..1_000 {
        let following = if round % 2 == 0 { &mut market.followers } else { &mut other.followers };
        for following in following {
            following.step().expect("whoever is slower goes on");
        }
    }
    let report = verify(&store).expect("reads");
    assert!(report.is_clean() && report.behind == 0, "{report:?}");
}

#[test]
fn a_row_that_cant_be_stops_its_follower_and_nobody_else() {
    let (mut market, store, campaign) = unfollowed(1);
    let bucket = Bucket::FIRST;
    let at = store.snapshot().expect("reads").followed(PEOPLE, bucket).expect("reads");
    let bad = Change::CouponState {
        coupon: coupon(market.does(claim("eve", campaign))),
        state: State::Used,
        order: OfOrder::None,
        held_until: None,
    };
    let followed = Followed { bucket, from: at, to: at + 1, rows: vec![bad.into()], added: Vec::new() };
    let error = store
        .projection(PEOPLE)
        .expect("follows")
        .write(TableSet::Shown, &followed)
        .expect_err("used, and on no order");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(store.snapshot().expect("reads").followed(PEOPLE, bucket).expect("reads"), at);
    market.does(claim("eve", campaign)).expect("nobody waits for rows");
}

#[test]
fn a_start_follows_what_the_process_before_left() {
    for buckets in [1, 8] {
        let (market, store, _) = unfollowed(buckets);
        drop(market);
        let engine = started(Arc::new(store.clone()));
        runtime().block_on(engine.surely_followed()).expect("the store works");
        engine.stop();
        let report = verify(&store).expect("reads");
        assert!(report.is_clean() && report.behind == 0, "{report:?}");
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
}

#[test]
fn a_list_has_what_was_answered_before() {
    let (engine, _) = in_threads(8);
    let mut campaign = None;
    for number in 0..20 {
        let command = create(&json!({"name": format!("Campaign {number}")}));
        let done = engine.submit_blocking(command, None).expect("valid terms");
        let Answer::Campaign { campaign: made, .. } = done.answer else { panic!("a campaign") };
        campaign = Some(made.id);
        engine.submit_blocking(step(made.id, CampaignStep::Publish), None).expect("a draft");
    }
    let campaign = campaign.expect("one at least");
    let runtime = runtime();
    for number in 0..50 {
        let name = format!("account-{number}");
        let claimed = coupon(engine.submit_blocking(claim(&name, campaign), None));
        engine.submit_blocking(place(&name, "A-1", with_coupon(claimed)), None).expect("placed");
        runtime.block_on(engine.followed());
        let (owner, orders) = engine
            .read(|reader| {
                let filter = OrderFilter { account: Some(account(&name)), now: reader.now(), ..OrderFilter::default() };
                Ok((reader.coupon_owner(claimed)?, reader.orders(&filter, 9, |_| true)?.0.len()))
            })
            .expect("readable");
        assert_eq!((owner, orders), (Some(account(&name)), 1), "the list of {name}");
    }
    engine.stop();
}
