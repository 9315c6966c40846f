//! Many threads at once over eight buckets.

use std::sync::{
    Barrier,
    atomic::{AtomicUsize, Ordering},
};

use scrip_core::command::{CampaignStep, ClaimOf};
use scrip_engine::{Answer, Engine, EngineError, Receipt, verify};
use serde_json::json;

use crate::market::{
    Answered, account, activate, cancel, claim, create, entered, in_threads, names, place, shared, step, with_code,
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
    let campaign = live(&engine, &json!({"limits": {"stock": 60, "budget": "unlimited"}}));
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
        let text = engine.secrets().open_code(row.sealed.as_deref().expect("unique")).expect("ours");
        let code = entered(&engine, &text);
        let won = race(&names(8, 32), "code_not_usable", |name| engine.submit_blocking(activate(name, &code), None));
        assert_eq!(won, 1);
    }
    engine.stop();
    assert!(verify::verify(&store).expect("readable").is_clean());
}
