//! Getting coupons: S1, S3, S8, codes and wallets.

use scrip_core::{
    api_key::{ApiKey, Role},
    campaign::Channel,
    code::{NewCode, SecretNumber},
    command::{
        AddCodes, AddSharedCode, CampaignStep, ClaimBy, ClaimOf, CreateApiKey, Outcome, RequestCodes, RevokeApiKey,
        RevokeCode, code_needs, order_needs,
    },
    event::{Event, Recorded},
    id::{KeyId, Uid},
    metadata::Metadata,
    reason::Reason,
    state::{Key, Kind},
    status::CouponStatus,
    wallet::{HISTORY_PAGE_MAX, LIVE_MAX},
};
use serde_json::json;

use super::{
    build::{account, at, by_seller, cart, code, order_id, source, terms},
    world::{Use, World, refused},
};

#[test]
fn s1_a_claim_carries_its_channel_and_another_channel_is_not_offered() {
    let mut world = World::new();
    let web_only = world.campaign(&json!({"claims": {"channels": ["web"]}}));
    let coupon = world.claim_by("ana", web_only, Channel::Web, Some("homepage")).unwrap();
    let held = world.coupon("ana", coupon).unwrap();
    assert_eq!((held.channel, held.source.clone()), (Channel::Web, Some(source("homepage"))));
    for channel in [Channel::Social, Channel::Partner, Channel::SellerStore, Channel::System] {
        assert_eq!(refused(world.claim_by("bob", web_only, channel, None)), "channel_not_offered");
    }
    let code = code("SAVE10");
    let add = AddSharedCode { campaign: web_only, as_seller: None, code, max_uses: None, source: None, request: None };
    assert_eq!(refused(world.run(add)), "channel_not_offered");
    let request = RequestCodes { campaign: web_only, as_seller: None, count: 3, prefix: None, source: None };
    assert_eq!(refused(world.run(request)), "channel_not_offered");

    let everywhere = world.campaign(&json!({}));
    for channel in [Channel::Web, Channel::Social, Channel::Partner, Channel::System] {
        world.claim_by("bob", everywhere, channel, None).unwrap();
    }
    assert_eq!(refused(world.claim_by("bob", everywhere, Channel::SellerStore, None)), "channel_not_offered");
    let sellers = world.campaign(&json!({"issuer": by_seller("luma")}));
    world.claim_by("bob", sellers, Channel::SellerStore, None).unwrap();
    world.check_replay();
}

#[test]
fn s1_terms_that_name_no_channels_give_coupons_by_code_alone_once_there_are_codes() {
    let whole = json!(["web", "social", "partner", "code", "system"]);
    // Earlier builds wrote the issuer's whole list out.
    for claims in [json!({}), json!({"channels": whole})] {
        let mut world = World::new();
        let campaign =
            world.campaign(&json!({"claims": claims, "limits": {"per_individual": null, "budget": "unlimited"}}));
        world.claim("ana", campaign).unwrap();
        assert!(!world.state().campaign(campaign).unwrap().offers(Channel::Code));
        let revision = world.state().campaign(campaign).unwrap().revision;
        world.shared_code(campaign, "SAVE10", None);
        for channel in [Channel::Web, Channel::Social, Channel::Partner] {
            assert_eq!(refused(world.claim_by("ana", campaign, channel, None)), "channel_not_offered");
        }
        world.claim_by("ana", campaign, Channel::System, None).unwrap();
        world.activate("ana", "SAVE10").unwrap();
        let known = world.state().campaign(campaign).unwrap().clone();
        assert_eq!(known.offered_on(), [Channel::Code, Channel::System]);
        assert_eq!(known.revision, revision, "the ETag stays");
        // A second request says nothing new.
        world.shared_code(campaign, "SAVE20", None);
        let said = |recorded: &&Recorded| matches!(recorded.event, Event::CampaignCoded { .. });
        assert_eq!(world.journal.iter().filter(said).count(), 1);
        world.check_replay();
    }
    let mut world = World::new();
    let campaign = world.campaign(&json!({"claims": {"channels": ["web", "code"]}}));
    world.shared_code(campaign, "SAVE10", None);
    world.claim("ana", campaign).unwrap();
}

