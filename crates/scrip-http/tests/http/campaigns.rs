//! Campaigns: from draft to end, and what may change when.

use serde_json::{Value, json};

use crate::shop::{NOON, Shop, cart, off, seller_off, with};

/// The terms of the contract's example.
fn example() -> Value {
    json!({
        "name": "Welcome 5.00", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 500},
        "minimum_spend": {"amount": 2000, "comparison": "exceeds", "base": "after_earlier_lanes"},
        "scope": {"include_on_sale": false, "products": [], "categories": [], "exclude_products": [],
            "exclude_categories": []},
        "validity": {"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"},
        "claims": {"starts_at": null, "ends_at": null, "channels": ["web", "social", "partner", "code", "system"]},
        "limits": {"stock": 1000, "per_individual": 1, "budget": 500_000},
        "funding": [{"funder": "platform", "share_bp": 10_000}],
        "stacking": {"group": null, "exclusive": false},
        "refund_policy": null
    })
}

#[test]
fn the_contracts_example_makes_a_draft_with_everything_that_was_said() {
    let shop = Shop::new();
    let made = shop.post(&shop.operator, "/v1/campaigns", &example()).is(201);
    for (member, value) in example().as_object().expect("an object") {
        if member == "claims" {
            continue;
        }
        assert_eq!(made.body[member], *value, "{member}");
    }
    assert_eq!(made["/claims/channels"], example()["claims"]["channels"]);
    assert_eq!(made["/status"], "draft");
    assert_eq!(made["/terms_version"], 1);
    assert_eq!(made["/created_at"], NOON);
    assert_eq!(
        made["/counters"],
        json!({"claimed": 0, "on_orders": 0, "used": 0, "returned": 0, "reclaimed": 0, "budget_held": 0,
            "budget_spent": 0})
    );
    let path = format!("/v1/campaigns/{}", made.text_at("/id"));
    assert_eq!(made.header("location"), Some(path.as_str()));
    let got = shop.get(&shop.operator, &path).is(200);
    assert_eq!(got.body, made.body);
    assert!(got.header("etag").is_some());
    assert_eq!(got.header("etag"), made.header("etag"));
}

#[test]
fn only_five_members_are_required_and_the_defaults_are_written_out() {
    let shop = Shop::new();
    let terms = json!({"name": "Short", "issuer": {"type": "seller", "seller": "luma"}, "currency": "JPY",
        "benefit": {"type": "percent_off", "percent_bp": 1}, "validity": {"type": "after_claim", "days": 7}});
    let made = shop.post(&shop.luma, "/v1/campaigns", &terms).is(201);
    assert_eq!(made["/minimum_spend"], Value::Null);
    assert_eq!(made["/limits"], json!({"stock": null, "per_individual": 1, "budget": null}));
    assert_eq!(made["/funding"], json!([{"funder": "seller", "share_bp": 10_000}]));
    let channels = json!(["web", "social", "partner", "seller_store", "code", "system"]);
    assert_eq!(made["/claims/channels"], channels);
    for required in ["name", "issuer", "currency", "benefit", "validity"] {
        let mut lacking = terms.clone();
        lacking.as_object_mut().expect("an object").remove(required);
        shop.post(&shop.luma, "/v1/campaigns", &lacking)
            .refused(400, "invalid_field")
            .pointing(&format!("/{required}"));
    }
}

#[test]
fn a_campaign_goes_from_draft_to_live_to_paused_to_ended() {
    let shop = Shop::new();
    let id = shop.draft(&off(500));
    let step = |name: &str| shop.post(&shop.operator, &format!("/v1/campaigns/{id}/{name}"), &json!({}));
    let state = |status: &str| json!({"campaign_status": status});
    assert_eq!(step("pause").refused(409, "campaign_state")["/params"], state("draft"));
    step("resume").refused(409, "campaign_state");
    step("end").refused(409, "campaign_state");
    let published = step("publish").is(200);
    assert_eq!(published["/status"], "live");
    assert_eq!(step("publish").refused(409, "campaign_state")["/params"], state("live"));
    let paused = step("pause").is(200);
    assert_eq!(paused["/status"], "paused");
    assert_ne!(paused.header("etag"), published.header("etag"));
    assert_eq!(step("resume").is(200)["/status"], "live");
    assert_eq!(step("end").is(200)["/status"], "ended");
    for name in ["publish", "pause", "resume", "end"] {
        step(name).refused(409, "campaign_state");
    }
}

