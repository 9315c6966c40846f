//! A crash before every single batch of what takes steps in several buckets: whoever asks again gets what they asked for, once.

use scrip_core::{
    command::{CampaignStep, Command},
    id::CampaignId,
    idempotency::Holder,
};
use scrip_engine::KeyUse;
use serde_json::json;

use crate::market::{
    Answered, Market, account, activate, cancel, claim, coupon, entered, key, names, place, shared, step, with_code,
    with_coupon,
};

/// Does `last` after `before`, with a crash before its first batch, its second and so on, asking again after each until it is
/// done without one. `check` looks at the answer and at what is left.
fn with_a_crash_before_each_batch<T>(
    before: impl Fn(&mut Market) -> T,
    last: impl Fn(&Market, &T) -> (Command, Option<KeyUse>),
    check: impl Fn(&mut Market, &T, Answered),
) {
    let mut crashes = 0;
    for after in 0.. {
        let mut market = Market::new(8);
        let known = before(&mut market);
        let (command, key) = last(&market, &known);
        market.crash_after = Some(market.steps + after);
        let crashed = market.tries(command.clone(), key.clone()).is_err();
        if crashed {
            crashes += 1;
            market.restart();
            // Whatever was underway is given up after a minute.
            market.minutes_pass(2);
            market.tidy();
            market.assert_nothing_underway();
        }
        market.crash_after = None;
        let answer = market.tries(command, key).expect("no crash was asked for");
        check(&mut market, &known, answer);
        market.minutes_pass(31);
        market.tidy();
        market.assert_at_rest();
        if !crashed {
            break;
        }
    }
    assert!(crashes > 1, "it takes several batches");
}

fn account_key(name: &str) -> Option<KeyUse> {
    Some(key(Holder::Account(account(name)), "once"))
}

#[test]
fn a_claim_that_needs_a_grant() {
    with_a_crash_before_each_batch(
        |market| market.live(&json!({"limits": {"stock": 5, "budget": "unlimited"}})),
        |_, campaign| (claim("ana", *campaign).into(), account_key("ana")),
        |market, campaign, answer| {
            answer.expect("there is stock");
            assert_eq!(market.counters(*campaign).claimed, 1);
            let more = names(8, 8).iter().filter(|name| market.does(claim(name, *campaign)).is_ok()).count();
            assert_eq!(more, 4, "nothing of the stock is lost");
        },
    );
}

#[test]
fn a_claim_of_the_last_coupon_which_another_bucket_was_granted() {
    with_a_crash_before_each_batch(
        |market| {
            let campaign = market.live(&json!({"limits": {"stock": 40, "budget": "unlimited"}}));
            let names = names(8, 64);
            // Grants are spread over all buckets, with some left unused in each.
            for name in &names[..39] {
                market.does(claim(name, campaign)).expect("there is stock");
            }
            (campaign, names)
        },
        |_, (campaign, names)| (claim(&names[60], *campaign).into(), account_key(&names[60])),
        |market, (campaign, _), answer| {
            answer.expect("there is one left");
            assert_eq!(market.counters(*campaign).claimed, 40);
            assert!(market.does(claim("late", *campaign)).is_err());
        },
    );
}

#[test]
fn activating_a_unique_code() {
    with_a_crash_before_each_batch(
        |market| {
            let campaign = market.live(&json!({}));
            let code = market.unique_code(campaign);
            let away = names(8, 16)
                .into_iter()
                .find(|name| slot_bucket(name) != code.hash.slot().bucket(eight()).get())
                .expect("most live elsewhere");
            (campaign, code, away)
        },
        |_, (_, code, name)| (activate(name, code).into(), account_key(name)),
        |market, (campaign, code, name), answer| {
            answer.expect("it was free");
            assert_eq!(market.counters(*campaign).claimed, 1);
            assert!(market.does(activate("other", code)).is_err());
            assert!(market.does(activate(name, code)).is_err());
        },
    );
}