#[test]
fn s1_a_sellers_grant_is_given_out_in_its_store_offered_or_not() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "issuer": by_seller("luma"), "claims": {"channels": ["web"], "sources": [{"source": "acme", "stock": 2}]},
        "limits": {"stock": 4, "per_individual": null, "budget": "unlimited"},
    }));
    let grant = |channel, source: Option<&str>, by| ClaimOf::Campaign {
        campaign,
        channel,
        source: source.map(super::build::source),
        by,
    };
    let by = ClaimBy::SellerGrant;
    let coupon = world.claim_of("ana", grant(Channel::SellerStore, None, by)).unwrap();
    assert_eq!(world.coupon("ana", coupon).unwrap().channel, Channel::SellerStore);
    assert_eq!(refused(world.claim_of("ana", grant(Channel::Social, None, by))), "channel_not_offered");
    assert_eq!(refused(world.claim_of("ana", grant(Channel::SellerStore, Some("acme"), by))), "channel_not_allowed");
    let by = ClaimBy::OperatorGrant;
    assert_eq!(refused(world.claim_of("ana", grant(Channel::SellerStore, None, by))), "channel_not_offered");
    world.claim_of("ana", grant(Channel::Web, Some("acme"), by)).unwrap();
}

#[test]
fn s1_a_source_with_stock_set_aside_is_named_only_by_right_and_sold_out_alone() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "limits": {"stock": 3, "per_individual": null, "budget": "unlimited"},
        "claims": {"sources": [{"source": "acme", "stock": 2}]},
    }));
    let without_right = |name: &str| ClaimOf::Campaign {
        campaign,
        channel: Channel::Web,
        source: Some(source(name)),
        by: ClaimBy::Shopper,
    };
    assert_eq!(refused(world.claim_of("ana", without_right("acme"))), "channel_not_allowed");
    // A source without stock set aside is everybody's to name, and takes of the rest: here one.
    world.claim_of("ana", without_right("blog")).unwrap();
    assert_eq!(refused(world.claim_of("ana", without_right("blog"))), "sold_out");
    assert_eq!(refused(world.claim("ana", campaign)), "sold_out");
    world.claim_by("ana", campaign, Channel::Partner, Some("acme")).unwrap();
    world.claim_by("bob", campaign, Channel::Partner, Some("acme")).unwrap();
    assert_eq!(refused(world.claim_by("cleo", campaign, Channel::Partner, Some("acme"))), "sold_out");
    assert_eq!(world.counters(campaign).claimed, 3);
}

#[test]
fn s1_a_unique_code_takes_of_the_stock_of_its_source() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "limits": {"stock": 2, "per_individual": null, "budget": "unlimited"},
        "claims": {"channels": ["web", "code"], "sources": [{"source": "acme", "stock": 1}]},
    }));
    world.unique_code(campaign, "ACME-1", Some("acme"));
    world.unique_code(campaign, "ACME-2", Some("acme"));
    // Directly, cancelled: stock comes back to the source.
    world.place("ana", "o1", &cart("l1:a:2000*1"), &[Use::Code("acme1")]).unwrap();
    assert_eq!(refused(world.activate("bob", "ACME-2")), "sold_out");
    world.cancel("ana", "o1", None).unwrap();
    world.activate("bob", "ACME-2").unwrap();
    assert_eq!(refused(world.activate("ana", "ACME-1")), "sold_out");
    world.claim("ana", campaign).unwrap();
    assert_eq!(refused(world.claim("ana", campaign)), "sold_out");
}

#[test]
fn s3_an_individual_gets_as_many_as_the_terms_say() {
    let mut world = World::new();
    let once = world.campaign(&json!({"limits": {"budget": "unlimited"}}));
    world.claim("ana", once).unwrap();
    let refusal = world.claim("ana", once).unwrap_err();
    assert_eq!(refusal.first(), &Reason::IndividualLimitReached { limit: 1 });
    world.claim("bob", once).unwrap();

    // Expired and used ones count: claims never give the count back.
    let twice = world.campaign(&json!({
        "limits": {"per_individual": 2, "budget": "unlimited"}, "validity": {"type": "after_claim", "days": 1},
    }));
    world.claim("ana", twice).unwrap();
    world.later(60 * 48);
    world.claim("ana", twice).unwrap();
    assert_eq!(refused(world.claim("ana", twice)), "individual_limit_reached");
}