#[test]
fn a_campaign_is_scheduled_before_its_claim_window_and_live_from_it() {
    let shop = Shop::new();
    let claims = json!({"claims": {"starts_at": "2026-11-11T00:00:00Z", "ends_at": "2026-11-12T00:00:00Z"}});
    let id = shop.live(&with(off(500), &claims));
    let path = format!("/v1/campaigns/{id}");
    let scheduled = shop.get(&shop.operator, &path);
    assert_eq!(scheduled["/status"], "scheduled");
    shop.get(&shop.storefront, &path).refused(404, "not_found");
    let claim = json!({"campaign": id});
    let refused = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).refused(409, "claims_not_open");
    assert_eq!(refused["/params"], json!({"starts_at": "2026-11-11T00:00:00Z"}));
    shop.set_time("2026-11-11T00:00:00Z");
    let live = shop.get(&shop.storefront, &path).is(200);
    assert_eq!(live["/status"], "live");
    assert_eq!(live.header("etag"), scheduled.header("etag"), "the clock alone changes no terms");
    shop.collect("ana", &id);
    shop.set_time("2026-11-12T00:00:00Z");
    let refused = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).refused(409, "claims_not_open");
    assert_eq!(refused["/params"], json!({"ends_at": "2026-11-12T00:00:00Z"}));
}

#[test]
fn publishing_wants_a_budget_or_the_word_that_there_is_none() {
    let shop = Shop::new();
    let id = shop.draft(&with(off(500), &json!({"limits": {}})));
    let path = format!("/v1/campaigns/{id}/publish");
    shop.post(&shop.operator, &path, &json!({})).refused(422, "budget_required").pointing("/limits/budget");
    patch(&shop, &id, &json!({"limits": {"budget": "unlimited"}})).is(200);
    shop.post(&shop.operator, &path, &json!({})).is(200);
}

#[test]
fn a_patch_needs_the_etag_of_now() {
    let shop = Shop::new();
    let id = shop.draft(&off(500));
    let path = format!("/v1/campaigns/{id}");
    let change = json!({"name": "Other"});
    shop.ask("PATCH", &path).by(&shop.operator).json(&change).send().refused(428, "precondition_required");
    for stale in ["\"99\"", "\"x\"", "W/\"1\""] {
        let ask = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", stale);
        ask.json(&change).send().refused(412, "precondition_failed");
    }
    let etag = shop.get(&shop.operator, &path).header("etag").expect("an ETag").to_owned();
    let ask = || shop.ask("PATCH", &path).by(&shop.operator).header("if-match", &etag).json(&change).send();
    let changed = ask().is(200);
    assert_eq!(changed["/name"], "Other");
    assert_ne!(changed.header("etag"), Some(etag.as_str()));
    ask().refused(412, "precondition_failed");
}

#[test]
fn the_etag_moves_with_terms_and_status_and_not_with_counters() {
    let shop = Shop::new();
    let id = shop.live(&off(500));
    let path = format!("/v1/campaigns/{id}");
    let before = shop.get(&shop.operator, &path);
    shop.collect("ana", &id);
    let after = shop.get(&shop.operator, &path);
    assert_eq!(after["/counters/claimed"], 1);
    assert_eq!(before.header("etag"), after.header("etag"));
}

