//! Sums that are kept for reports: the same figures whoever follows, from wherever, and as the rows that they are sums of.

use std::sync::Arc;

use scrip_core::{
    command::{CampaignStep, CloseTransactions, PayOrder, RefundOf, RefundOrder, ReviseOrder},
    id::CampaignId,
    metadata::Metadata,
    name::{OrderId, RefundName},
    slot::{Bucket, Buckets},
};
use scrip_engine::{Answer, verify::verify};
use scrip_store::{
    Followed, Store, TableSet,
    memory::MemoryStore,
    sums::{Added, DISTRIBUTION, Sum},
};
use serde_json::json;

use crate::market::{
    Market, account, activate, cancel, cart, claim, coupon, create, in_threads, place, step, with_code, with_coupon,
};

/// More than a window at first.
const MANY: usize = 600;

fn order(id: &str) -> OrderId {
    OrderId::new(id).expect("a name")
}

fn pay(name: &str, id: &str) -> PayOrder {
    PayOrder { account: account(name), order: order(id) }
}

/// Coupons that were paid for, given back, taken off, voided, late, and on the way. Between their beginnings and their ends is more than a window of
/// events: who follows later finds documents as they are at the end.
fn sold(market: &mut Market, follows: impl Fn(&str) -> bool) -> CampaignId {
    let limits = json!({"budget": "unlimited", "per_individual": null});
    let campaign = market.live(&json!({"limits": limits, "claims": {"channels": ["web", "code", "system"]}}));
    let codes = [market.unique_code(campaign), market.unique_code(campaign)];
    // Whoever makes a code reads it from its row.
    market.followers.retain(|follower| follows(follower.name()));
    let mut coupons = Vec::new();
    for name in ["ana", "ben", "cleo", "eve"] {
        coupons.push(coupon(market.does(claim(name, campaign))));
        market.does(place(name, "A-1", with_coupon(*coupons.last().expect("just claimed")))).expect("placed");
    }
    // Its coupon comes off, and is on no order for now.
    let revise = ReviseOrder {
        account: account("cleo"),
        order: order("A-1"),
        cart: cart(),
        chosen: Vec::new(),
        expect_discount: None,
    };
    market.does(revise).expect("revised");
    market.does(place("dora", "A-1", with_code(&codes[0]))).expect("placed");
    market.does(place("gil", "A-1", with_code(&codes[1]))).expect("placed");
    for name in ["ana", "ben"] {
        market.does(pay(name, "A-1")).expect("paid");
    }
    market.does(cancel("dora", "A-1")).expect("cancelled");
    for number in 0..MANY {
        market.does(claim(&format!("passer-by-{number}"), campaign)).expect("claimed");
    }
    let refund = RefundOrder {
        account: account("ana"),
        order: order("A-1"),
        id: RefundName::new("r1").expect("a name"),
        of: RefundOf::All,
        as_seller: None,
        fingerprint: [3; 16],
        metadata: Metadata::default(),
    };
    market.does(refund).expect("refunded");
    market.does(place("cleo", "A-2", with_coupon(coupons[2]))).expect("placed");
    market.does(pay("cleo", "A-2")).expect("paid");
    market.does(CloseTransactions { account: account("cleo"), order: order("A-2"), seller: None }).expect("closed");
    market.tidy();
    market.does(activate("dora", &codes[0])).expect("free again");
    // Their holds run out; the payments come all the same.
    market.minutes_pass(31);
    market.tidy();
    for name in ["eve", "gil"] {
        market.does(pay(name, "A-1")).expect("paid late");
    }
    let on_the_way = coupon(market.does(claim("finn", campaign)));
    market.does(place("finn", "A-1", with_coupon(on_the_way))).expect("placed");
    market.tidy();
    campaign
}

fn sum(campaign: CampaignId, channel: &str, figures: [i64; 4]) -> Sum {
    Sum { key: vec![campaign.to_string(), channel.to_owned(), String::new()], figures: figures.to_vec() }
}

/// What was sold.
fn expected(campaign: CampaignId) -> [Sum; 2] {
    [sum(campaign, "code", [2, 1, 0, 100]), sum(campaign, "web", [5 + MANY as i64, 4, 1, 300])]
}

fn stored(store: &dyn Store) -> Vec<Sum> {
    store.snapshot().expect("reads").sums(&DISTRIBUTION, None).expect("reads")
}

fn assert_verified(store: &dyn Store) {
    let report = verify(store).expect("reads");
    assert!(report.is_clean() && report.uncompared.is_empty(), "{report:?}");
}

#[test]
fn sums_come_to_what_was_sold_event_by_event_and_from_the_journal_long_after() {
    for buckets in [1, 8] {
        let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
        let mut market = Market::over(Arc::new(store.clone()));
        let campaign = sold(&mut market, |_| true);
        assert_eq!(stored(&store), expected(campaign));
        assert_verified(&store);

        let store = MemoryStore::new(Buckets::new(buckets).expect("a power of two"));
        let mut market = Market::over(Arc::new(store.clone()));
        let campaign = sold(&mut market, |_| false);
        assert_eq!(stored(&store), []);
        assert_eq!(verify(&store).expect("reads").uncompared, [DISTRIBUTION.name]);
        market.restart();
        market.followers.iter_mut().for_each(|follower| follower.catch_up().expect("the store works"));
        assert_eq!(stored(&store), expected(campaign));
        assert_verified(&store);
    }
}

