//! Campaigns: from draft to end, and what may change when.

use scrip_desk::SellerLimits;
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
    assert_eq!(made["/claims/channels"], Value::Null);
    assert_eq!(made["/offered_on"], json!(["web", "social", "partner", "seller_store", "system"]));
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
    let closed = shop.get(&shop.operator, &path).is(200);
    assert_eq!(closed["/status"], "closed");
    assert_eq!(closed.header("etag"), scheduled.header("etag"), "the clock alone changes no terms");
    assert_eq!(shop.get(&shop.operator, "/v1/campaigns?status=closed").is(200).column("id"), [id.as_str()]);
    assert!(shop.get(&shop.operator, "/v1/campaigns?status=live").is(200).column("id").is_empty());
    let state = json!({"campaign_status": "closed"});
    for (what, body) in [("codes", json!({"kind": "unique", "count": 1})), ("grants", json!({"accounts": ["ben"]}))] {
        let refused = shop.post(&shop.operator, &format!("{path}/{what}"), &body).refused(409, "campaign_state");
        assert_eq!(refused["/params"], state, "{what}");
    }
    let window = json!({"claims": {"ends_at": "2026-11-13T00:00:00Z"}});
    let opened = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(&window).send().is(200);
    assert_eq!(opened["/status"], "live");
    assert_ne!(opened.header("etag"), closed.header("etag"));
    shop.collect("ben", &id);
}

#[test]
fn s1_a_code_campaign_is_never_open_to_collect_unless_its_terms_say_so() {
    let shop = Shop::new();
    let unlimited = json!({"budget": "unlimited", "per_individual": null});
    let campaign = shop.live(&with(off(500), &json!({"limits": unlimited})));
    let path = format!("/v1/campaigns/{campaign}");
    let before = shop.get(&shop.operator, &path).is(200);
    assert_eq!(
        (&before["/warnings"], &before["/offered_on"]),
        (&json!([]), &json!(["web", "social", "partner", "system"]))
    );
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/offers").is(200).column("campaign"), [campaign.as_str()]);
    shop.collect("ana", &campaign);
    let made =
        shop.post(&shop.operator, &format!("{path}/codes"), &json!({"kind": "shared", "code": "SAVE10"})).is(201);
    assert_eq!(made["/warnings/0/code"], "code_only");
    let after = shop.get(&shop.operator, &path).is(200);
    assert_eq!(after["/offered_on"], json!(["code", "system"]));
    assert_eq!(after["/warnings"], made["/warnings"]);
    assert_eq!(after.header("etag"), before.header("etag"), "codes are no terms");
    let claim = |key: &str, channel: &str| {
        let body = json!({"campaign": campaign, "channel": channel});
        shop.post(key, "/v1/accounts/ana/coupons", &body)
    };
    claim(&shop.storefront, "web").refused(422, "channel_not_offered");
    claim(&shop.storefront, "code").refused(403, "channel_not_allowed");
    claim(&shop.storefront, "system").refused(403, "channel_not_allowed");
    claim(&shop.shopper("ana"), "partner").refused(403, "channel_not_allowed");
    claim(&shop.operator, "system").is(201);
    shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"code": "SAVE10"})).is(201);
    assert!(shop.get(&shop.storefront, "/v1/accounts/ana/offers").is(200).column("campaign").is_empty());
    // Terms that name channels mean them.
    let named = json!({"claims": {"channels": ["web", "code"]}});
    shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(&named).send().is(200);
    claim(&shop.storefront, "web").is(201);
    assert_eq!(shop.get(&shop.operator, &path).is(200)["/warnings"], json!([]));
    let web = shop.live(&with(off(500), &json!({"claims": {"channels": ["web"]}})));
    for body in [json!({"kind": "shared", "code": "SAVE20"}), json!({"kind": "unique", "count": 2})] {
        shop.post(&shop.operator, &format!("/v1/campaigns/{web}/codes"), &body).refused(422, "channel_not_offered");
    }
    // A job says so too.
    let unique = shop.draft(&off(500));
    let job =
        shop.post(&shop.operator, &format!("/v1/campaigns/{unique}/codes"), &json!({"kind": "unique", "count": 2}));
    assert_eq!(job.is(202)["/warnings/0/code"], "code_only");
}

