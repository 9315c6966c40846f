//! One shopper after the other: what one bucket would say is said with eight.

use scrip_core::{
    command::{CampaignStep, DeleteCampaign, PayOrder, RevokeCode},
    idempotency::Holder,
    name::OrderId,
    status::CampaignStatus,
};
use scrip_engine::{Answer, Receipt};
use serde_json::json;

use crate::market::{
    Market, account, activate, cancel, claim, coupon, create, entered, key, names, place, refused, shared, step,
    with_code, with_coupon,
};

/// Every rule with one bucket and with eight.
fn with_one_and_eight(test: impl Fn(Market, u32)) {
    for buckets in [1, 8] {
        test(Market::new(buckets), buckets);
    }
}

#[test]
fn i1_stock_is_given_out_to_the_last_and_not_beyond() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({"limits": {"stock": 37, "budget": "unlimited"}}));
        let names = names(buckets, 50);
        let won = names.iter().filter(|name| market.does(claim(name, campaign)).is_ok()).count();
        assert_eq!(won, 37);
        assert_eq!(refused(market.does(claim("late", campaign))), "sold_out");
        assert_eq!(market.counters(campaign).claimed, 37);
        market.assert_at_rest();
    });
}

#[test]
fn stock_set_aside_for_a_source_stays_its_own_in_every_bucket() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({
            "claims": {"sources": [{"source": "acme", "stock": 5}]},
            "limits": {"stock": 12, "budget": "unlimited"}}));
        let names = names(buckets, 40);
        let by = |name: &str, source: Option<&str>| {
            let mut claim = claim(name, campaign);
            if let scrip_core::command::ClaimOf::Campaign { source: named, .. } = &mut claim.of {
                *named = source.map(|source| scrip_core::name::SourceName::new(source).expect("a name"));
            }
            claim
        };
        let free = names[..20].iter().filter(|name| market.does(by(name, None)).is_ok()).count();
        let aside = names[20..].iter().filter(|name| market.does(by(name, Some("acme"))).is_ok()).count();
        assert_eq!((free, aside), (7, 5));
        market.assert_at_rest();
    });
}

#[test]
fn i1_a_budget_is_held_to_the_last_order_that_fits_and_comes_back_to_whoever_asks_next() {
    with_one_and_eight(|mut market, buckets| {
        // Ten discounts of 1.00.
        let campaign = market.live(&json!({"limits": {"budget": 1_050}}));
        let names = names(buckets, 16);
        let coupons: Vec<_> = names.iter().map(|name| coupon(market.does(claim(name, campaign)))).collect();
        let placed = |market: &mut Market, place_of: usize| {
            market.does(place(&names[place_of], "A-1", with_coupon(coupons[place_of])))
        };
        let first: Vec<bool> = (0..16).map(|place| placed(&mut market, place).is_ok()).collect();
        assert_eq!(first.iter().filter(|won| **won).count(), 10);
        assert_eq!(market.counters(campaign).budget_held.minor(), 1_000);
        // What is left is told exactly, wherever it is.
        let late = market.does(place(&names[15], "A-1", with_coupon(coupons[15])));
        match late {
            Err(scrip_engine::EngineError::Refused(refusal)) => assert_eq!(
                *refusal.first(),
                scrip_core::reason::Reason::CampaignBudgetExhausted { left: scrip_core::money::Amount::of(50) }
            ),
            other => panic!("{other:?}"),
        }
        market.does(cancel(&names[0], "A-1")).expect("unpaid");
        placed(&mut market, 15).expect("there is room again");
        assert_eq!(market.counters(campaign).budget_held.minor(), 1_000);
        market.minutes_pass(31);
        market.tidy();
        assert_eq!(market.counters(campaign).budget_held.minor(), 0);
        market.assert_at_rest();
    });
}

