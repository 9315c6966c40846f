//! Old data (S17).

use scrip_core::{
    campaign::CampaignStage,
    command::{
        CampaignStep, DeleteCampaign, ImportCampaign, ImportCoupon, KnownBy, OldStatus, Outcome, imported_campaign,
    },
    id::CampaignId,
    status::{CampaignStatus, CouponStatus},
    wallet::LIVE_MAX,
};
use serde_json::json;

use super::{
    build::{account, at, cart, order_id, terms},
    world::{Use, World, refused},
};

fn old(campaign: CampaignId, status: OldStatus, known_by: KnownBy) -> ImportCoupon {
    ImportCoupon {
        account: account("ana"),
        campaign,
        status,
        known_by,
        claimed_at: at("2026-03-01T07:00:00Z"),
        starts_at: None,
        expires_at: None,
        as_is: false,
    }
}

const fn key(number: u8) -> KnownBy {
    KnownBy::Key([number; 16])
}

#[test]
fn s17_an_import_takes_each_line_once() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    let mut import = |known_by| match world.run(old(campaign, OldStatus::Valid, known_by)).unwrap() {
        Outcome::Imported { new, .. } => new,
        other => panic!("an import led to {other:?}"),
    };
    let lines = [key(1), KnownBy::Nth(1), KnownBy::Nth(2), key(2)];
    assert_eq!(lines.map(&mut import), [true; 4]);
    assert_eq!(lines.map(&mut import), [false; 4]);
    // A line more of those that are alike.
    assert!(import(KnownBy::Nth(3)));
    assert_eq!(world.counters(campaign).claimed, 5);
    // Another account's is another line.
    let other = ImportCoupon { account: account("ben"), ..old(campaign, OldStatus::Valid, key(1)) };
    let Outcome::Imported { new: true, .. } = world.run(other).unwrap() else { panic!("taken") };
    world.check_replay();
}

#[test]
fn s17_an_import_is_a_claim_for_stock_counters_and_the_individual_and_judged_by_nothing_else() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "limits": {"stock": 2, "budget": "unlimited"}, "claims": {"channels": ["web"], "ends_at": "2026-06-02T00:00:00Z"},
    }));
    let run = |world: &mut World, name: &str, number| {
        world.run(ImportCoupon { account: account(name), ..old(campaign, OldStatus::Valid, key(number)) })
    };
    // Neither the channel nor the window, nor that it is paused or has ended.
    world.later(60 * 24 * 3);
    world.step(campaign, CampaignStep::Pause).unwrap();
    run(&mut world, "ana", 1).unwrap();
    assert_eq!(refused(run(&mut world, "ana", 2)), "individual_limit_reached");
    world.step(campaign, CampaignStep::End).unwrap();
    run(&mut world, "ben", 1).unwrap();
    assert_eq!(refused(run(&mut world, "cleo", 1)), "sold_out");
    assert_eq!(world.counters(campaign).claimed, 2);
    world.check_replay();
}

#[test]
fn s17_what_was_imported_and_what_is_collected_count_together_for_the_individual() {
    let mut world = World::new();
    for (imported_first, number) in [(true, 1), (false, 2)] {
        let campaign = world.campaign(
            &json!({"claims": {"channels": ["web"]}, "limits": {"per_individual": 1, "budget": "unlimited"}}),
        );
        let import = |world: &mut World| {
            let line = ImportCoupon { account: account("ana"), ..old(campaign, OldStatus::Valid, key(number)) };
            world.run(line).map(|_| ())
        };
        let collect = |world: &mut World| world.claim("ana", campaign).map(|_| ());
        let (first, second) = if imported_first {
            (import(&mut world), collect(&mut world))
        } else {
            (collect(&mut world), import(&mut world))
        };
        first.unwrap();
        assert_eq!(refused(second), "individual_limit_reached");
        assert_eq!(world.counters(campaign).claimed, 1);
    }
    world.check_replay();
}