fn patch(shop: &Shop, id: &str, change: &Value) -> crate::shop::Answer {
    let path = format!("/v1/campaigns/{id}");
    let etag = shop.get(&shop.operator, &path).header("etag").expect("an ETag").to_owned();
    shop.ask("PATCH", &path).by(&shop.operator).header("if-match", &etag).json(change).send()
}

#[test]
fn objects_merge_lists_replace_and_null_is_stored_as_null() {
    let shop = Shop::new();
    let id = shop.draft(&with(example(), &json!({"scope": {"products": ["a", "b"]}})));
    let changed = patch(&shop, &id, &json!({"scope": {"products": ["c"], "include_on_sale": true}})).is(200);
    assert_eq!(changed["/scope/products"], json!(["c"]));
    assert_eq!(changed["/scope/include_on_sale"], true);
    let changed = patch(&shop, &id, &json!({"limits": {"per_individual": null}, "minimum_spend": null})).is(200);
    assert_eq!(changed["/limits"], json!({"stock": 1000, "per_individual": null, "budget": 500_000}));
    assert_eq!(changed["/minimum_spend"], Value::Null);
    let changed = patch(&shop, &id, &json!({"benefit": {"type": "free_shipping", "cap": 300}})).is(200);
    assert_eq!(changed["/benefit"], json!({"type": "free_shipping", "cap": 300}));
    patch(&shop, &id, &json!({"limits": {"stocks": 1}})).refused(400, "unknown_field").pointing("/limits/stocks");
    patch(&shop, &id, &json!({"currency": null})).refused(400, "invalid_field").pointing("/currency");
}

#[test]
fn published_terms_are_frozen_but_for_name_claims_and_limits_upward() {
    let shop = Shop::new();
    let id = shop.live(&example());
    for (change, code, pointer) in [
        (json!({"validity": {"expires_at": "2027-01-01T00:00:00Z"}}), "validity_is_fixed", "/validity"),
        (json!({"validity": {"expires_at": "2026-11-20T00:00:00Z"}}), "validity_is_fixed", "/validity"),
        (json!({"validity": {"type": "after_claim", "days": 3}}), "validity_is_fixed", "/validity"),
        (json!({"benefit": {"amount": 501}}), "terms_are_frozen", "/benefit"),
        (json!({"currency": "EUR"}), "terms_are_frozen", "/currency"),
        (json!({"minimum_spend": null}), "terms_are_frozen", "/minimum_spend"),
        (json!({"scope": {"include_on_sale": true}}), "terms_are_frozen", "/scope"),
        (json!({"stacking": {"exclusive": true}}), "terms_are_frozen", "/stacking"),
        (json!({"refund_policy": {"full_refund": "keep"}}), "terms_are_frozen", "/refund_policy"),
        (json!({"limits": {"stock": 999}}), "limit_may_only_grow", "/limits/stock"),
        (json!({"limits": {"budget": 499_999}}), "limit_may_only_grow", "/limits/budget"),
        (json!({"limits": {"budget": null}}), "budget_required", "/limits/budget"),
    ] {
        patch(&shop, &id, &change).refused(422, code).pointing(pointer);
    }
    let free = json!({"name": "Renamed", "limits": {"stock": 1001, "per_individual": 2, "budget": 500_001},
        "claims": {"channels": ["web"], "ends_at": "2026-11-20T00:00:00Z"}});
    let changed = patch(&shop, &id, &free).is(200);
    assert_eq!(changed["/name"], "Renamed");
    assert_eq!(changed["/limits"], json!({"stock": 1001, "per_individual": 2, "budget": 500_001}));
    let unlimited = json!({"limits": {"stock": null, "per_individual": null, "budget": "unlimited"}});
    patch(&shop, &id, &unlimited).is(200);
    patch(&shop, &id, &json!({"limits": {"stock": 5}})).refused(422, "limit_may_only_grow");
    shop.post(&shop.operator, &format!("/v1/campaigns/{id}/end"), &json!({})).is(200);
    patch(&shop, &id, &json!({"name": "Late"})).refused(409, "campaign_state");
}

