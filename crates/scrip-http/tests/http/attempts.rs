//! "Why did this fail?": the log of refused requests.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, with};

fn attempts(shop: &Shop, query: &str) -> Answer {
    shop.get(&shop.operator, &format!("/v1/attempts{query}")).is(200)
}

#[test]
fn a_refused_order_is_found_with_all_its_reasons() {
    let shop = Shop::new();
    let short = shop.coupon("ana", &with(off(100), &json!({"minimum_spend": {"amount": 9_000}})));
    let tako = shop.coupon("ana", &seller_off("tako", 100));
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [short, tako]}});
    let before = shop.journal_end();
    let refused = shop.order("ana", &body).refused(422, "minimum_spend_not_met");
    let found = attempts(&shop, "?account=ana");
    let row = &found["/data/0"];
    assert_eq!(row["request_id"], refused["/request_id"]);
    assert_eq!((&row["at"], &row["operation"]), (&json!(crate::shop::NOON), &json!("place_order")));
    assert_eq!((&row["role"], &row["status"]), (&json!("storefront"), &json!(422)));
    assert!(row["caller"].as_str().is_some_and(|caller| caller.starts_with("key_")));
    assert_eq!((&row["account"], &row["coupons"]), (&json!("ana"), &json!([short, tako])));
    assert_eq!(
        row["reasons"],
        json!([
            {"pointer": "/use/coupons/0", "code": "minimum_spend_not_met",
                "params": {"missing": 6_001, "amount": 9_000, "base": "after_earlier_lanes"}},
            {"pointer": "/use/coupons/1", "code": "seller_not_in_cart", "params": {"seller": "tako"}},
        ])
    );
    assert_eq!(shop.journal_end(), before, "nothing of it is in the journal");
    // By any of its reasons, and by what the caller was told.
    assert_eq!(attempts(&shop, "?reason=seller_not_in_cart").column("operation"), ["place_order"]);
    let id = refused.text_at("/request_id");
    assert_eq!(attempts(&shop, &format!("?request_id={id}")).column("operation"), ["place_order"]);
    // The order was to be: its id is in the body alone.
    assert_eq!(row["order"], "A");
    assert_eq!(attempts(&shop, "?order=A").column("operation"), ["place_order"]);
    let too_long = json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)]), "hold_minutes": 0});
    shop.order("ana", &too_long).refused(400, "invalid_field");
    assert_eq!(attempts(&shop, "?order=B").column("operation"), ["place_order"]);
    let twice = json!({"id": "D", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [short, short]}});
    shop.order("ana", &twice).refused(400, "invalid_field");
    assert_eq!(attempts(&shop, "?order=D").column("operation"), ["place_order"]);
    for nothing in ["?account=ben", "?reason=sold_out", "?request_id=req_1", "?order=C"] {
        assert_eq!(attempts(&shop, nothing)["/data"], json!([]), "{nothing}");
    }
}

#[test]
fn steps_of_an_order_claims_and_changes_of_campaigns_are_logged_each_with_what_it_was_about() {
    let shop = Shop::new();
    let campaign = shop.draft(&off(500));
    let pause = format!("/v1/campaigns/{campaign}/pause");
    shop.post(&shop.operator, &pause, &json!({})).refused(409, "campaign_state");
    shop.post(&shop.shopper("ana"), "/v1/accounts/ana/coupons", &json!({"campaign": campaign}))
        .refused(409, "campaign_not_live");
    shop.step("ana", "A-1", "pay", &json!({})).refused(404, "not_found");
    shop.step("ana", "A-1", "revise", &json!({"cart": {}})).refused(400, "invalid_field");
    shop.post(&shop.luma, "/v1/accounts/ana/orders/A-1/pay", &json!({})).refused(403, "forbidden");
    let found = attempts(&shop, "");
    let operations = ["pay_order", "revise_order", "pay_order", "collect_coupon", "pause_campaign"];
    assert_eq!(found.column("operation"), operations);
    assert_eq!(found.column("role"), ["seller", "storefront", "storefront", "shopper", "operator"]);
    assert_eq!(found["/data/3/caller"], "shopper:ana");
    assert_eq!(attempts(&shop, "?order=A-1").column("operation"), operations[..3]);
    assert_eq!(attempts(&shop, &format!("?campaign={campaign}")).column("operation"), operations[3..]);
}

#[test]
fn a_code_is_found_but_never_shown() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let code = shop.unique_codes(&campaign, 1).remove(0);
    let claim = json!({"code": code});
    shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).is(201);
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).refused(422, "code_not_usable");
    let order = json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)]), "use": "none", "codes": [code, "OTHER1"]});
    shop.order("ben", &order).refused(422, "code_not_usable");
    let revision = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": "none", "codes": [code]});
    shop.step("ben", "B", "revise", &revision).refused(404, "not_found");
    let search = |code: &str| shop.post(&shop.operator, "/v1/attempts/search", &json!({"code": code})).is(200);
    let found = search(&code.to_lowercase());
    assert_eq!(found.column("operation"), ["revise_order", "place_order", "collect_coupon"]);
    let normal: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    for row in found["/data"].as_array().expect("rows") {
        assert_eq!(row["codes"][0]["last4"], normal[normal.len() - 4..]);
        assert_eq!(row["codes"][0]["id"], found["/data/0/codes/0/id"]);
    }
    let (text, bare) = (found.text.replace('-', ""), &normal[..normal.len() - 4]);
    assert!(!text.contains(bare), "a secret is in {text}");
    assert_eq!(search("other-1").column("operation"), ["place_order"]);
    assert_eq!(search("OTHER2")["/data"], json!([]));
    // What can't be a code may be what somebody typed.
    assert_eq!(search("10 % off!")["/data"], json!([]));
}