#[test]
fn two_processes_that_keep_sums_add_nothing_twice() {
    let store = MemoryStore::new(Buckets::new(8).expect("a power of two"));
    let mut market = Market::over(Arc::new(store.clone()));
    let campaign = sold(&mut market, |_| false);
    let mut other = Market::over(Arc::new(store.of_another_process()));
    market.restart();
    for round in 0..1_000 {
        let following = if round % 3 == 0 { &mut market.followers } else { &mut other.followers };
        for following in following {
            following.step().expect("whoever is slower goes on");
        }
    }
    assert_eq!(stored(&store), expected(campaign));
    assert_verified(&store);
}

#[test]
fn a_report_is_added_up_from_rows_until_its_sums_are_worked_out() {
    let store = MemoryStore::new(Buckets::ONE);
    let mut market = Market::over(Arc::new(store.clone()));
    // As in a file of a build that knew no sums.
    let campaign = sold(&mut market, |follower| follower != DISTRIBUTION.name);
    market.restart();
    let engine = market.engine.clone();
    let report = |kept| engine.read(|reader| reader.distribution(Some(campaign), kept)).expect("reads");
    let mut are_kept = || market.drive(engine.sums_followed(&DISTRIBUTION)).expect("nothing crashes");
    assert!(!are_kept());
    let added_up = report(false);
    assert_eq!(added_up.len(), 2);
    let of_sums = |market: &mut Market| {
        let sums = market.followers.iter_mut().find(|follower| follower.name() == DISTRIBUTION.name);
        sums.expect("one keeps them").catch_up().expect("the store works");
    };
    of_sums(&mut market);
    let mut are_kept = || market.drive(engine.sums_followed(&DISTRIBUTION)).expect("nothing crashes");
    assert!(are_kept());
    assert_eq!(report(true), added_up);

    // What is answered from here on they don't have at once: a report never shows less than before.
    let place = market.followers.iter().position(|follower| follower.name() == DISTRIBUTION.name);
    let sums = market.followers.remove(place.expect("one keeps them"));
    market.does(create(&json!({}))).expect("valid terms");
    let mut are_kept = || market.drive(engine.sums_followed(&DISTRIBUTION)).expect("nothing crashes");
    assert!(!are_kept());
    market.followers.push(sums);
    of_sums(&mut market);
    let mut are_kept = || market.drive(engine.sums_followed(&DISTRIBUTION)).expect("nothing crashes");
    assert!(are_kept());
}

#[test]
fn a_report_has_what_was_answered_before() {
    let (engine, _) = in_threads(8);
    let created = engine.submit_blocking(create(&json!({"limits": {"budget": "unlimited"}})), None);
    let Answer::Campaign { campaign, .. } = created.expect("valid terms").answer else { panic!("a campaign") };
    engine.submit_blocking(step(campaign.id, CampaignStep::Publish), None).expect("a draft");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    for number in 1..=50 {
        engine.submit_blocking(claim(&format!("account-{number}"), campaign.id), None).expect("claimed");
        let kept = runtime.block_on(engine.sums_followed(&DISTRIBUTION));
        let report = engine.read(|reader| reader.distribution(Some(campaign.id), kept)).expect("reads");
        assert_eq!(report[0].claimed, number);
    }
    engine.stop();
}

#[test]
fn a_sum_that_is_not_the_rows_is_found() {
    let store = MemoryStore::new(Buckets::ONE);
    let mut market = Market::over(Arc::new(store.clone()));
    let campaign = sold(&mut market, |_| true);
    let head = store.snapshot().expect("reads").head(Bucket::FIRST).expect("reads").position;
    let more = Added {
        to: &DISTRIBUTION,
        sums: vec![sum(campaign, "web", [1, 0, 0, 7]), sum(campaign, "social", [0, 1, 0, 0])],
    };
    let wrong = Followed { bucket: Bucket::FIRST, from: 0, to: head, rows: Vec::new(), added: vec![more] };
    store.projection("somebody").expect("follows").write(TableSet::Shown, &wrong).expect("the store knows no rule");
    let report = verify(&store).expect("reads");
    assert!(!report.is_clean() && report.problems.is_empty(), "only sums are wrong: {:?}", report.problems);
    assert_eq!(
        report.sums,
        [
            format!(
                "distribution {campaign}/social/: the sums say claimed 0, redeemed 1, on_unpaid 0, cost 0, the rows nothing"
            ),
            format!(
                "distribution {campaign}/web/: the sums say claimed 606, redeemed 4, on_unpaid 1, cost 307, \
                 the rows claimed 605, redeemed 4, on_unpaid 1, cost 300"
            ),
        ]
    );
}