#[test]
fn a_code_used_directly_and_cancelled_before_payment_is_free_for_the_next_account_at_once() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({"limits": {"stock": 1, "budget": "unlimited"}}));
        let code = market.unique_code(campaign);
        let names = names(buckets, 16);
        for name in &names {
            market.does(place(name, "A-1", with_code(&code))).unwrap_or_else(|error| panic!("{name}: {error}"));
            let other = if name == &names[0] { &names[1] } else { &names[0] };
            assert_eq!(refused(market.does(activate(other, &code))), "code_not_usable");
            market.does(cancel(name, "A-1")).expect("unpaid");
        }
        let last = coupon(market.does(activate(&names[3], &code)));
        assert_eq!(refused(market.does(activate(&names[3], &code))), "code_used");
        assert_eq!(refused(market.does(activate(&names[4], &code))), "code_not_usable");
        market.does(place(&names[3], "A-2", with_coupon(last))).expect("it is a coupon like others");
        let pay = PayOrder { account: account(&names[3]), order: OrderId::new("A-2").expect("a name") };
        market.does(pay).expect("placed");
        assert_eq!(market.counters(campaign).claimed, 1);
        market.minutes_pass(31);
        market.tidy();
        market.assert_at_rest();
    });
}

#[test]
fn a_code_that_the_campaign_refuses_is_free_again() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({}));
        let code = market.unique_code(campaign);
        market.does(step(campaign, CampaignStep::Pause)).expect("live");
        let names = names(buckets, 8);
        for name in &names {
            assert_eq!(refused(market.does(activate(name, &code))), "campaign_not_live");
        }
        market.does(step(campaign, CampaignStep::Resume)).expect("paused");
        market.does(activate(&names[7], &code)).expect("nobody has it");
        market.tidy();
        market.assert_at_rest();
    });
}

#[test]
fn a_shared_codes_uses_are_counted_over_all_buckets() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({}));
        let add = shared(&market.engine, campaign, "SAVE10", 11);
        market.does(add.clone()).expect("new");
        assert_eq!(refused(market.does(add)), "code_exists");
        let code = entered(&market.engine, "save-10");
        let names = names(buckets, 24);
        let won = names.iter().filter(|name| market.does(activate(name, &code)).is_ok()).count();
        assert_eq!(won, 11);
        assert_eq!(refused(market.does(activate("late", &code))), "code_uses_exhausted");
        market.assert_at_rest();
    });
}

#[test]
fn a_code_of_a_deleted_draft_is_another_campaigns_in_every_bucket() {
    with_one_and_eight(|mut market, buckets| {
        let names = names(buckets, 8);
        let code = entered(&market.engine, "SAVE10");
        for is_revoked in [false, true] {
            let Ok(Receipt { answer: Answer::Campaign { campaign: draft, .. }, .. }) = market.does(create(&json!({})))
            else {
                panic!("valid terms");
            };
            market.does(shared(&market.engine, draft.id, "SAVE10", 100)).expect("it is free");
            // Whoever tries it brings it to the own bucket.
            for name in &names {
                assert_eq!(refused(market.does(activate(name, &code))), "code_not_usable");
            }
            if is_revoked {
                let revoke = RevokeCode { campaign: draft.id, as_seller: None, hash: code.hash };
                market.does(revoke).expect("it is there");
            }
            market.does(DeleteCampaign { campaign: draft.id, as_seller: None }).expect("a draft");
        }
        let campaign = market.live(&json!({}));
        market.does(shared(&market.engine, campaign, "SAVE10", 100)).expect("it is free again");
        for name in &names[1..] {
            let unusable =
                market.engine.read(|reader| reader.unusable_codes(&account(name), std::slice::from_ref(&code)));
            assert_eq!(unusable, Ok(Vec::new()));
            coupon(market.does(activate(name, &code)));
        }
        market.does(RevokeCode { campaign, as_seller: None, hash: code.hash }).expect("it is there");
        assert_eq!(refused(market.does(activate(&names[0], &code))), "code_not_usable");
        for name in &names[1..] {
            assert_eq!(refused(market.does(activate(name, &code))), "code_revoked");
        }
        market.assert_at_rest();
    });
}

