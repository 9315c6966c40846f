//! Many threads at once over eight buckets.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicUsize, Ordering},
};

use scrip_core::{
    command::{CampaignStep, ClaimOf, RequestCodes},
    slot::Buckets,
};
use scrip_engine::{Answer, Engine, EngineError, Receipt, verify};
use scrip_store::{Store, memory::MemoryStore};
use serde_json::json;

use crate::market::{
    Answered, account, activate, cancel, claim, coupon, create, entered, in_threads, names, place, shared, started,
    step, with_code, with_coupon,
};

const THREADS: usize = 16;

fn live(engine: &Engine, patch: &serde_json::Value) -> scrip_core::id::CampaignId {
    let created = engine.submit_blocking(create(patch), None).expect("valid terms");
    let Answer::Campaign { campaign, .. } = created.answer else { panic!("a campaign") };
    engine.submit_blocking(step(campaign.id, CampaignStep::Publish), None).expect("a draft");
    campaign.id
}

/// How many of the asked won; every other must have been refused with this code.
fn race(names: &[String], refusal: &str, ask: impl Fn(&str) -> Answered + Sync) -> usize {
    let (won, barrier) = (&AtomicUsize::new(0), &Barrier::new(THREADS));
    let ask = &ask;
    std::thread::scope(|scope| {
        for part in names.chunks(names.len().div_ceil(THREADS)) {
            scope.spawn(move || {
                barrier.wait();
                for name in part {
                    match ask(name) {
                        Ok(_) => drop(won.fetch_add(1, Ordering::SeqCst)),
                        Err(EngineError::Refused(refused)) => assert_eq!(refused.first().code(), refusal, "{name}"),
                        Err(error) => panic!("{name}: {error}"),
                    }
                }
            });
        }
    });
    won.load(Ordering::SeqCst)
}

#[test]
fn r1_as_many_win_as_there_is_stock() {
    for stock in [1, 7, 200] {
        let (engine, store) = in_threads(8);
        let campaign = live(&engine, &json!({"limits": {"stock": stock, "budget": "unlimited"}}));
        let won = race(&names(8, 480), "sold_out", |name| engine.submit_blocking(claim(name, campaign), None));
        assert_eq!(won, stock);
        engine.stop();
        assert!(verify::verify(&store).expect("readable").is_clean());
    }
}