#[test]
fn s1_a_sellers_grants_are_of_its_store_and_name_nothing_that_is_not_its_own() {
    let shop = Shop::new();
    let set_aside = json!({"channels": ["web"], "sources": [{"source": "acme", "stock": 1}]});
    let terms = with(
        seller_off("luma", 100),
        &json!({"limits": {"stock": 5, "budget": "unlimited", "per_individual": null},
        "claims": set_aside}),
    );
    let campaign = shop.live(&terms);
    let grant = |key: &str, more: &Value| {
        let body = with(json!({"accounts": ["ana"]}), more);
        shop.post(key, &format!("/v1/campaigns/{campaign}/grants"), &body)
    };
    let granted = grant(&shop.luma, &json!({})).is(200);
    assert_eq!(granted["/data/0/coupon/channel"], "seller_store");
    for channel in ["partner", "system", "code"] {
        grant(&shop.luma, &json!({"channel": channel})).refused(403, "channel_not_allowed").pointing("/channel");
    }
    let refused = grant(&shop.luma, &json!({"source": "acme"})).is(200);
    assert_eq!(refused["/data/0/problem/code"], "channel_not_allowed");
    assert_eq!(grant(&shop.luma, &json!({"channel": "social"})).is(200)["/data/0/problem/code"], "channel_not_offered");
    assert_eq!(grant(&shop.operator, &json!({"channel": "web", "source": "acme"})).is(200)["/data/0/status"], 201);
    assert_eq!(grant(&shop.operator, &json!({})).is(200)["/data/0/problem/code"], "channel_not_offered");
}

#[test]
fn whoever_paused_resumes_or_somebody_above() {
    let shop = Shop::new();
    let campaign = shop.live(&seller_off("luma", 100));
    let step = |key: &str, step: &str| shop.post(key, &format!("/v1/campaigns/{campaign}/{step}"), &json!({}));
    assert_eq!(step(&shop.operator, "pause").is(200)["/paused_by"], "operator");
    let params = json!({"campaign_status": "paused", "paused_by": "operator"});
    assert_eq!(step(&shop.luma, "resume").refused(409, "campaign_state")["/params"], params);
    assert_eq!(step(&shop.operator, "resume").is(200)["/paused_by"], Value::Null);
    assert_eq!(step(&shop.luma, "pause").is(200)["/paused_by"], "seller");
    step(&shop.luma, "resume").is(200);
    step(&shop.luma, "pause").is(200);
    assert_eq!(step(&shop.operator, "pause").is(200)["/paused_by"], "operator");
    step(&shop.luma, "resume").refused(409, "campaign_state");
    step(&shop.luma, "end").is(200);
}

#[test]
fn a_draft_is_deleted_and_its_codes_are_free_again() {
    let shop = Shop::new();
    let draft = shop.draft(&seller_off("luma", 100));
    let path = format!("/v1/campaigns/{draft}");
    shop.post(&shop.luma, &format!("{path}/codes"), &json!({"kind": "shared", "code": "SAVE10"})).is(201);
    let job = shop.post(&shop.luma, &format!("{path}/codes"), &json!({"kind": "unique", "count": 5_000_000})).is(202);
    let job = format!("/v1/jobs/{}", job.text_at("/id"));
    let created = |key: &str| {
        shop.ask("POST", "/v1/campaigns").by(&shop.luma).once(key).json(&seller_off("luma", 1)).send().is(201)
    };
    let kept = created("again");
    let delete = |key: &str, path: &str| shop.ask("DELETE", path).by(key).send();
    delete(&shop.tako, &path).refused(404, "not_found");
    delete(&shop.storefront, &path).refused(403, "forbidden");
    assert_eq!(delete(&shop.luma, &path).is(204).text, "");
    for path in [&path, &job] {
        shop.get(&shop.luma, path).refused(404, "not_found");
    }
    delete(&shop.luma, &path).refused(404, "not_found");
    assert_eq!(shop.get(&shop.operator, &job).is(200)["/status"], "cancelled");
    assert!(!shop.get(&shop.luma, "/v1/campaigns").is(200).column("id").contains(&draft.as_str()));
    shop.get(&shop.luma, &format!("{path}/codes.csv")).refused(404, "not_found");
    let other = shop.live(&off(500));
    shop.shared_code(&other, "SAVE10", None);
    let coupon = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"code": "SAVE10"})).is(201);
    assert_eq!(coupon["/campaign"], other.as_str());
    let refused = delete(&shop.operator, &format!("/v1/campaigns/{other}")).refused(409, "campaign_state");
    assert_eq!(refused["/params"], json!({"campaign_status": "live"}));
    // What was answered is answered again.
    delete(&shop.luma, kept.header("location").expect("a path")).is(204);
    assert_eq!(created("again").body, kept.body);
}