#[test]
fn a_campaign_names_only_funders_that_agreed() {
    let shop = Shop::new();
    let funding =
        json!({"funding": [{"funder": "seller", "share_bp": 5_000}, {"funder": "platform", "share_bp": 5_000}]});
    let by_seller = with(seller_off("luma", 500), &funding);
    let refused = shop.post(&shop.luma, "/v1/campaigns", &by_seller).refused(422, "funder_not_agreed");
    refused.pointing("/funding/1/funder");
    let by_platform = with(off(500), &funding);
    let refused = shop.post(&shop.operator, "/v1/campaigns", &by_platform).refused(422, "funder_not_agreed");
    refused.pointing("/funding/0/funder");
}

#[test]
fn campaigns_are_listed_oldest_first_in_pages_by_issuer_and_status() {
    let shop = Shop::new();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(if number % 2 == 0 { shop.live(&off(100)) } else { shop.draft(&seller_off("luma", 100)) });
        shop.minutes_pass(1);
    }
    let mut listed = Vec::new();
    let mut path = "/v1/campaigns?limit=2".to_owned();
    loop {
        let page = shop.get(&shop.operator, &path).is(200);
        assert!(page.column("id").len() <= 2);
        listed.extend(page.column("id").into_iter().map(str::to_owned));
        let Some(cursor) = page["/next_cursor"].as_str() else { break };
        path = format!("/v1/campaigns?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, ids);
    let by = |query: &str| {
        let page = shop.get(&shop.operator, &format!("/v1/campaigns?{query}")).is(200);
        page.column("id").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(by("issuer=platform"), [ids[0].clone(), ids[2].clone(), ids[4].clone()]);
    assert_eq!(by("issuer=seller:luma"), [ids[1].clone(), ids[3].clone()]);
    assert_eq!(by("issuer=seller:tako"), [""; 0]);
    assert_eq!(by("status=draft"), [ids[1].clone(), ids[3].clone()]);
    assert_eq!(by("status=live&issuer=platform&limit=100").len(), 3);
}

#[test]
fn the_counters_follow_a_coupon_through_its_life() {
    let shop = Shop::new();
    let id = shop.live(&with(off(500), &json!({"limits": {"stock": 10, "budget": 10_000}})));
    let figures = |shop: &Shop| {
        let counters = shop.counters(&id);
        ["claimed", "on_orders", "used", "returned", "budget_held", "budget_spent"].map(|name| counters[name].clone())
    };
    shop.collect("ana", &id);
    assert_eq!(figures(&shop), [1, 0, 0, 0, 0, 0].map(|n: i64| json!(n)));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 2_000, 1)])})).is(201);
    assert_eq!(figures(&shop), [1, 1, 0, 0, 500, 0].map(|n: i64| json!(n)));
    shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!(figures(&shop), [1, 1, 0, 0, 0, 500].map(|n: i64| json!(n)));
    shop.step("ana", "A", "close", &json!({})).is(200);
    assert_eq!(figures(&shop), [1, 0, 1, 0, 0, 500].map(|n: i64| json!(n)));
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!(figures(&shop), [1, 0, 0, 1, 0, 0].map(|n: i64| json!(n)));
}

#[test]
fn a_storefront_sees_live_campaigns_without_budget_counters() {
    let shop = Shop::new();
    let live = shop.live(&off(500));
    let draft = shop.draft(&off(400));
    assert_eq!(shop.get(&shop.storefront, "/v1/campaigns").column("id"), [live.as_str()]);
    let seen = shop.get(&shop.storefront, &format!("/v1/campaigns/{live}")).is(200);
    assert!(seen["/counters"].get("budget_held").is_none() && seen["/counters"].get("budget_spent").is_none());
    shop.get(&shop.storefront, &format!("/v1/campaigns/{draft}")).refused(404, "not_found");
}