#[test]
fn r5_a_thousand_uses_of_one_code_and_a_thousand_of_its_campaign_meet_at_the_smaller_limit() {
    let (engine, store) = in_threads(8);
    let channels = json!({"channels": ["web", "code"]});
    let campaign = live(&engine, &json!({"limits": {"stock": 60, "budget": "unlimited"}, "claims": channels}));
    engine.submit_blocking(shared(&engine, campaign, "SAVE10", 25), None).expect("new");
    let code = entered(&engine, "SAVE10");
    let won = race(&names(8, 320), "code_uses_exhausted", |name| engine.submit_blocking(activate(name, &code), None));
    assert_eq!(won, 25);
    let rest = names(8, 640).split_off(320);
    let won = race(&rest, "sold_out", |name| engine.submit_blocking(claim(name, campaign), None));
    assert_eq!(won, 35);
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

#[test]
fn r6_uses_and_cancellations_at_once_leave_what_was_there() {
    let (engine, store) = in_threads(8);
    let campaign = live(&engine, &json!({"limits": {"stock": 20, "budget": 2_000}}));
    engine.submit_blocking(shared(&engine, campaign, "SAVE10", 15), None).expect("new");
    let code = entered(&engine, "SAVE10");
    let names = names(8, 160);
    let (engine_of_all, code_of_all, barrier) = (&engine, &code, &Barrier::new(THREADS));
    std::thread::scope(|scope| {
        for part in names.chunks(names.len() / THREADS) {
            scope.spawn(move || {
                barrier.wait();
                for name in part {
                    for round in 0..3 {
                        let id = format!("A-{round}");
                        match engine_of_all.submit_blocking(place(name, &id, with_code(code_of_all)), None) {
                            Ok(_) => drop(engine_of_all.submit_blocking(cancel(name, &id), None).expect("unpaid")),
                            Err(EngineError::Refused(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    let counters = engine.read(|reader| reader.counters(campaign)).expect("readable");
    assert_eq!((counters.claimed, counters.budget_held.minor()), (0, 0));
    let won = race(&names, "code_uses_exhausted", |name| engine.submit_blocking(activate(name, &code), None));
    assert_eq!(won, 15, "all uses came back");
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

#[test]
fn linked_accounts_of_eight_buckets_race_for_one_limit() {
    let (engine, store) = in_threads(8);
    let campaign = live(&engine, &json!({"limits": {"per_individual": 9, "budget": "unlimited"}}));
    let names = names(8, 64);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for name in &names[1..] {
        runtime.block_on(engine.link(&account(name), &account(&names[0]))).expect("linked");
    }
    let claimed = |name: &str| -> Answered {
        let claim = claim(name, campaign);
        assert!(matches!(claim.of, ClaimOf::Campaign { .. }));
        engine.submit_blocking(claim, None)
    };
    let won = race(&names, "individual_limit_reached", claimed);
    assert_eq!(won, 9);
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

#[test]
fn a_unique_code_is_won_by_one_of_those_who_race_for_it() {
    let (engine, store) = in_threads(8);
    let campaign = live(&engine, &json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    let request = scrip_core::command::RequestCodes { campaign, as_seller: None, count: 8, prefix: None, source: None };
    let Ok(Receipt { answer: Answer::Job(job), .. }) = engine.submit_blocking(request, None) else { panic!("a job") };
    let rows = loop {
        let done = engine.read(|reader| reader.job(job.id)).expect("readable").is_some_and(|job| job.done == job.total);
        if done {
            break engine.read(|reader| reader.codes(campaign, None, 100)).expect("readable");
        }
        std::thread::yield_now();
    };
    for row in rows {
        let text = engine.secrets().open_code(row.secret, row.sealed.as_deref().expect("unique")).expect("ours");
        let code = entered(&engine, &text);
        let won = race(&names(8, 32), "code_not_usable", |name| engine.submit_blocking(activate(name, &code), None));
        assert_eq!(won, 1);
    }
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

#[test]
fn s18_eight_give_backs_at_once_leave_nothing_used() {
    let (engine, store) = in_threads(8);
    let channels = json!({"channels": ["web", "code"]});
    let campaign = live(&engine, &json!({"limits": {"budget": 1_600, "per_individual": null}, "claims": channels}));
    engine.submit_blocking(shared(&engine, campaign, "SAVE10", 8), None).expect("new");
    let code = entered(&engine, "SAVE10");
    let names = names(8, 8);
    for round in 0..20 {
        let (wallet, direct) = (format!("W-{round}"), format!("D-{round}"));
        for name in &names {
            let claimed = coupon(engine.submit_blocking(claim(name, campaign), None));
            engine.submit_blocking(place(name, &wallet, with_coupon(claimed)), None).expect("there is a budget");
            engine.submit_blocking(place(name, &direct, with_code(&code)), None).expect("there is a use");
        }
        let counters = engine.read(|reader| reader.counters(campaign)).expect("readable");
        assert_eq!((counters.on_orders, counters.budget_held.minor()), (16, 1_600));
        let (engine, barrier) = (&engine, &Barrier::new(THREADS));
        std::thread::scope(|scope| {
            for (name, id) in names.iter().flat_map(|name| [(name, &wallet), (name, &direct)]) {
                scope.spawn(move || {
                    barrier.wait();
                    engine.submit_blocking(cancel(name, id), None).expect("unpaid");
                });
            }
        });
        let counters = engine.read(|reader| reader.counters(campaign)).expect("readable");
        assert_eq!((counters.on_orders, counters.budget_held.minor()), (0, 0), "round {round}");
    }
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

#[test]
fn s8_a_pause_that_is_answered_lets_no_coupon_of_any_bucket_through() {
    let (engine, store) = in_threads(8);
    let names = names(8, 32);
    for round in 0..10 {
        let campaign = live(&engine, &json!({"name": format!("round {round}"), "limits": {"budget": "unlimited"}}));
        let held: Vec<_> =
            names.iter().map(|name| coupon(engine.submit_blocking(claim(name, campaign), None))).collect();
        let (engine, barrier, placed) = (&engine, &Barrier::new(THREADS + 1), &AtomicUsize::new(0));
        let orders: Vec<_> = names.iter().zip(&held).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                barrier.wait();
                engine.submit_blocking(step(campaign, CampaignStep::Pause), None).expect("it is live");
            });
            for part in orders.chunks(orders.len() / THREADS) {
                scope.spawn(move || {
                    barrier.wait();
                    for (name, coupon) in part {
                        match engine.submit_blocking(place(name, &format!("A-{round}"), with_coupon(**coupon)), None) {
                            Ok(_) => drop(placed.fetch_add(1, Ordering::SeqCst)),
                            Err(error) => assert!(error.to_string().contains("paused"), "{error}"),
                        }
                    }
                });
            }
        });
        // The pause is answered: it holds in every bucket.
        for (name, coupon) in names.iter().zip(&held) {
            let late = engine.submit_blocking(place(name, &format!("B-{round}"), with_coupon(*coupon)), None);
            assert!(late.is_err(), "{name} in round {round}");
        }
        let counters = engine.read(|reader| reader.counters(campaign)).expect("readable");
        assert_eq!(counters.on_orders as usize, placed.load(Ordering::SeqCst));
    }
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}

/// A file's log is ended by whoever has it last: a command that ends right after has to be that.
#[test]
fn whoever_stops_an_engine_has_its_store_alone() {
    for _ in 0..10 {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Buckets::ONE));
        let engine = started(store.clone());
        let campaign = live(&engine, &json!({}));
        let request = RequestCodes { campaign, as_seller: None, count: 100_000, prefix: None, source: None };
        engine.submit_blocking(request, None).expect("a job");
        engine.stop();
        assert_eq!(Arc::strong_count(&store), 1, "the job goes on");
    }
}