#[test]
fn s17_an_import_gives_the_window_of_the_terms_unless_another_is_meant() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "limits": {"per_individual": null, "budget": "unlimited"},
        "validity": {"type": "after_claim", "days": 7, "time_zone": "Asia/Shanghai"},
    }));
    let line = |number| old(campaign, OldStatus::Valid, key(number));
    let ends = at("2026-03-08T16:00:00Z");
    world.run(ImportCoupon { starts_at: Some(at("2026-03-01T07:00:00Z")), expires_at: Some(ends), ..line(1) }).unwrap();
    let held = world.coupons("ana")[0].clone();
    assert_eq!((held.expires_at, held.as_is), (ends, false));
    assert_eq!(world.status("ana", held.id), CouponStatus::Expired);
    let later = Some(at("2026-12-01T00:00:00Z"));
    let refusal = world.run(ImportCoupon { expires_at: later, ..line(2) }).unwrap_err();
    assert_eq!(
        (refusal.first().code(), refusal.errors[0].pointer.as_deref()),
        ("validity_is_fixed", Some("/expires_at"))
    );
    world.run(ImportCoupon { expires_at: later, as_is: true, ..line(2) }).unwrap();
    let held = world.coupons("ana").into_iter().find(|coupon| coupon.as_is).unwrap();
    assert_eq!(world.status("ana", held.id), CouponStatus::Valid);
    let early = Some(at("2026-01-01T00:00:00Z"));
    assert_eq!(refused(world.run(ImportCoupon { expires_at: early, as_is: true, ..line(3) })), "invalid_field");
    let ahead = at("2026-06-01T00:00:00.000001Z");
    assert_eq!(refused(world.run(ImportCoupon { claimed_at: ahead, ..line(3) })), "invalid_field");
    let draft = world.draft(&json!({}));
    assert_eq!(refused(world.run(old(draft, OldStatus::Valid, key(3)))), "campaign_not_live");
    world.check_replay();
}

#[test]
fn s17_history_comes_in_as_history_and_holds_nothing() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"per_individual": null, "budget": 1000}}));
    let used = OldStatus::Used { order: Some(order_id("X-1")) };
    let line = |status, number| old(campaign, status, key(number));
    world.run(line(used, 1)).unwrap();
    world.run(line(OldStatus::Used { order: None }, 2)).unwrap();
    world.run(line(OldStatus::Reclaimed, 3)).unwrap();
    assert_eq!(refused(world.run(line(OldStatus::Expired, 4))), "invalid_field");
    let past = Some(at("2026-04-01T00:00:00Z"));
    let starts_at = Some(at("2026-03-01T07:00:00Z"));
    world.run(ImportCoupon { starts_at, expires_at: past, as_is: true, ..line(OldStatus::Expired, 4) }).unwrap();
    world.run(line(OldStatus::Pending, 5)).unwrap();
    let mut statuses: Vec<CouponStatus> = world.coupons("ana").iter().map(|coupon| coupon.status(world.now)).collect();
    statuses.sort_by_key(|status| status.as_str());
    use CouponStatus::{Expired, Pending, Reclaimed, Used};
    assert_eq!(statuses, [Expired, Pending, Reclaimed, Used, Used]);
    let counters = world.counters(campaign);
    assert_eq!((counters.claimed, counters.used, counters.reclaimed), (5, 2, 1));
    assert_eq!((counters.budget_held.minor(), counters.budget_spent.minor()), (0, 0));
    let goods = cart("l1:a:900*1");
    let ids: Vec<_> = world.coupons("ana").iter().map(|coupon| coupon.id).collect();
    for id in ids {
        let code = refused(world.place("ana", "o", &goods, &[Use::Coupon(id)]));
        assert!(["coupon_used", "coupon_reclaimed", "coupon_expired", "coupon_not_found"].contains(&code), "{code}");
    }
    world.check_replay();
}

#[test]
fn s17_a_campaign_of_old_data_is_taken_once_with_its_status_over_or_not() {
    let mut world = World::new();
    let terms = terms(&json!({
        "validity": {"type": "fixed", "starts_at": "2025-01-01T00:00:00Z", "expires_at": "2025-02-01T00:00:00Z"},
    }));
    let id = imported_campaign("spring-25");
    let import = || ImportCampaign { campaign: id, terms: terms.clone(), stage: CampaignStage::Published };
    for created in [true, false] {
        assert_eq!(world.run(import()).unwrap(), Outcome::Campaign { campaign: id, created });
    }
    assert_eq!(world.state().campaign(id).unwrap().status(world.now), CampaignStatus::Closed);
    let ended = imported_campaign("summer-25");
    world.run(ImportCampaign { campaign: ended, terms: terms.clone(), stage: CampaignStage::Ended }).unwrap();
    assert_eq!(world.state().campaign(ended).unwrap().status(world.now), CampaignStatus::Ended);
    world.run(ImportCoupon { claimed_at: at("2025-01-05T00:00:00Z"), ..old(id, OldStatus::Valid, key(1)) }).unwrap();
    assert_eq!(world.status("ana", world.coupons("ana")[0].id), CouponStatus::Expired);
    world.check_replay();
}

