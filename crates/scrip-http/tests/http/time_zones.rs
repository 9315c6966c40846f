//! Time zones: their names, and campaigns that earlier builds gave others.

use scrip_core::{
    campaign::{Channel, Terms, Validity},
    command::{CampaignStep, CreateCampaign, MoveCampaign},
    metadata::Metadata,
    slot::Slot,
    time::ZoneName,
};
use scrip_engine::Answer;
use serde_json::{Value, json};

use crate::shop::{Shop, off, with};

fn zoned(zone: &str) -> Value {
    with(off(500), &json!({"validity": {"type": "after_claim", "days": 1, "time_zone": zone}}))
}

/// A published campaign as an earlier build took it.
fn stored(shop: &Shop, zone: &str) -> String {
    let stored = minicbor::to_vec(zone).expect("writing to memory doesn't fail");
    let zone: ZoneName = minicbor::decode(&stored).expect("whatever was stored is read");
    let mut terms: Terms = serde_json::from_value(off(500)).expect("terms");
    terms.claims.channels = Some(vec![Channel::Web, Channel::Code]);
    terms.validity = Validity::AfterClaim { days: 1, time_zone: Some(zone) };
    let made = shop
        .engine
        .submit_blocking(CreateCampaign { terms, metadata: Metadata::default(), slot: Slot::of(b"a place") }, None)
        .expect("made");
    let Answer::Campaign { campaign, .. } = made.answer else { panic!("a campaign is made") };
    let publish = MoveCampaign { campaign: campaign.id, as_seller: None, step: CampaignStep::Publish };
    shop.engine.submit_blocking(publish, None).expect("published");
    campaign.id.to_string()
}

#[test]
fn a_time_zone_is_kept_in_its_canonical_case_and_what_is_no_place_is_refused() {
    let shop = Shop::new();
    let made = shop.post(&shop.operator, "/v1/campaigns", &zoned("europe/madrid")).is(201);
    assert_eq!(made["/validity/time_zone"], "Europe/Madrid");
    for zone in ["localtime", "posixrules", "Factory", "Etc/Unknown", "Mars/Olympus", ""] {
        let refused = shop.post(&shop.operator, "/v1/campaigns", &zoned(zone));
        refused.refused(400, "invalid_field").pointing("/validity/time_zone");
    }
}

#[test]
fn a_campaign_without_rules_for_its_time_zone_gives_out_nothing_and_says_which_it_is() {
    let shop = Shop::new();
    let campaign = stored(&shop, "localtime");
    shop.shared_code(&campaign, "SAVE10", None);
    assert_eq!(shop.engine.campaigns_without_zone().len(), 1);
    let before = shop.journal_end();
    let path = "/v1/accounts/ana/coupons";
    let claim = json!({"campaign": campaign});
    for body in [&claim, &json!({"code": "SAVE10"})] {
        let refused = shop.post(&shop.storefront, path, body).refused(503, "store_unavailable");
        let told = refused.text_at("/detail");
        assert!(told.contains(&campaign) && told.contains("localtime"), "{told}");
    }
    let cart = crate::shop::cart(&[("luma", 3_000, 1)]);
    let order = json!({"id": "A", "cart": cart, "use": "none", "codes": ["SAVE10"]});
    let refused = shop.order("ana", &order).refused(503, "store_unavailable");
    assert!(refused.text_at("/detail").contains(&campaign), "{}", refused.text);
    // A quote answers all the same.
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": ["SAVE10"]}));
    assert_eq!((&quote["/discount"], quote.reasons_of("SAVE10")), (&json!(0), vec!["store_unavailable"]));
    assert_eq!(shop.journal_end(), before);
}

#[test]
fn a_name_that_was_stored_as_it_was_typed_is_found_and_the_campaign_can_be_renamed() {
    let shop = Shop::new();
    let madrid = stored(&shop, "europe/madrid");
    let claimed = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"campaign": madrid})).is(201);
    assert_eq!(claimed["/expires_at"], "2026-11-11T23:00:00Z");
    for campaign in [madrid, stored(&shop, "localtime")] {
        let path = format!("/v1/campaigns/{campaign}");
        let etag = shop.get(&shop.operator, &path).is(200).header("etag").expect("an ETag").to_owned();
        let patch = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", &etag);
        assert_eq!(patch.json(&json!({"name": "Later"})).send().is(200)["/name"], "Later");
    }
}

#[test]
fn which_rules_are_in_force_is_told_with_readiness() {
    let shop = Shop::new();
    let ready = shop.ask("GET", "/readyz").send().is(200);
    assert_eq!(ready["/time_zones/from"], "bundled");
    assert_eq!(ready["/time_zones/old"], false);
    assert!(ready.text_at("/time_zones/version").starts_with("2026"), "{}", ready.text);
    shop.set_time("2028-01-01T00:00:00Z");
    assert_eq!(shop.ask("GET", "/readyz").send().is(200)["/time_zones/old"], true);
}
