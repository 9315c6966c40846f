//! Codes that are taken back, limited, or come out of a spreadsheet as others.

use scrip_desk::SellerLimits;
use serde_json::json;

use crate::shop::{Answer, Shop, cart, off, seller_off, with};

fn shared(shop: &Shop, key: &str, campaign: &str, code: &str) -> Answer {
    shop.post(key, &format!("/v1/campaigns/{campaign}/codes"), &json!({"kind": "shared", "code": code}))
}

fn revoke(shop: &Shop, key: &str, campaign: &str, id: &str) -> Answer {
    shop.post(key, &format!("/v1/campaigns/{campaign}/codes/{id}/revoke"), &json!({}))
}

fn activate(shop: &Shop, account: &str, code: &str) -> Answer {
    shop.post(&shop.storefront, &format!("/v1/accounts/{account}/coupons"), &json!({"code": code}))
}

/// The ids of a campaign's unique codes, in the order of the export.
fn ids(shop: &Shop, campaign: &str) -> Vec<String> {
    let csv = shop.get(&shop.operator, &format!("/v1/campaigns/{campaign}/codes.csv")).is(200);
    csv.text.lines().skip(1).map(|row| row.rsplit(',').next().expect("a cell").to_owned()).collect()
}

#[test]
fn a_revoked_shared_code_is_gone_for_strangers_and_revoked_for_those_who_have_its_coupon() {
    let shop = Shop::new();
    let terms = with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    let campaign = shop.live(&terms);
    let id = shared(&shop, &shop.operator, &campaign, "SAVE10").is(201).text_at("/id").to_owned();
    shared(&shop, &shop.operator, &campaign, "OTHER").is(201);
    activate(&shop, "ana", "SAVE10").is(201);
    activate(&shop, "ben", "OTHER").is(201);
    let answer = revoke(&shop, &shop.operator, &campaign, &id).is(200);
    assert_eq!((answer.text_at("/id"), answer.text_at("/label")), (&id[..], "SAVE10"));
    let at = answer.text_at("/revoked_at").to_owned();
    shop.minutes_pass(1);
    let end = shop.journal_end();
    assert_eq!(revoke(&shop, &shop.operator, &campaign, &id).is(200).text_at("/revoked_at"), at);
    assert_eq!(shop.journal_end(), end, "a second time changes nothing");
    activate(&shop, "ana", "save-10").refused(409, "code_revoked");
    let cart = cart(&[("luma", 3_000, 1)]);
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": ["SAVE10"]}));
    assert_eq!((quote.reasons_of("SAVE10"), &quote["/discount"]), (vec!["code_revoked"], &json!(500)));
    let order = json!({"id": "A", "cart": cart, "use": "none", "codes": ["SAVE10"]});
    shop.order("ana", &order).refused(409, "code_revoked").pointing("/codes/0");
    for stranger in ["ben", "cleo"] {
        activate(&shop, stranger, "SAVE10").refused(422, "code_not_usable");
        assert_eq!(
            shop.quote(stranger, &json!({"cart": cart, "codes": ["SAVE10"]})).reasons_of("SAVE10"),
            ["code_not_usable"]
        );
    }
    activate(&shop, "cleo", "OTHER").is(201);
    // Its text isn't free again.
    shared(&shop, &shop.operator, &campaign, "SAVE10").refused(409, "code_exists");
    let types = shop.get(&shop.operator, "/v1/events?limit=100").is(200);
    assert!(types.column("type").contains(&"code.revoked"), "{}", types.text);
}

#[test]
fn a_revoked_unique_code_keeps_what_was_claimed_with_it() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    let codes = shop.unique_codes(&campaign, 3);
    let ids = ids(&shop, &campaign);
    let coupon = activate(&shop, "ana", &codes[0]).is(201).text_at("/id").to_owned();
    let cart = cart(&[("luma", 3_000, 1)]);
    let order = json!({"id": "A", "cart": cart, "use": "none", "codes": [codes[1]]});
    shop.order("ana", &order).is(201);
    for id in &ids {
        let answer = revoke(&shop, &shop.operator, &campaign, id).is(200);
        assert!(answer.text_at("/label").starts_with('…'), "{}", answer.text);
    }
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    activate(&shop, "ana", &codes[0]).refused(409, "code_revoked");
    for code in &codes {
        activate(&shop, "ben", code).refused(422, "code_not_usable");
    }
    activate(&shop, "ana", &codes[2]).refused(422, "code_not_usable");
    // The placed order keeps it, and can't have it anew.
    let revision = json!({"cart": cart, "use": "none", "codes": [codes[1]]});
    shop.step("ana", "A", "revise", &revision).refused(409, "code_revoked").pointing("/codes/0");
    assert_eq!(shop.step("ana", "A", "pay", &json!({})).is(200)["/discount"], 500);
}

#[test]
fn a_late_payment_finds_a_revoked_code_gone() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let id = shared(&shop, &shop.operator, &campaign, "SAVE10").is(201).text_at("/id").to_owned();
    let cart = cart(&[("luma", 3_000, 1)]);
    shop.order("ana", &json!({"id": "A", "cart": cart, "use": "none", "codes": ["SAVE10"]})).is(201);
    shop.minutes_pass(31);
    revoke(&shop, &shop.operator, &campaign, &id).is(200);
    let refused = shop.step("ana", "A", "pay", &json!({})).refused(409, "hold_expired");
    assert_eq!(refused["/params/gone"], "code_revoked");
}