#[test]
fn s17_a_full_wallet_takes_lines_all_the_same() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    world.checked = false;
    for _ in 0..LIVE_MAX {
        world.claim("ana", campaign).unwrap();
    }
    assert_eq!(refused(world.claim("ana", campaign)), "wallet_full");
    world.checked = true;
    for status in [OldStatus::Valid, OldStatus::Pending, OldStatus::Used { order: None }] {
        let number = 1 + u8::try_from(world.coupons("ana").len() - LIVE_MAX as usize).unwrap();
        world.run(old(campaign, status, key(number))).unwrap();
    }
    assert_eq!(world.coupons("ana").len(), LIVE_MAX as usize + 3);
    world.check_replay();
}

#[test]
fn s17_a_draft_of_old_data_that_was_deleted_stays_away() {
    let mut world = World::new();
    let draft = imported_campaign("autumn-25");
    let import = || ImportCampaign { campaign: draft, terms: terms(&json!({})), stage: CampaignStage::Draft };
    world.run(import()).unwrap();
    world.run(DeleteCampaign { campaign: draft, as_seller: None }).unwrap();
    assert_eq!(refused(world.run(import())), "campaign_not_found");
    assert_eq!(refused(world.run(old(draft, OldStatus::Valid, key(1)))), "campaign_not_found");
    assert!(world.state().campaign(draft).is_none());
    world.check_replay();
}

#[test]
fn s17_a_line_without_a_key_is_known_among_lines_without_a_key_alone() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    let other = world.campaign(&json!({}));
    world.claim("ana", campaign).unwrap();
    let at = |claimed_at, known_by| ImportCoupon { claimed_at, ..old(campaign, OldStatus::Valid, known_by) };
    let now = world.now;
    let mut is_new = |line| match world.run(line).unwrap() {
        Outcome::Imported { new, .. } => new,
        other => panic!("an import led to {other:?}"),
    };
    // Neither what was collected at that moment nor what came in by a key is one of them.
    assert!(is_new(at(now, KnownBy::Nth(1))), "claimed now, at the latest");
    assert!(is_new(at(now, key(1))));
    assert!(!is_new(at(now, KnownBy::Nth(1))));
    assert!(is_new(at(now, KnownBy::Nth(2))));
    // Of another moment or another campaign it is the first.
    assert!(is_new(at(super::build::at("2026-05-01T00:00:00Z"), KnownBy::Nth(1))));
    assert!(is_new(ImportCoupon { campaign: other, ..at(now, KnownBy::Nth(1)) }));
}

#[test]
fn s17_a_coupon_comes_in_as_expired_from_its_expiry_on() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    let line = || ImportCoupon { claimed_at: at("2026-06-01T00:00:00Z"), ..old(campaign, OldStatus::Expired, key(1)) };
    world.later_micros(24 * 3_600_000_000 - 1);
    assert_eq!(refused(world.run(line())), "invalid_field");
    world.later_micros(1);
    world.run(line()).unwrap();
    let future = ImportCoupon { claimed_at: world.now.plus_minutes(1), ..old(campaign, OldStatus::Valid, key(2)) };
    assert_eq!(refused(world.run(future)), "invalid_field");
}

#[test]
fn s17_only_what_was_published_needs_a_budget() {
    let mut world = World::new();
    let without = terms(&json!({"limits": {"budget": null}}));
    for (name, stage, code) in [
        ("a", CampaignStage::Draft, None),
        ("b", CampaignStage::Published, Some("budget_required")),
        ("c", CampaignStage::Paused, Some("budget_required")),
        ("d", CampaignStage::Ended, Some("budget_required")),
    ] {
        let campaign = imported_campaign(name);
        let given = world.run(ImportCampaign { campaign, terms: without.clone(), stage });
        assert_eq!(given.err().map(|refusal| refusal.first().code()), code, "{name}");
    }
}

/// An import that is run again, by any build, finds what it brought in before.
#[test]
fn s17_the_id_of_a_campaign_of_old_data_follows_from_its_key() {
    assert_eq!(imported_campaign("spring").to_string(), imported_campaign("spring").to_string());
    let ids: std::collections::BTreeSet<[u8; 7]> = (0..1_000)
        .map(|number| imported_campaign(&format!("k{number}")).uid().bytes()[9..].try_into().expect("seven bytes"))
        .collect();
    assert_eq!(ids.len(), 1_000, "their random part differs too: not only the slot tells them apart");
}