#[test]
fn another_account_may_have_a_unique_code_that_somebody_crashed_with() {
    for after in 0..4 {
        let mut market = Market::new(8);
        let campaign = market.live(&json!({}));
        let code = market.unique_code(campaign);
        market.crash_after = Some(market.steps + after);
        let claimed = market.tries(activate("ana", &code), None).is_ok();
        market.restart();
        market.minutes_pass(2);
        market.tidy();
        let had = market.counters(campaign).claimed;
        let other = market.does(activate("ben", &code));
        assert_eq!(other.is_ok(), had == 0, "after {after} batches, claimed {claimed}");
        assert_eq!(market.counters(campaign).claimed, 1);
        market.tidy();
        market.assert_at_rest();
    }
}

#[test]
fn cancelling_an_order_with_a_unique_code() {
    with_a_crash_before_each_batch(
        |market| {
            let campaign = market.live(&json!({"limits": {"stock": 1, "budget": 100}}));
            let code = market.unique_code(campaign);
            let name = names(8, 16)
                .into_iter()
                .find(|name| slot_bucket(name) != code.hash.slot().bucket(eight()).get())
                .expect("most live elsewhere");
            market.does(place(&name, "A-1", with_code(&code))).expect("it is free");
            (campaign, code, name)
        },
        |_, (_, _, name)| (cancel(name, "A-1").into(), account_key(name)),
        |market, (campaign, code, _), answer| {
            answer.expect("unpaid");
            assert_eq!(market.counters(*campaign).claimed, 0);
            market.does(place("ben", "B-1", with_code(code))).expect("it is free again");
        },
    );
}

#[test]
fn an_order_that_needs_budget_from_other_buckets() {
    with_a_crash_before_each_batch(
        |market| {
            let campaign = market.live(&json!({"limits": {"budget": 1_000}}));
            let names = names(8, 16);
            let coupons: Vec<_> = names.iter().map(|name| coupon(market.does(claim(name, campaign)))).collect();
            for (name, coupon) in names.iter().zip(&coupons).take(9) {
                market.does(place(name, "A-1", with_coupon(*coupon))).expect("there is budget");
            }
            (campaign, names, coupons)
        },
        |_, (_, names, coupons)| (place(&names[12], "A-1", with_coupon(coupons[12])).into(), account_key(&names[12])),
        |market, (campaign, names, coupons), answer| {
            answer.expect("there is budget for one more");
            assert_eq!(market.counters(*campaign).budget_held.minor(), 1_000);
            assert!(market.does(place(&names[13], "A-1", with_coupon(coupons[13]))).is_err(), "that was the last");
        },
    );
}

#[test]
fn publishing_pausing_and_adding_a_shared_code() {
    with_a_crash_before_each_batch(
        |market| market.live(&json!({})),
        |_, campaign| (step(*campaign, CampaignStep::Pause).into(), campaign_key(*campaign)),
        |market, campaign, answer| {
            answer.expect("live");
            for name in names(8, 8) {
                assert!(market.does(claim(&name, *campaign)).is_err(), "every bucket knows");
            }
        },
    );
    // A code that lives away from its campaign.
    with_a_crash_before_each_batch(
        |market| {
            let campaign = market.live(&json!({}));
            let away = |text: &String| {
                let code = entered(&market.engine, text);
                code.hash.slot().bucket(eight()) != campaign.uid().slot().bucket(eight())
            };
            let text = (10..).map(|number| format!("SAVE{number}")).find(away).expect("most do");
            (campaign, text)
        },
        |market, (campaign, text)| (shared(&market.engine, *campaign, text, 3).into(), campaign_key(*campaign)),
        |market, (_, text), answer| {
            answer.expect("new");
            let code = entered(&market.engine, text);
            let won = names(8, 8).iter().filter(|name| market.does(activate(name, &code)).is_ok()).count();
            assert_eq!(won, 3);
        },
    );
}

fn campaign_key(campaign: CampaignId) -> Option<KeyUse> {
    Some(key(Holder::Campaign(campaign), "once"))
}

fn eight() -> scrip_core::slot::Buckets {
    scrip_core::slot::Buckets::new(8).expect("a power of two")
}

fn slot_bucket(name: &str) -> u16 {
    account(name).slot().bucket(eight()).get()
}