#[test]
fn s3_a_code_used_directly_counts_until_it_is_cancelled_before_payment() {
    let mut world = World::new();
    let limits = json!({"stock": 1, "budget": "unlimited"});
    let campaign = world.campaign(&json!({"limits": limits, "claims": {"channels": ["web", "code"]}}));
    world.shared_code(campaign, "SAVE10", Some(1));
    let goods = cart("l1:a:2000*1");
    for (order, by_time) in [("o1", false), ("o2", true)] {
        world.place("ana", order, &goods, &[Use::Code("save-10")]).unwrap();
        assert_eq!(world.figures(campaign), "1 1 0 0 500 0");
        assert_eq!(refused(world.claim("ana", campaign)), "sold_out");
        assert_eq!(refused(world.activate("bob", "SAVE10")), "code_uses_exhausted");
        let coupon = world.on("ana", order)[0];
        assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
        if by_time {
            world.later(30);
            world.sweep();
            world.later_micros(1_000_000);
            world.sweep();
        } else {
            world.cancel("ana", order, None).unwrap();
        }
        // Stock, individual and code are free again, and the coupon is gone.
        assert!(world.coupon("ana", coupon).is_none());
        assert_eq!((world.figures(campaign).as_str(), world.code_uses("SAVE10")), ("0 0 0 0 0 0", 0));
    }
    world.place("ana", "o3", &goods, &[Use::Code("SAVE10")]).unwrap();
    world.pay("ana", "o3").unwrap();
    world.cancel("ana", "o3", None).unwrap();
    // Nothing later gives any of them back.
    assert_eq!((world.figures(campaign).as_str(), world.code_uses("SAVE10")), ("1 0 1 0 0 0", 1));
    assert_eq!(refused(world.claim("ana", campaign)), "sold_out");
}

#[test]
fn stock_is_never_oversold() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"stock": 3, "per_individual": null, "budget": "unlimited"}}));
    let given = (0..5).filter(|n| world.claim(&format!("account-{n}"), campaign).is_ok()).count();
    assert_eq!(given, 3);
    assert_eq!(refused(world.claim("ana", campaign)), "sold_out");
}

#[test]
fn claims_open_and_close_with_their_window() {
    let mut world = World::new();
    let (starts_at, ends_at) = ("2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z");
    let campaign = world.campaign(&json!({"claims": {"starts_at": starts_at, "ends_at": ends_at}}));
    let reason = |world: &mut World| world.claim("ana", campaign).unwrap_err().first().clone();
    world.now = at("2026-06-01T23:59:59.999999Z");
    assert_eq!(reason(&mut world), Reason::ClaimsNotOpen { starts_at: Some(at(starts_at)), ends_at: None });
    world.now = at(starts_at);
    world.claim("ana", campaign).unwrap();
    world.now = at("2026-06-02T23:59:59.999999Z");
    world.claim("ana", campaign).unwrap();
    world.now = at(ends_at);
    assert_eq!(reason(&mut world), Reason::ClaimsNotOpen { starts_at: None, ends_at: Some(at(ends_at)) });

    // A coupon that has expired when it is given would be none.
    world.later_micros(-1);
    let over = world.campaign(&json!({
        "validity": {"type": "fixed", "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2026-06-03T00:00:00Z"},
    }));
    world.later_micros(1);
    assert_eq!(refused(world.claim("ana", over)), "claims_not_open");
    // Before its start it may be claimed: valid, unusable until then (S13).
    let future = world.campaign(&json!({
        "validity": {"type": "fixed", "starts_at": "2026-06-04T00:00:00Z", "expires_at": "2026-06-05T00:00:00Z"},
    }));
    let coupon = world.claim("ana", future).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    assert_eq!(refused(world.place("ana", "o", &cart("l1:a:900*1"), &[Use::Coupon(coupon)])), "not_started");
}