#[test]
fn publishing_what_is_over_is_refused_and_a_name_may_change_for_ever() {
    let shop = Shop::new();
    let draft = shop.draft(&off(500));
    let live = shop.live(&off(500));
    shop.set_time("2026-12-01T00:00:00Z");
    let refused = shop.post(&shop.operator, &format!("/v1/campaigns/{draft}/publish"), &json!({}));
    refused.refused(422, "validity_over").pointing("/validity/expires_at");
    let path = format!("/v1/campaigns/{live}");
    assert_eq!(shop.get(&shop.operator, &path).is(200)["/status"], "closed");
    let patch =
        |change: &Value| shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(change).send();
    assert_eq!(patch(&json!({"name": "Of November"})).is(200)["/name"], "Of November");
    shop.post(&shop.operator, &format!("{path}/end"), &json!({})).is(200);
    let renamed = patch(&json!({"name": "Of last November"})).is(200);
    assert_eq!((&renamed["/name"], &renamed["/status"]), (&json!("Of last November"), &json!("ended")));
    patch(&json!({"limits": {"stock": 7}})).refused(409, "campaign_state");
}

#[test]
fn offers_tell_what_is_left_for_anybody() {
    let shop = Shop::new();
    let claims = json!({"sources": [{"source": "tv", "stock": 2}]});
    let limits = json!({"stock": 3, "budget": "unlimited"});
    let campaign = shop.live(&with(off(500), &json!({"limits": limits, "claims": claims})));
    let offer = || {
        let page = shop.get(&shop.storefront, "/v1/accounts/ben/offers").is(200);
        (page["/data/0/left"].clone(), page["/data/0/total"].clone())
    };
    assert_eq!(offer(), (json!(1), json!(1)));
    shop.collect("ana", &campaign);
    assert_eq!(offer(), (json!(0), json!(1)));
    let claim = json!({"campaign": campaign});
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).refused(409, "sold_out");
}