#[test]
fn a_code_that_stands_in_anothers_way_is_not_shown_either() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let coupon = shop.coupon("ana", &off(100));
    shop.shared_code(&campaign, "HUSHHUSH77", None);
    let order =
        json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}, "codes": ["HUSHHUSH77"]});
    shop.order("ana", &order).refused(422, "stacking_group_taken");
    let found = attempts(&shop, "");
    assert_eq!(found["/data/0/reasons/0/params"], json!({"coupon": "…SH77"}));
    assert!(!found.text.contains("HUSHHUSH"));
}

#[test]
fn each_refused_claim_of_a_batch_or_grant_has_its_row() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 1, "budget": "unlimited"}})));
    let claim = |account: &str| json!({"account": account, "campaign": campaign});
    let batch = json!({"claims": [claim("ana"), claim("ben")]});
    shop.post(&shop.storefront, "/v1/claims/batch", &batch).is(200);
    let grants = json!({"accounts": ["ana", "cleo"]});
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/grants"), &grants).is(200);
    let found = attempts(&shop, "?reason=sold_out");
    assert_eq!(found.column("account"), ["cleo", "ana", "ben"]);
    assert_eq!(found.column("operation"), ["grant_coupons", "grant_coupons", "claim_batch"]);
    assert!(found.column("campaign").iter().all(|of| *of == campaign));
    assert_eq!(found["/data/2/status"], 409);
}

#[test]
fn what_only_reads_strangers_and_what_went_well_is_not_logged() {
    let shop = Shop::new();
    shop.ask("POST", "/v1/accounts/ana/orders").json(&json!({})).send().refused(401, "unauthenticated");
    shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").refused(404, "not_found");
    shop.post(&shop.storefront, "/v1/nothing", &json!({})).refused(404, "not_found");
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    shop.quote("ana", &json!({"cart": cart(&[("luma", 3_000, 1)]), "codes": ["WRONG"]}));
    assert_eq!(attempts(&shop, "").body, json!({"data": [], "next_cursor": null}));
}

#[test]
fn the_newest_come_first_page_by_page_and_from_a_time_on() {
    let shop = Shop::new();
    for order in ["A", "B", "C"] {
        shop.step("ana", order, "pay", &json!({})).refused(404, "not_found");
        shop.minutes_pass(1);
    }
    let first = attempts(&shop, "?limit=2");
    assert_eq!(first.column("order"), ["C", "B"]);
    shop.step("ana", "D", "pay", &json!({})).refused(404, "not_found");
    let rest = attempts(&shop, &format!("?limit=2&cursor={}", first.text_at("/next_cursor")));
    assert_eq!((rest.column("order"), &rest["/next_cursor"]), (vec!["A"], &Value::Null));
    assert_eq!(attempts(&shop, "?from=2026-11-10T12:01:00Z&limit=9").column("order"), ["D", "C", "B"]);
    // After a week they are forgotten.
    shop.set_time("2026-11-17T12:01:30Z");
    assert_eq!(attempts(&shop, "").column("order"), ["D", "C"]);
}

#[test]
fn a_filter_that_can_find_nothing_is_refused() {
    let shop = Shop::new();
    for (query, pointer) in
        [("reason=nothing", "/reason"), ("code_id=!", "/code_id"), ("account=%20", "/account"), ("cursor=x", "/cursor")]
    {
        shop.get(&shop.operator, &format!("/v1/attempts?{query}")).refused(400, "invalid_field").about(&pointer[1..]);
    }
    shop.get(&shop.operator, "/v1/attempts?what=ever").refused(400, "unknown_parameter");
}

#[test]
fn grants_of_a_campaign_that_is_over_are_found_by_each_account_that_got_nothing() {
    let shop = Shop::new();
    let over = json!({"claims": {"ends_at": "2026-12-01T00:00:00Z"}});
    let campaign = shop.live(&with(off(500), &over));
    shop.set_time("2026-12-02T00:00:00Z");
    let grants = json!({"accounts": ["ana", "ben"]});
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/grants"), &grants).refused(409, "campaign_state");
    for account in ["ana", "ben"] {
        let found = attempts(&shop, &format!("?account={account}"));
        assert_eq!(found.column("operation"), ["grant_coupons"], "{account}");
        assert_eq!(found["/data/0/campaign"], json!(campaign));
    }
}

#[test]
fn who_hangs_up_in_the_middle_of_a_batch_leaves_in_the_log_what_was_refused() {
    let shop = Shop::new();
    let campaigns = [shop.live(&off(500)), shop.live(&off(500))];
    for campaign in &campaigns {
        shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/pause"), &json!({})).is(200);
    }
    // More than can be answered without waiting (128), in bodies that nobody waits for (16 KiB).
    let accounts: Vec<String> = (0..150).map(|number| format!("a{number}")).collect();
    let claims: Vec<Value> =
        accounts.iter().map(|account| json!({"account": account, "campaign": campaigns[0], "key": account})).collect();
    shop.ask("POST", "/v1/claims/batch").by(&shop.storefront).json(&json!({"claims": claims})).broken_off();
    let grants = format!("/v1/campaigns/{}/grants", campaigns[1]);
    shop.ask("POST", &grants).by(&shop.operator).json(&json!({"accounts": accounts})).broken_off();
    for campaign in &campaigns {
        let started = Instant::now();
        let rows = || attempts(&shop, &format!("?campaign={campaign}&limit=100")).column("account").len();
        while rows() < 100 {
            assert!(started.elapsed().as_secs() < 30, "what was refused isn't in the log: {}", rows());
            shop.goes_on_for(Duration::from_millis(10));
        }
    }
}