#[test]
fn s8_a_campaign_gives_out_coupons_only_while_live() {
    let mut world = World::new();
    let campaign = world.create(terms(&json!({}))).unwrap();
    assert_eq!(refused(world.claim("ana", campaign)), "campaign_not_live");
    world.step(campaign, CampaignStep::Publish).unwrap();
    assert_eq!(refused(world.step(campaign, CampaignStep::Publish)), "campaign_state");
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "before", &cart("l1:a:900*1"), &[Use::Coupon(coupon)]).unwrap();
    let second = world.claim("ana", campaign).unwrap();

    world.step(campaign, CampaignStep::Pause).unwrap();
    assert_eq!(refused(world.claim("ana", campaign)), "campaign_not_live");
    assert_eq!(refused(world.place("ana", "o", &cart("l1:a:900*1"), &[Use::Coupon(second)])), "campaign_paused");
    // Orders placed are never touched.
    world.pay("ana", "before").unwrap();
    world.step(campaign, CampaignStep::Resume).unwrap();
    world.place("ana", "o", &cart("l1:a:900*1"), &[Use::Coupon(second)]).unwrap();
    let third = world.claim("ana", campaign).unwrap();

    world.step(campaign, CampaignStep::End).unwrap();
    assert_eq!(refused(world.claim("ana", campaign)), "campaign_not_live");
    assert_eq!(refused(world.step(campaign, CampaignStep::Resume)), "campaign_state");
    // Coupons held stay usable until their expiry.
    world.place("ana", "after", &cart("l1:a:900*1"), &[Use::Coupon(third)]).unwrap();
    world.check_replay();
}

#[test]
fn s8_after_claim_ends_with_the_calendar_day_or_after_full_days() {
    let mut world = World::new();
    let shanghai =
        world.campaign(&json!({"validity": {"type": "after_claim", "days": 7, "time_zone": "Asia/Shanghai"}}));
    let hours = world.campaign(&json!({"validity": {"type": "after_claim", "days": 7}}));
    world.now = at("2026-03-01T15:00:00+08:00");
    let (by_day, by_hour) = (world.claim("ana", shanghai).unwrap(), world.claim("ana", hours).unwrap());
    let expiry = |world: &World, coupon| world.coupon("ana", coupon).unwrap().expires_at;
    assert_eq!(expiry(&world, by_day), at("2026-03-09T00:00:00+08:00"));
    assert_eq!(expiry(&world, by_hour), at("2026-03-08T15:00:00+08:00"));

    // Half-open: the last instant counts, the expiry doesn't.
    world.now = at("2026-03-08T23:59:59.999999+08:00");
    assert_eq!(world.status("ana", by_day), CouponStatus::Valid);
    world.now = at("2026-03-09T00:00:00+08:00");
    assert_eq!(world.status("ana", by_day), CouponStatus::Expired);
    assert_eq!(refused(world.place("ana", "o", &cart("l1:a:900*1"), &[Use::Coupon(by_day)])), "coupon_expired");

    // Beirut's clocks skip the midnight of 29 March 2026: until the first instant after it.
    let beirut = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1, "time_zone": "Asia/Beirut"}}));
    world.now = at("2026-03-27T12:00:00+02:00");
    let coupon = world.claim("ana", beirut).unwrap();
    assert_eq!(expiry(&world, coupon), at("2026-03-29T01:00:00+03:00"));
}

#[test]
fn s8_the_window_of_a_claimed_coupon_outlives_every_change() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"validity": {"type": "after_claim", "days": 2}}));
    let coupon = world.claim("ana", campaign).unwrap();
    let expires_at = world.coupon("ana", coupon).unwrap().expires_at;
    world.place("ana", "o1", &cart("l1:a:900*1"), &[Use::Coupon(coupon)]).unwrap();
    world.later(60 * 24 * 2);
    // Its order timed out long ago; the coupon came back and has expired since.
    assert_eq!(world.status("ana", coupon), CouponStatus::Expired);
    world.sweep();
    assert_eq!(world.status("ana", coupon), CouponStatus::Expired);
    assert_eq!(world.coupon("ana", coupon).unwrap().expires_at, expires_at);
}

#[test]
fn a_shared_code_is_used_as_often_as_it_may_by_anyone() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.shared_code(campaign, "SAVE10", Some(2));
    let again =
        AddSharedCode { campaign, as_seller: None, code: code("save 10"), max_uses: None, source: None, request: None };
    assert_eq!(refused(world.run(again)), "code_exists");
    world.activate("ana", "save10").unwrap();
    world.activate("ana", " SAVE-10 ").unwrap();
    for who in ["ana", "bob"] {
        assert_eq!(refused(world.activate(who, "SAVE10")), "code_uses_exhausted");
        let order = world.place(who, "o", &cart("l1:a:900*1"), &[Use::Code("SAVE10")]);
        assert_eq!(refused(order), "code_uses_exhausted");
    }
    assert_eq!(world.code_uses("SAVE10"), 2);
}