#[test]
fn i4_a_shared_code_added_again_under_its_key_is_answered_again() {
    with_one_and_eight(|mut market, _| {
        let campaign = market.live(&json!({}));
        for text in ["SAVE10", "SAVE20", "SAVE30", "SAVE40", "SAVE50"] {
            let add = shared(&market.engine, campaign, text, 5);
            let key = key(Holder::Campaign(campaign), text);
            let first = market.tries(add.clone(), Some(key.clone())).expect("no crash").expect("new");
            let again = market.tries(add.clone(), Some(key)).expect("no crash").expect("known");
            assert_eq!((first.replayed, again.replayed), (false, true));
            assert_eq!(refused(market.does(add)), "code_exists");
        }
        market.assert_at_rest();
    });
}

#[test]
fn s8_a_pause_is_answered_when_every_bucket_has_it() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({}));
        let names = names(buckets, 16);
        let coupons: Vec<_> = names.iter().map(|name| coupon(market.does(claim(name, campaign)))).collect();
        let paused = market.does(step(campaign, CampaignStep::Pause)).expect("live");
        let Receipt { answer: Answer::Campaign { campaign: shown, counters, .. }, at, .. } = paused else {
            panic!("a campaign");
        };
        assert_eq!((shown.status(at), counters.claimed), (CampaignStatus::Paused, 16));
        for (name, coupon) in names.iter().zip(&coupons) {
            assert_eq!(refused(market.does(claim(name, campaign))), "campaign_not_live");
            assert_eq!(refused(market.does(place(name, "A-1", with_coupon(*coupon)))), "campaign_paused");
        }
        market.assert_at_rest();
    });
}

#[test]
fn s3_linked_accounts_have_one_limit_between_them_wherever_they_live() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({"limits": {"per_individual": 3, "budget": "unlimited"}}));
        let names = names(buckets, 8);
        market.does(claim(&names[0], campaign)).expect("its first");
        market.does(claim(&names[1], campaign)).expect("not linked");
        let engine = market.engine.clone();
        for name in &names[1..6] {
            market.drive(engine.link(&account(name), &account(&names[0]))).expect("no crash").expect("linked");
        }
        // Two of three are had: one more, by whoever is first.
        market.does(claim(&names[4], campaign)).expect("the third");
        for name in &names[..6] {
            assert_eq!(refused(market.does(claim(name, campaign))), "individual_limit_reached");
        }
        market.does(claim(&names[6], campaign)).expect("somebody else");
        market.assert_at_rest();
    });
}

#[test]
fn s3_accounts_that_have_more_than_a_limit_when_they_are_linked_keep_it_and_get_no_more() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({"limits": {"per_individual": 1, "budget": "unlimited"}}));
        let names = names(buckets, 4);
        for name in &names {
            market.does(claim(name, campaign)).expect("one each");
        }
        let engine = market.engine.clone();
        for name in &names[1..] {
            market.drive(engine.link(&account(name), &account(&names[0]))).expect("no crash").expect("linked");
        }
        for name in &names {
            assert_eq!(refused(market.does(claim(name, campaign))), "individual_limit_reached");
        }
        assert_eq!(market.counters(campaign).claimed, 4);
        market.assert_at_rest();
    });
}

#[test]
fn what_was_sold_out_is_given_out_as_soon_as_something_came_back() {
    with_one_and_eight(|mut market, buckets| {
        let campaign = market.live(&json!({"limits": {"stock": 3, "budget": "unlimited"},
            "claims": {"channels": ["web", "code"]}}));
        market.does(shared(&market.engine, campaign, "SAVE10", 3)).expect("new");
        let code = entered(&market.engine, "SAVE10");
        let names = names(buckets, 24);
        for name in &names[..3] {
            market.does(place(name, "A-1", with_code(&code))).expect("there is stock");
        }
        for name in &names[3..] {
            assert_eq!(refused(market.does(claim(name, campaign))), "sold_out");
        }
        let steps = market.steps;
        assert_eq!(refused(market.does(claim(&names[3], campaign))), "sold_out");
        assert_eq!(market.steps - steps, 1, "known without asking others again");
        market.does(cancel(&names[1], "A-1")).expect("unpaid");
        market.does(claim(&names[20], campaign)).expect("one came back");
        assert_eq!(refused(market.does(claim(&names[21], campaign))), "sold_out");
        market.minutes_pass(31);
        market.tidy();
        market.does(claim(&names[21], campaign)).expect("the others timed out");
        market.tidy();
        market.assert_at_rest();
    });
}