#[test]
fn s2_a_seller_has_what_the_platform_lets_it_have() {
    let limits = SellerLimits {
        campaigns: 5_000,
        campaigns_draft: 2,
        campaigns_live: 1,
        codes: 10,
        codes_per_campaign: 7,
        shared_codes: 3,
        shared_codes_per_campaign: 2,
        jobs: 50,
        scope_entries: 3,
        scope_entries_in_all: 4,
    };
    let shop = Shop::with_seller_limits(limits, &["tako:campaigns_draft=1", "tako:campaigns=2"]);
    let create = |terms: &Value| shop.post(&shop.luma, "/v1/campaigns", terms);
    let luma = || seller_off("luma", 100);
    let first = shop.ask("POST", "/v1/campaigns").by(&shop.luma).once("first").json(&luma()).send().is(201);
    let second = create(&luma()).is(201);
    let params = |limit: u64, of: &str| json!({"limit": limit, "of": of});
    assert_eq!(create(&luma()).refused(409, "limit_reached")["/params"], params(2, "campaigns_draft"));
    let again = shop.ask("POST", "/v1/campaigns").by(&shop.luma).once("first").json(&luma()).send().is(201);
    assert!(again.is_replay(), "what was done is told again");
    let wide = with(luma(), &json!({"scope": {"products": ["a", "b"], "exclude_categories": ["c", "d"]}}));
    assert_eq!(create(&wide).refused(409, "limit_reached").pointing("/scope")["/params"], params(3, "scope_entries"));
    // What is malformed is told first, whatever the limits.
    let retired = create(&with(wide.clone(), &json!({"currency": "HRK"}))).refused(400, "invalid_field");
    assert_eq!(retired["/errors/0/pointer"], "/currency");
    let nameless = create(&with(wide.clone(), &json!({"name": ""}))).refused(400, "invalid_field");
    assert_eq!(nameless["/errors/0/pointer"], "/name");
    let patch = |path: &str, terms: &Value| {
        shop.ask("PATCH", path).by(&shop.luma).header("If-Match", "\"1\"").json(terms).send()
    };
    let three = json!({"scope": {"products": ["a", "b", "c"]}});
    patch(&format!("/v1/campaigns/{}", first.text_at("/id")), &three).is(200);
    patch(&format!("/v1/campaigns/{}", second.text_at("/id")), &with(wide.clone(), &json!({"name": ""})))
        .refused(400, "invalid_field");
    let other = patch(&format!("/v1/campaigns/{}", second.text_at("/id")), &json!({"scope": {"products": ["a", "b"]}}));
    assert_eq!(
        other.refused(409, "limit_reached").pointing("/scope")["/params"],
        params(4, "scope_entries_in_all"),
        "of all of its campaigns together"
    );
    // Nobody else is bound by what luma has, and the operator by nothing.
    shop.post(&shop.operator, "/v1/campaigns", &wide).is(201);
    shop.post(&shop.tako, "/v1/campaigns", &seller_off("tako", 1)).is(201);
    let refused = shop.post(&shop.tako, "/v1/campaigns", &seller_off("tako", 1)).refused(409, "limit_reached");
    assert_eq!(refused["/params"], params(1, "campaigns_draft"));
    let step = |key: &str, id: &str, step: &str| shop.post(key, &format!("/v1/campaigns/{id}/{step}"), &json!({}));
    let (first, second) = (first.text_at("/id"), second.text_at("/id"));
    step(&shop.luma, first, "publish").is(200);
    assert_eq!(
        step(&shop.luma, second, "publish").refused(409, "limit_reached")["/params"],
        params(1, "campaigns_live")
    );
    step(&shop.luma, first, "publish").refused(409, "campaign_state");
    let codes = |id: &str, count: u32| {
        let body = json!({"kind": "unique", "count": count});
        shop.post(&shop.luma, &format!("/v1/campaigns/{id}/codes"), &body)
    };
    assert_eq!(
        codes(first, 8).refused(409, "limit_reached").pointing("/count")["/params"],
        params(7, "codes_per_campaign")
    );
    codes(first, 7).is(202);
    codes(second, 3).is(202);
    assert_eq!(codes(second, 1).refused(409, "limit_reached")["/params"], params(10, "codes"));
    let shown = shop.get(&shop.luma, "/v1/sellers/luma/limits").is(200);
    assert_eq!(shown["/campaigns_draft"], json!({"limit": 2, "used": 2}));
    assert_eq!(shown["/campaigns_live"], json!({"limit": 1, "used": 1}));
    assert_eq!(shown["/codes"], json!({"limit": 10, "used": 10}));
    assert_eq!(shown["/scope_entries"], 3);
    assert_eq!(shown["/scope_entries_in_all"], json!({"limit": 4, "used": 7}), "what an operator made for it too");
    shop.get(&shop.tako, "/v1/sellers/luma/limits").refused(404, "not_found");
    assert_eq!(
        shop.get(&shop.operator, "/v1/sellers/tako/limits").is(200)["/campaigns"],
        json!({"limit": 2, "used": 1})
    );
    // An operator publishes for it; what is deleted or ended makes room.
    step(&shop.operator, second, "publish").is(200);
    step(&shop.luma, first, "end").is(200);
    step(&shop.luma, second, "end").is(200);
    let third = create(&luma()).is(201);
    step(&shop.luma, third.text_at("/id"), "publish").is(200);
    // However many come at once.
    let asks = (0..20).map(|_| shop.ask("POST", "/v1/campaigns").by(&shop.luma).json(&seller_off("luma", 100)));
    let made = shop.at_once(asks).into_iter().filter(|status| *status == 201).count();
    assert_eq!(made, 1, "one draft is there already");
}