#[test]
fn s10_anothers_code_is_the_same_work_as_an_unknown_one() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.unique_code(campaign, "ACME-AAAA", None);
    world.activate("bob", "ACME-AAAA").unwrap();
    let loaded = |who: &str, text: &str| {
        let mut keys = Vec::new();
        code_needs(world.state(), &account(who), code(text).hash, &mut keys);
        keys.iter().map(Key::kind).collect::<Vec<_>>()
    };
    assert_eq!(loaded("ana", "ACME-AAAA"), loaded("ana", "NOBODYS"));
    assert_eq!(loaded("bob", "ACME-AAAA"), [Kind::Code, Kind::Campaign, Kind::Allowance], "its owner is told why");
}

#[test]
fn s10_a_unique_code_is_nobodys_business_but_its_owners() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.unique_code(campaign, "ACME-AAAA", None);
    assert_eq!(refused(world.activate("bob", "NEVER-MADE")), "code_not_usable");
    world.activate("ana", "acme aaaa").unwrap();
    assert_eq!(refused(world.activate("ana", "ACME-AAAA")), "code_used");
    assert_eq!(refused(world.activate("bob", "ACME-AAAA")), "code_not_usable");
    let goods = cart("l1:a:900*1");
    assert_eq!(refused(world.place("ana", "o", &goods, &[Use::Code("ACME-AAAA")])), "code_used");
    assert_eq!(refused(world.place("bob", "o", &goods, &[Use::Code("ACME-AAAA")])), "code_not_usable");
    assert_eq!(refused(world.place("bob", "o", &goods, &[Use::Code("NEVER-MADE")])), "code_not_usable");
}

#[test]
fn a_code_whose_coupon_would_have_expired_says_so_only_where_it_is_no_secret() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.shared_code(campaign, "SAVE10", None);
    world.unique_code(campaign, "ACME-AAAA", None);
    world.now = at("2027-01-01T00:00:00Z");
    assert_eq!(refused(world.activate("ana", "SAVE10")), "code_expired");
    assert_eq!(refused(world.activate("ana", "ACME-AAAA")), "code_not_usable");
}

#[test]
fn s10_another_accounts_coupon_is_as_one_that_does_not_exist() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    let order = world.place("bob", "o", &cart("l1:a:900*1"), &[Use::Coupon(coupon)]);
    assert_eq!(order.unwrap_err().first(), &Reason::CouponNotFound);
}