#[test]
fn an_operator_takes_back_any_code_and_a_seller_its_own() {
    let shop = Shop::new();
    let campaign = shop.live(&seller_off("luma", 500));
    let first = shared(&shop, &shop.luma, &campaign, "LUMA1").is(201).text_at("/id").to_owned();
    let second = shared(&shop, &shop.luma, &campaign, "LUMA2").is(201).text_at("/id").to_owned();
    revoke(&shop, &shop.tako, &campaign, &first).refused(404, "not_found");
    revoke(&shop, &shop.luma, &campaign, &first).is(200);
    revoke(&shop, &shop.operator, &campaign, &second).is(200);
    revoke(&shop, &shop.storefront, &campaign, &first).refused(403, "forbidden");
    let other = shop.live(&off(500));
    revoke(&shop, &shop.operator, &other, &first).refused(404, "not_found");
    revoke(&shop, &shop.operator, &campaign, "code_00000000000000000000000000").refused(404, "not_found");
}

#[test]
fn asking_which_codes_others_have_has_its_limit() {
    let shop = Shop::new();
    let (platform, own) = (shop.live(&off(500)), shop.live(&seller_off("luma", 500)));
    for number in 0..21 {
        shared(&shop, &shop.operator, &platform, &format!("THEIRS{number}")).is(201);
    }
    shared(&shop, &shop.luma, &own, "MINE").is(201);
    for _ in 0..30 {
        shared(&shop, &shop.luma, &own, "MINE").refused(409, "code_exists");
    }
    for number in 0..20 {
        shared(&shop, &shop.luma, &own, &format!("THEIRS{number}")).refused(409, "code_exists");
    }
    let refused = shared(&shop, &shop.luma, &own, "THEIRS20").refused(429, "too_many_attempts");
    assert_eq!(refused["/params/limit"], 20);
    shared(&shop, &shop.luma, &own, "FREE").refused(429, "too_many_attempts");
    let tako = shop.live(&seller_off("tako", 500));
    shared(&shop, &shop.tako, &tako, "FREE").is(201);
    for _ in 0..30 {
        shared(&shop, &shop.operator, &platform, "MINE").refused(409, "code_exists");
    }
    shop.minutes_pass(10);
    shared(&shop, &shop.luma, &own, "FREE2").is(201);
}

#[test]
fn s2_a_seller_has_as_many_shared_codes_as_the_platform_lets_it_have() {
    let limits = SellerLimits { shared_codes: 3, shared_codes_per_campaign: 2, ..SellerLimits::default() };
    let shop = Shop::with_seller_limits(limits, &["tako:shared_codes=1"]);
    let (first, second) = (shop.live(&seller_off("luma", 500)), shop.live(&seller_off("luma", 500)));
    let path = format!("/v1/campaigns/{first}/codes");
    let body = json!({"kind": "shared", "code": "LUMA1"});
    let once = || shop.ask("POST", &path).by(&shop.luma).once("k").json(&body).send();
    let made = once().is(201);
    let id = shared(&shop, &shop.luma, &first, "LUMA2").is(201).text_at("/id").to_owned();
    let params = |limit: u64, of: &str| json!({"limit": limit, "of": of});
    let refused = shared(&shop, &shop.luma, &first, "LUMA3").refused(409, "limit_reached");
    assert_eq!(refused["/params"], params(2, "shared_codes_per_campaign"));
    // Taken back it is nobody else's, and makes no room.
    revoke(&shop, &shop.luma, &first, &id).is(200);
    shared(&shop, &shop.luma, &first, "LUMA3").refused(409, "limit_reached");
    shared(&shop, &shop.luma, &second, "LUMA3").is(201);
    let refused = shared(&shop, &shop.luma, &second, "LUMA4").refused(409, "limit_reached");
    assert_eq!(refused["/params"], params(3, "shared_codes"));
    let again = once().is(201);
    assert!(again.is_replay() && again.text == made.text, "what was done is told again");
    // Another seller has its own, and an operator none.
    let tako = shop.live(&seller_off("tako", 500));
    shared(&shop, &shop.tako, &tako, "TAKO1").is(201);
    shared(&shop, &shop.tako, &tako, "TAKO2").refused(409, "limit_reached");
    shared(&shop, &shop.operator, &first, "LUMA5").is(201);
    let used = shop.get(&shop.tako, "/v1/sellers/tako/limits").is(200);
    assert_eq!(used["/shared_codes"], json!({"limit": 1, "used": 1}));
    // However many come at once.
    let limits = SellerLimits { shared_codes: 5, ..SellerLimits::default() };
    let shop = Shop::with_seller_limits(limits, &[]);
    let campaign = shop.live(&seller_off("luma", 500));
    let path = format!("/v1/campaigns/{campaign}/codes");
    let asks = (0..20).map(|number| {
        shop.ask("POST", &path).by(&shop.luma).json(&json!({"kind": "shared", "code": format!("LUMA{number}")}))
    });
    assert_eq!(shop.at_once(asks).into_iter().filter(|status| *status == 201).count(), 5);
}

#[test]
fn a_code_that_a_spreadsheet_would_change_is_taken_with_a_warning() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let warned = |code: &str| {
        let made = shared(&shop, &shop.operator, &campaign, code).is(201);
        let warnings = made["/warnings"].as_array().expect("a list").clone();
        warnings.iter().any(|warning| warning["code"] == "changed_by_spreadsheets")
    };
    for code in ["00123", "10E20", "MAR10", "TRUE"] {
        assert!(warned(code), "{code}");
        activate(&shop, &format!("account-{code}"), code).is(201);
    }
    for code in ["SAVE10", "12345"] {
        assert!(!warned(code), "{code}");
    }
}