#[test]
fn s2_what_its_validity_has_closed_is_renamed_beside_as_many_live_ones_as_there_may_be() {
    let shop = Shop::with_seller_limits(SellerLimits { campaigns_live: 1, ..SellerLimits::default() }, &[]);
    let publish = |terms: &Value| {
        let made = shop.post(&shop.luma, "/v1/campaigns", terms).is(201);
        let path = format!("/v1/campaigns/{}", made.text_at("/id"));
        shop.post(&shop.luma, &format!("{path}/publish"), &json!({})).is(200);
        path
    };
    let closed = publish(&seller_off("luma", 100));
    shop.minutes_pass(30 * 24 * 60);
    publish(&with(seller_off("luma", 100), &json!({"validity": {"type": "after_claim", "days": 7}})));
    let patch = |terms: &Value| {
        let etag = shop.get(&shop.luma, &closed).is(200).header("etag").expect("an ETag").to_owned();
        shop.ask("PATCH", &closed).by(&shop.luma).header("If-Match", &etag).json(terms).send()
    };
    assert_eq!(patch(&json!({"name": "Over"})).is(200)["/status"], "closed");
    patch(&json!({"claims": {"ends_at": "2027-01-01T00:00:00Z"}})).is(200);
}

#[test]
fn s2_nobodys_job_waits_for_anothers_and_one_can_be_cancelled() {
    let shop = Shop::new();
    let request = |key: &str, terms: &Value, count: u32| {
        let id = shop.draft(terms);
        let body = json!({"kind": "unique", "count": count});
        let job = shop.post(key, &format!("/v1/campaigns/{id}/codes"), &body).is(202);
        format!("/v1/jobs/{}", job.text_at("/id"))
    };
    let large: Vec<String> = (0..3).map(|_| request(&shop.luma, &seller_off("luma", 100), 1_000_000)).collect();
    let small = request(&shop.operator, &off(500), 2_000);
    let started = std::time::Instant::now();
    while shop.get(&shop.operator, &small).is(200)["/status"] != "done" {
        assert!(started.elapsed().as_secs() < 60, "the operator's job waits for the seller's");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let first = shop.get(&shop.luma, &large[0]).is(200);
    assert!(first["/done"].as_u64().expect("a number") < 1_000_000, "it wouldn't have waited long: {}", first.text);
    for job in &large {
        shop.post(&shop.tako, &format!("{job}/cancel"), &json!({})).refused(404, "not_found");
        let cancelled = shop.post(&shop.luma, &format!("{job}/cancel"), &json!({})).is(200);
        assert_eq!(cancelled["/status"], "cancelled");
        assert_eq!(shop.post(&shop.luma, &format!("{job}/cancel"), &json!({})).is(200).body, cancelled.body);
        assert_eq!(shop.get(&shop.luma, job).is(200).body, cancelled.body, "it makes no more");
    }
    assert_eq!(shop.post(&shop.operator, &format!("{small}/cancel"), &json!({})).is(200)["/status"], "done");
}

#[test]
fn s2_a_seller_has_so_many_jobs_at_once() {
    let limits = SellerLimits { jobs: 2, ..SellerLimits::default() };
    let shop = Shop::with_seller_limits(limits, &[]);
    let request = |key: &str, issuer: &Value| {
        let id = shop.draft(issuer);
        shop.post(key, &format!("/v1/campaigns/{id}/codes"), &json!({"kind": "unique", "count": 1_000_000}))
    };
    let luma = || request(&shop.luma, &seller_off("luma", 100));
    let jobs = [luma(), luma()].map(|made| format!("/v1/jobs/{}", made.is(202).text_at("/id")));
    assert_eq!(luma().refused(409, "limit_reached")["/params"], json!({"limit": 2, "of": "jobs"}));
    // Nobody else's, and no longer than they last.
    let others = request(&shop.tako, &seller_off("tako", 100)).is(202);
    let operators = request(&shop.operator, &seller_off("luma", 100)).is(202);
    shop.post(&shop.luma, &format!("{}/cancel", jobs[0]), &json!({})).is(200);
    let third = luma().is(202);
    for job in [&others, &operators, &third].map(|made| format!("/v1/jobs/{}", made.text_at("/id"))) {
        shop.post(&shop.operator, &format!("{job}/cancel"), &json!({})).is(200);
    }
    shop.post(&shop.luma, &format!("{}/cancel", jobs[1]), &json!({})).is(200);
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
fn a_patch_names_each_member_once_and_is_told_all_that_is_frozen() {
    let shop = Shop::new();
    let id = shop.live(&with(off(500), &json!({"limits": {"stock": 50, "budget": 1_000}})));
    let send = |body: &str| {
        let ask = shop.ask("PATCH", &format!("/v1/campaigns/{id}")).by(&shop.operator).header("if-match", "*");
        ask.bytes(body.as_bytes()).send()
    };
    for (body, pointer) in [
        (r#"{"name": "a", "name": "b"}"#, "/name"),
        (r#"{"limits": {"stock": 60, "stock": 5000}}"#, "/limits/stock"),
        (r#"{"metadata": {"a": "1"}, "metadata": {"b": "2"}}"#, "/metadata"),
        (r#"{"metadata": {"a": "1", "a": "2"}}"#, "/metadata/a"),
    ] {
        let refused = send(body).refused(400, "invalid_field").pointing(pointer);
        assert!(
            refused.text_at("/errors/0/detail").contains("once") || refused.text.contains("given once"),
            "{}",
            refused.text
        );
    }
    let frozen = send(
        r#"{"benefit": {"type": "amount_off", "amount": 600}, "scope": {"products": ["p"]}, "limits": {"stock": 40, "budget": 900}}"#,
    );
    let told: Vec<&str> =
        frozen["/errors"].as_array().expect("a list").iter().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(told, ["/benefit", "/scope", "/limits/stock", "/limits/budget"], "{}", frozen.text);
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
    patch(&shop, &id, &json!({"name": "Late"})).is(200);
    patch(&shop, &id, &json!({"name": "Later", "claims": {"ends_at": null}})).refused(409, "campaign_state");
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

#[test]
fn what_follows_from_the_issuer_follows_another_issuer() {
    let shop = Shop::new();
    let patch = |key: &str, campaign: &str, body: &Value| {
        shop.ask("PATCH", &format!("/v1/campaigns/{campaign}")).by(key).header("if-match", "*").json(body).send()
    };
    let (luma, platform) =
        (json!({"issuer": {"type": "seller", "seller": "luma"}}), json!({"issuer": {"type": "platform"}}));
    let draft = shop.draft(&off(500));
    let changed = patch(&shop.operator, &draft, &luma).is(200);
    assert_eq!(changed["/funding"], json!([{"funder": "seller", "share_bp": 10_000}]));
    assert!(changed["/offered_on"].as_array().is_some_and(|channels| channels.contains(&json!("seller_store"))));
    let changed = patch(&shop.operator, &draft, &platform).is(200);
    assert_eq!(changed["/funding"], json!([{"funder": "platform", "share_bp": 10_000}]));
    // What the request itself says of funding is judged.
    let named = with(luma.clone(), &json!({"funding": [{"funder": "platform", "share_bp": 10_000}]}));
    patch(&shop.operator, &draft, &named).refused(422, "funder_not_agreed").pointing("/funding/0/funder");
    // A list of all channels, as earlier builds wrote it, is the issuer's default too.
    let every = json!({"claims": {"channels": ["web", "social", "partner", "seller_store", "code", "system"]}});
    let of_seller = shop.draft(&with(seller_off("luma", 500), &every));
    assert_eq!(patch(&shop.operator, &of_seller, &platform).is(200)["/claims/channels"], Value::Null);
    let live = shop.live(&off(500));
    patch(&shop.operator, &live, &luma).refused(422, "terms_are_frozen").pointing("/issuer");
}

#[test]
fn a_seller_gives_its_campaign_to_nobody_else() {
    let shop = Shop::new();
    let refused = |campaign: &str, body: Value| {
        let ask = shop.ask("PATCH", &format!("/v1/campaigns/{campaign}")).by(&shop.luma).header("if-match", "*");
        ask.json(&body).send().refused(403, "forbidden").pointing("/issuer");
    };
    for campaign in [shop.draft(&seller_off("luma", 500)), shop.live(&seller_off("luma", 500))] {
        refused(&campaign, json!({"issuer": {"type": "platform"}}));
        refused(&campaign, json!({"issuer": {"type": "seller", "seller": "tako"}}));
        refused(&campaign, json!({"issuer": {"type": "platform"}, "funding": null}));
    }
}