#[test]
fn a_full_wallet_takes_no_more_until_one_has_expired() {
    let mut world = World::new();
    world.checked = false;
    let lasting = world.campaign(&json!({"claims": {"channels": ["web", "code"]}}));
    let short = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    for n in 0..LIVE_MAX {
        // The short ones lie on further pages, not on the head.
        let campaign = if (40..90).contains(&n) { short } else { lasting };
        world.claim("ana", campaign).unwrap();
    }
    world.check();
    let pages = &world.state().wallet(&account("ana")).unwrap().further;
    assert_eq!(pages[..], [[32; 14].as_slice(), &[20]].concat(), "page after page is filled");
    assert_eq!(world.claim("ana", lasting).unwrap_err().first(), &Reason::WalletFull { limit: LIVE_MAX });
    world.shared_code(lasting, "SAVE10", None);
    let goods = cart("l1:a:900*1");
    assert_eq!(refused(world.place("ana", "o", &goods, &[Use::Code("SAVE10")])), "wallet_full");
    // A coupon of the wallet leaves its room when it is used.
    let used = world.coupons("ana")[0].id;
    world.place("ana", "o", &goods, &[Use::Coupon(used)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", None).unwrap();
    world.claim("ana", lasting).unwrap();
    assert_eq!(refused(world.claim("ana", lasting)), "wallet_full");

    world.later(60 * 24);
    world.place("ana", "o2", &goods, &[Use::Code("SAVE10")]).unwrap();
    world.cancel("ana", "o2", None).unwrap();
    world.claim("ana", lasting).unwrap();
    let expired =
        world.coupons("ana").iter().filter(|coupon| coupon.status(world.now) == CouponStatus::Expired).count();
    assert_eq!(expired, 50);
    assert_eq!(world.state().wallet(&account("ana")).unwrap().live_count(), LIVE_MAX - 50 + 1);
    world.check();
    world.check_replay();
}

#[test]
fn expired_coupons_make_room_also_where_the_wallets_head_has_room() {
    let mut world = World::new();
    world.checked = false;
    let lasting = world.campaign(&json!({}));
    let short = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    let mut on_head = Vec::new();
    for n in 0..LIVE_MAX {
        let coupon = world.claim("ana", if n < 32 { lasting } else { short }).unwrap();
        if n < 2 {
            on_head.push(coupon);
        }
    }
    // Two leave the head while away on orders that are closed, and one comes back by a full refund; two imports fill up.
    for (n, coupon) in on_head.iter().enumerate() {
        let order = format!("o{n}");
        world.place("ana", &order, &cart("l1:a:900*1"), &[Use::Coupon(*coupon)]).unwrap();
        world.pay("ana", &order).unwrap();
        world.close("ana", &order, None).unwrap();
    }
    world.claim("ana", lasting).unwrap();
    world.claim("ana", lasting).unwrap();
    // A coupon that comes back is never refused for room.
    for order in ["o0", "o1"] {
        world.refund("ana", order, "r", scrip_core::command::RefundOf::All).unwrap();
    }
    world.check();
    let live = |world: &World| world.state().wallet(&account("ana")).unwrap().live_count();
    assert_eq!(live(&world), LIVE_MAX + 2);
    assert_eq!(refused(world.claim("ana", lasting)), "wallet_full");
    // The head empties, the further pages are full of what is about to expire.
    let head: Vec<_> = world.state().wallet(&account("ana")).unwrap().live.iter().map(|coupon| coupon.id).collect();
    world.place("ana", "big", &cart("l1:a:900*1"), &[Use::Coupon(head[5])]).unwrap();
    world.pay("ana", "big").unwrap();
    world.close("ana", "big", None).unwrap();
    assert_eq!(refused(world.claim("ana", lasting)), "wallet_full");
    world.later(60 * 24);
    world.claim("ana", lasting).unwrap();
    world.check();
    world.check_replay();
}

#[test]
fn history_takes_two_hundred_coupons_a_page() {
    let mut world = World::new();
    world.checked = false;
    let campaign = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    for _ in 0..430 {
        world.claim("ana", campaign).unwrap();
    }
    world.later(60 * 24);
    world.claim("ana", campaign).unwrap();
    let pages = |world: &World| world.state().wallet(&account("ana")).unwrap().history.clone();
    assert_eq!(pages(&world), [200, 200, 30]);
    assert_eq!(world.keys(Kind::History).len(), 3);
    world.check();
    // One that comes back from an early page leaves a gap; new ones go to the last page.
    let kept = world.campaign(&json!({}));
    let coupon = world.claim("ana", kept).unwrap();
    world.place("ana", "o", &cart("l1:a:900*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", None).unwrap();
    assert_eq!(pages(&world), [200, 200, 31]);
    for _ in 0..200 {
        world.claim("ana", campaign).unwrap();
    }
    world.later(60 * 24);
    world.claim("ana", campaign).unwrap();
    assert_eq!(pages(&world), [200, 200, 200, 32]);
    world.refund("ana", "o", "r", scrip_core::command::RefundOf::All).unwrap();
    assert_eq!(pages(&world), [200, 200, 199, 32]);
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    world.check();
    world.check_replay();
}

#[test]
fn a_claim_cancels_a_lapsed_order_whose_coupons_lie_on_several_pages() {
    let mut world = World::new();
    let platform = world.campaign(&json!({"claims": {"channels": ["web", "code"]}}));
    let of_seller = world.campaign(&json!({"issuer": by_seller("a")}));
    world.checked = false;
    let first = world.claim("ana", platform).unwrap();
    for _ in 0..35 {
        world.claim("ana", platform).unwrap();
    }
    let last = world.claim("ana", of_seller).unwrap();
    world.shared_code(platform, "UNUSED", None);
    // The head gets room again.
    let other = world.state().wallet(&account("ana")).unwrap().live[3].id;
    world.place("ana", "o0", &cart("l1:a:900*1"), &[Use::Coupon(other)]).unwrap();
    world.pay("ana", "o0").unwrap();
    world.close("ana", "o0", None).unwrap();
    world.checked = true;
    world.place("ana", "o1", &cart("l1:a:9000*1"), &[Use::Coupon(first), Use::Coupon(last)]).unwrap();
    world.later(30);
    world.claim("ana", platform).unwrap();
    for coupon in [first, last] {
        assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    }
    world.check_replay();
}

#[test]
fn codes_made_twice_or_by_somebody_else_are_not_added() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.unique_code(campaign, "ACME-1", None);
    let request = RequestCodes { campaign, as_seller: None, count: 3, prefix: None, source: None };
    let Outcome::Job(job) = world.run(request).unwrap() else { panic!("a job") };
    let new = |text: &str| NewCode {
        hash: code(text).hash,
        last4: code(text).text.last4().to_owned(),
        sealed: vec![1],
        secret: SecretNumber::FIRST,
    };
    let add = |texts: &[&str], done_before| AddCodes {
        job,
        codes: texts.iter().map(|text| new(text)).collect(),
        done_before,
    };
    let done = |world: &World| world.state().job(job).unwrap().done;
    world.run(add(&["ACME-1", "ACME-2", "ACME-2"], 0)).unwrap();
    assert_eq!(done(&world), 1);
    world.run(add(&["ACME-3", "ACME-4"], 0)).unwrap();
    assert_eq!(done(&world), 1);
    world.run(add(&["ACME-3", "ACME-4", "ACME-5"], 1)).unwrap();
    assert_eq!(done(&world), 3);
    assert_eq!(refused(world.activate("ana", "ACME-5")), "code_not_usable");
    world.activate("ana", "ACME-4").unwrap();
    world.step(campaign, CampaignStep::End).unwrap();
    let late = RequestCodes { campaign, as_seller: None, count: 3, prefix: None, source: None };
    assert_eq!(refused(world.run(late)), "campaign_state");
}

#[test]
fn a_revoked_key_stays_revoked() {
    let mut world = World::new();
    let id = KeyId::from_uid(Uid::from_bytes([4; 16]));
    assert_eq!(refused(world.run(RevokeApiKey { key: id })), "not_found");
    let key = ApiKey {
        id,
        role: Role::Operator,
        seller: None,
        secret_hash: [1; 32],
        created_at: world.now,
        revoked_at: None,
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    };
    world.run(CreateApiKey { key }).unwrap();
    world.run(RevokeApiKey { key: id }).unwrap();
    let revoked_at = world.state().api_key(id).unwrap().revoked_at;
    world.later(5);
    world.run(RevokeApiKey { key: id }).unwrap();
    assert_eq!(world.state().api_key(id).unwrap().revoked_at, revoked_at);
    world.check_replay();
}

#[test]
fn an_order_with_a_code_that_was_revoked_loads_no_more_of_the_wallets_history_than_before() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "limits": {"budget": "unlimited", "per_individual": null}, "claims": {"channels": ["web", "code"]},
    }));
    world.shared_code(campaign, "SAVE10", None);
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Code("SAVE10")]).unwrap();
    let history = |world: &World| {
        let keys = order_needs(world.state(), &account("ana"), &order_id("o"), world.now);
        keys.into_iter().filter(|key| key.kind() == Kind::History).count()
    };
    // Enough for a second page.
    for number in 0..=HISTORY_PAGE_MAX {
        let coupon = world.claim("ana", campaign).unwrap();
        world.place("ana", &format!("o{number}"), &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
        world.pay("ana", &format!("o{number}")).unwrap();
        world.close("ana", &format!("o{number}"), None).unwrap();
        world.checked = number == HISTORY_PAGE_MAX;
    }
    assert_eq!(world.keys(Kind::History).len(), 2);
    let before = history(&world);
    world.run(RevokeCode { campaign, as_seller: None, hash: code("SAVE10").hash }).unwrap();
    assert_eq!((before, history(&world)), (1, 1));
    // It stays on the order that was placed with it.
    world.pay("ana", "o").unwrap();
}

#[test]
fn who_has_a_coupon_by_another_code_of_the_campaign_is_told_nothing_of_one_that_was_revoked() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"budget": "unlimited", "per_individual": null}}));
    world.shared_code(campaign, "SAVE10", None);
    world.unique_code(campaign, "ACME-1", None);
    world.activate("ana", "ACME-1").unwrap();
    world.activate("ben", "SAVE10").unwrap();
    world.run(RevokeCode { campaign, as_seller: None, hash: code("SAVE10").hash }).unwrap();
    assert_eq!(refused(world.activate("ana", "SAVE10")), "code_not_usable");
    assert_eq!(refused(world.activate("ben", "SAVE10")), "code_revoked");
}
