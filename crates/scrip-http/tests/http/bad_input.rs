//! What is malformed or out of range is refused with its place, and changes nothing.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, shipped, terms, with};

const QUOTES: &str = "/v1/accounts/ana/quotes";
const ORDERS: &str = "/v1/accounts/ana/orders";
const COUPONS: &str = "/v1/accounts/ana/coupons";
const CAMPAIGNS: &str = "/v1/campaigns";

/// Asks, and checks that the journal is where it was.
#[track_caller]
fn refused(shop: &Shop, key: &str, path: &str, body: &Value, status: u16, code: &str, pointer: &str) -> Answer {
    let before = shop.journal_end();
    let answer = shop.post(key, path, body).refused(status, code).pointing(pointer);
    assert_eq!(shop.journal_end(), before, "what is refused changes nothing: {path} {body}");
    answer
}

fn one() -> Value {
    cart(&[("luma", 3_000, 1)])
}

/// A cart whose first line has these members instead.
fn line(members: &Value) -> Value {
    let mut cart = one();
    cart["lines"][0] = with(cart["lines"][0].clone(), members);
    cart
}

#[test]
fn what_is_not_json_is_said_to_be_none() {
    let shop = Shop::new();
    let whole = json!({"cart": one()}).to_string();
    for bytes in [
        &b""[..],
        b"{",
        b"not json",
        b"{} {}",
        b"{\"a\":1,}",
        b"\xff\xfe",
        b"{\"cart\": NaN}",
        &whole.as_bytes()[..whole.len() - 1],
        "[".repeat(500).as_bytes(),
    ] {
        for path in [QUOTES, ORDERS, COUPONS] {
            let answer = shop.ask("POST", path).by(&shop.storefront).bytes(bytes).send();
            assert!(
                matches!(answer.body["code"].as_str(), Some("invalid_json" | "invalid_field" | "unknown_field")),
                "{}",
                answer.text
            );
            answer.is(400);
        }
    }
    shop.ask("POST", "/v1/accounts/ana/orders/A/pay")
        .by(&shop.storefront)
        .bytes(b"{")
        .send()
        .refused(400, "invalid_json");
}

#[test]
fn json_of_another_kind_is_refused() {
    let shop = Shop::new();
    for body in [json!([]), json!(1), json!("x"), json!(null), json!(true)] {
        for path in [QUOTES, ORDERS, COUPONS] {
            shop.post(&shop.storefront, path, &body).refused(400, "invalid_field");
        }
        shop.post(&shop.operator, CAMPAIGNS, &body).refused(400, "invalid_field");
    }
}

#[test]
fn a_list_is_no_object_where_nothing_is_to_be_said_either() {
    let shop = Shop::new();
    let draft = shop.draft(&off(500));
    shop.order("ana", &json!({"id": "A", "cart": one()})).is(201);
    let key = shop.get(&shop.operator, "/v1/keys").column("id")[0].to_owned();
    let live = shop.live(&with(off(500), &json!({"claims": {"channels": ["code"]}})));
    let made =
        shop.post(&shop.operator, &format!("/v1/campaigns/{live}/codes"), &json!({"kind": "shared", "code": "SAVE5"}));
    let code = made.is(201).text_at("/id").to_owned();
    let job = shop.post(&shop.operator, &format!("/v1/campaigns/{live}/codes"), &json!({"kind": "unique", "count": 1}));
    let job = job.is(202).text_at("/id").to_owned();
    let mut paths: Vec<String> =
        ["publish", "pause", "resume", "end"].iter().map(|step| format!("/v1/campaigns/{draft}/{step}")).collect();
    paths.extend(["pay", "cancel", "close"].iter().map(|step| format!("{ORDERS}/A/{step}")));
    paths.push(format!("/v1/keys/{key}/revoke"));
    paths.push(format!("/v1/jobs/{job}/cancel"));
    paths.push(format!("/v1/campaigns/{live}/codes/{code}/revoke"));
    let patch = shop.ask("PATCH", &format!("/v1/campaigns/{draft}")).by(&shop.operator).header("if-match", "*");
    let refused_patch = patch.json(&json!([])).send().refused(400, "invalid_field");
    assert_eq!(refused_patch["/params/allowed"], "an object", "{}", refused_patch.text);
    for path in paths {
        for body in [json!([]), json!([1]), json!(null), json!(1), json!("x")] {
            let refused = refused(&shop, &shop.operator, &path, &body, 400, "invalid_field", "");
            assert_eq!(refused["/params/allowed"], "an object", "{path} {body}");
        }
    }
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    let shop = Shop::new();
    let front = &shop.storefront;
    let extra = json!({"what": 1});
    refused(&shop, front, QUOTES, &json!({"cart": one(), "what": 1}), 400, "unknown_field", "/what");
    refused(&shop, front, QUOTES, &json!({"cart": with(one(), &extra)}), 400, "unknown_field", "/cart/what");
    refused(&shop, front, QUOTES, &json!({"cart": line(&extra)}), 400, "unknown_field", "/cart/lines/0/what");
    let mut shipping = shipped(one(), &[("luma", 1)]);
    shipping["shipping"][0]["what"] = json!(1);
    refused(&shop, front, QUOTES, &json!({"cart": shipping}), 400, "unknown_field", "/cart/shipping/0/what");
    let odd = json!({"cart": one(), "use": {"coupons": [], "what": 1}});
    refused(&shop, front, QUOTES, &odd, 400, "unknown_field", "/use/what");
    refused(&shop, front, COUPONS, &json!({"code": "ABC", "what": 1}), 400, "unknown_field", "/what");
    refused(&shop, &shop.operator, CAMPAIGNS, &with(off(1), &extra), 400, "unknown_field", "/what");
    for (member, pointer) in [
        (json!({"benefit": {"type": "amount_off", "amount": 1, "what": 1}}), "/benefit/what"),
        (json!({"limits": {"what": 1}}), "/limits/what"),
        (json!({"scope": {"what": 1}}), "/scope/what"),
        (json!({"claims": {"what": 1}}), "/claims/what"),
        (json!({"stacking": {"what": 1}}), "/stacking/what"),
        (json!({"issuer": {"type": "platform", "what": 1}}), "/issuer/what"),
        (json!({"minimum_spend": {"amount": 1, "what": 1}}), "/minimum_spend/what"),
        (json!({"refund_policy": {"full_refund": "keep", "what": 1}}), "/refund_policy/what"),
        (json!({"funding": [{"funder": "platform", "share_bp": 10_000, "what": 1}]}), "/funding/0/what"),
        (json!({"validity": {"type": "after_claim", "days": 1, "what": 1}}), "/validity/what"),
    ] {
        refused(&shop, &shop.operator, CAMPAIGNS, &with(off(1), &member), 400, "unknown_field", pointer);
    }
}

#[test]
fn commands_that_take_nothing_refuse_something() {
    let shop = Shop::new();
    let draft = shop.draft(&off(500));
    shop.order("ana", &json!({"id": "A", "cart": one()})).is(201);
    for step in ["publish", "pause", "resume", "end"] {
        let path = format!("/v1/campaigns/{draft}/{step}");
        refused(&shop, &shop.operator, &path, &json!({"what": 1}), 400, "unknown_field", "/what");
    }
    for step in ["pay", "cancel", "close"] {
        let path = format!("{ORDERS}/A/{step}");
        refused(&shop, &shop.storefront, &path, &json!({"what": 1}), 400, "unknown_field", "/what");
    }
    let key = shop.get(&shop.operator, "/v1/keys").column("id")[0].to_owned();
    refused(
        &shop,
        &shop.operator,
        &format!("/v1/keys/{key}/revoke"),
        &json!({"what": 1}),
        400,
        "unknown_field",
        "/what",
    );
}

#[test]
fn unknown_query_parameters_are_refused_on_every_operation() {
    let shop = Shop::new();
    for permission in scrip_http::PERMISSIONS.iter() {
        let nobody = "00000000000000000000000000";
        let path = permission
            .path
            .replace("{account}", "ana")
            .replace("{order}", "A")
            .replace("{refund}", "r")
            .replace("{campaign}", &format!("cmp_{nobody}"))
            .replace("{coupon}", &format!("cpn_{nobody}"))
            .replace("{job}", &format!("job_{nobody}"))
            .replace("{key}", &format!("key_{nobody}"));
        let answer = shop.ask(permission.method, &format!("{path}?what=1")).by(&shop.operator).json(&json!({})).send();
        answer.refused(400, "unknown_parameter").about("what");
    }
}

#[test]
fn query_parameters_have_their_limits() {
    let shop = Shop::new();
    for (path, pointer) in [
        ("/v1/campaigns?limit=0", "/limit"),
        ("/v1/campaigns?limit=101", "/limit"),
        ("/v1/campaigns?limit=-1", "/limit"),
        ("/v1/campaigns?limit=x", "/limit"),
        ("/v1/campaigns?limit=", "/limit"),
        ("/v1/campaigns?limit=1&limit=2", "/limit"),
        ("/v1/campaigns?cursor=x", "/cursor"),
        ("/v1/campaigns?cursor=e30", "/cursor"),
        ("/v1/campaigns?status=lively", "/status"),
        ("/v1/campaigns?issuer=luma", "/issuer"),
        ("/v1/accounts/ana/coupons?sort=oldest", "/sort"),
        ("/v1/accounts/ana/coupons?status=lost", "/status"),
        ("/v1/accounts/ana/coupons?cursor=!", "/cursor"),
        ("/v1/orders?cursor=x", "/cursor"),
        ("/v1/orders?from=yesterday", "/from"),
        ("/v1/orders?account=a%20b", "/account"),
        ("/v1/ledger/entries?cursor=x", "/cursor"),
        ("/v1/events?cursor=x", "/cursor"),
        ("/v1/events?after=x", "/after"),
        ("/v1/reports/distribution?campaign=cmp_x", "/campaign"),
        ("/v1/accounts/ana/offers?limit=101", "/limit"),
    ] {
        shop.get(&shop.operator, path).refused(400, "invalid_field").about(&pointer[1..]);
    }
    for path in ["/v1/campaigns?limit=1", "/v1/campaigns?limit=100", "/v1/orders?limit=100"] {
        shop.get(&shop.operator, path).is(200);
    }
}

#[test]
fn amounts_are_integers_from_zero_to_ten_to_the_fifteen() {
    let shop = Shop::new();
    let huge: Value = serde_json::from_str("123456789012345678901234567890").expect("a number");
    for bad in [
        json!(-1),
        json!(1.5),
        json!(1.0),
        json!(1_000_000_000_000_001_i64),
        huge,
        json!("100"),
        json!(null),
        json!(true),
        json!([1]),
    ] {
        let body = json!({"cart": line(&json!({"unit_price": bad}))});
        refused(&shop, &shop.storefront, QUOTES, &body, 400, "invalid_field", "/cart/lines/0/unit_price");
        let mut shipping = shipped(one(), &[("luma", 1)]);
        shipping["shipping"][0]["amount"] = bad.clone();
        refused(
            &shop,
            &shop.storefront,
            QUOTES,
            &json!({"cart": shipping}),
            400,
            "invalid_field",
            "/cart/shipping/0/amount",
        );
        if !bad.is_null() {
            let body = json!({"id": "A", "cart": one(), "expect_discount": bad});
            refused(&shop, &shop.storefront, ORDERS, &body, 400, "invalid_field", "/expect_discount");
        }
        let body = with(off(1), &json!({"minimum_spend": {"amount": bad}}));
        refused(&shop, &shop.operator, CAMPAIGNS, &body, 400, "invalid_field", "/minimum_spend/amount");
        let body = with(off(1), &json!({"benefit": {"type": "amount_off", "amount": bad}}));
        shop.post(&shop.operator, CAMPAIGNS, &body).refused(400, "invalid_field");
    }
    let largest = json!({"cart": line(&json!({"unit_price": 1_000_000_000_000_000_i64}))});
    assert_eq!(shop.quote("ana", &largest)["/total"], 1_000_000_000_000_000_i64);
    shop.quote("ana", &json!({"cart": line(&json!({"unit_price": 0}))}));
}

#[test]
fn sums_that_overflow_are_refused_not_wrapped() {
    let shop = Shop::new();
    let most = 1_000_000_000_000_000_i64;
    for (cart, pointer) in [
        (cart(&[("luma", most, 2)]), "/cart/lines"),
        (cart(&[("luma", most, 999_999)]), "/cart/lines"),
        (cart(&[("luma", most, 1), ("luma", 1, 1)]), "/cart/lines"),
        (shipped(cart(&[("luma", most, 1)]), &[("luma", 1)]), "/cart/shipping"),
    ] {
        refused(&shop, &shop.storefront, QUOTES, &json!({"cart": cart}), 422, "amount_out_of_range", pointer);
        let body = json!({"id": "A", "cart": cart});
        refused(&shop, &shop.storefront, ORDERS, &body, 422, "amount_out_of_range", pointer);
    }
}

#[test]
fn carts_have_their_limits() {
    let shop = Shop::new();
    let lines = |count: usize| {
        let lines: Vec<Value> = (0..count)
            .map(|number| json!({"id": format!("l{number}"), "seller": "luma", "product": "p", "unit_price": 1, "quantity": 1}))
            .collect();
        json!({"currency": "USD", "lines": lines})
    };
    let many: Vec<String> = (0..51).map(|number| format!("c{number}")).collect();
    for (cart, pointer) in [
        (lines(0), "/cart/lines"),
        (lines(501), "/cart/lines"),
        (with(one(), &json!({"currency": "ZZZ"})), "/cart/currency"),
        (with(one(), &json!({"currency": "usd"})), "/cart/currency"),
        (with(one(), &json!({"currency": "US"})), "/cart/currency"),
        (line(&json!({"quantity": 0})), "/cart/lines/0/quantity"),
        (line(&json!({"quantity": 1_000_000})), "/cart/lines/0/quantity"),
        (line(&json!({"quantity": -1})), "/cart/lines/0/quantity"),
        (line(&json!({"quantity": 1.5})), "/cart/lines/0/quantity"),
        (line(&json!({"quantity": 4_294_967_297_i64})), "/cart/lines/0/quantity"),
        (line(&json!({"id": ""})), "/cart/lines/0/id"),
        (line(&json!({"id": "a b"})), "/cart/lines/0/id"),
        (line(&json!({"id": "x".repeat(129)})), "/cart/lines/0/id"),
        (line(&json!({"seller": "ä"})), "/cart/lines/0/seller"),
        (line(&json!({"seller": "a/.."})), "/cart/lines/0/seller"),
        (line(&json!({"product": "."})), "/cart/lines/0/product"),
        (line(&json!({"categories": [".."]})), "/cart/lines/0/categories/0"),
        (line(&json!({"product": 5})), "/cart/lines/0/product"),
        (line(&json!({"categories": ["ok", "not ok"]})), "/cart/lines/0/categories/1"),
        (line(&json!({"categories": many})), "/cart/lines/0/categories"),
        (line(&json!({"on_sale": "yes"})), "/cart/lines/0/on_sale"),
        (with(one(), &json!({"lines": [one()["lines"][0], one()["lines"][0]]})), "/cart/lines/1/id"),
        (shipped(one(), &[("tako", 1)]), "/cart/shipping/0/seller"),
        (shipped(one(), &[("luma", 1), ("luma", 1)]), "/cart/shipping/1/seller"),
    ] {
        refused(&shop, &shop.storefront, QUOTES, &json!({"cart": cart}), 400, "invalid_field", pointer);
        refused(&shop, &shop.storefront, ORDERS, &json!({"id": "A", "cart": cart}), 400, "invalid_field", pointer);
    }
    shop.quote("ana", &json!({"cart": lines(500)}));
    shop.quote("ana", &json!({"cart": line(&json!({"quantity": 999_999}))}));
}

#[test]
fn a_body_is_at_most_a_mebibyte() {
    let shop = Shop::new();
    for path in [QUOTES, ORDERS, COUPONS, "/v1/accounts/ana/orders/A/pay"] {
        let answer = shop.ask("POST", path).by(&shop.storefront).bytes(&vec![b' '; 1024 * 1024 + 1]).send();
        answer.refused(413, "payload_too_large");
    }
    let mut just = json!({"cart": one()}).to_string().into_bytes();
    just.resize(1024 * 1024, b' ');
    shop.ask("POST", QUOTES).by(&shop.storefront).bytes(&just).send().is(200);
}

#[test]
fn ids_of_the_wrong_form_are_malformed_and_unknown_ones_not_found() {
    let shop = Shop::new();
    for path in [
        "/v1/campaigns/x",
        "/v1/campaigns/cpn_00000000000000000000000000",
        "/v1/campaigns/cmp_0000000000000000000000000",
        "/v1/campaigns/cmp_0000000000000000000000000U",
        "/v1/coupons/cmp_00000000000000000000000000",
        "/v1/jobs/7",
        "/v1/accounts/a%20b/coupons",
        "/v1/accounts/ana/coupons/x",
        "/v1/accounts/ana/orders/a%2F%2E%2E",
        "/v1/accounts/ana/orders/A/refunds/a%20b",
    ] {
        shop.get(&shop.operator, path).refused(400, "invalid_field");
    }
    let long = format!("/v1/accounts/{}/coupons", "x".repeat(129));
    shop.get(&shop.operator, &long).refused(400, "invalid_field");
    for path in [
        "/v1/campaigns/cmp_00000000000000000000000000",
        "/v1/coupons/cpn_00000000000000000000000000",
        "/v1/jobs/job_00000000000000000000000000",
        "/v1/accounts/ana/coupons/cpn_00000000000000000000000000",
        "/v1/accounts/ana/orders/A",
    ] {
        shop.get(&shop.operator, path).refused(404, "not_found");
    }
    let body = json!({"cart": one(), "use": {"coupons": ["x"]}});
    refused(&shop, &shop.storefront, QUOTES, &body, 400, "invalid_field", "/use/coupons/0");
    refused(&shop, &shop.storefront, COUPONS, &json!({"campaign": "x"}), 400, "invalid_field", "/campaign");
    refused(&shop, &shop.storefront, ORDERS, &json!({"id": "a/..", "cart": one()}), 400, "invalid_field", "/id");
}

#[test]
fn anothers_coupon_does_not_exist() {
    let shop = Shop::new();
    let bens = shop.coupon("ben", &off(500));
    let unknown = "cpn_00000000000000000000000000";
    for coupon in [bens.as_str(), unknown] {
        shop.get(&shop.storefront, &format!("{COUPONS}/{coupon}")).refused(404, "not_found");
        let quote = shop.quote("ana", &json!({"cart": one(), "use": {"coupons": [coupon]}}));
        assert_eq!(quote.reasons_of(coupon), ["coupon_not_found"]);
        assert_eq!(quote["/not_applied/0/campaign"], Value::Null);
        let body = json!({"id": "A", "cart": one(), "use": {"coupons": [coupon]}});
        refused(&shop, &shop.storefront, ORDERS, &body, 422, "coupon_not_found", "/use/coupons/0");
    }
}

#[test]
fn use_is_best_none_or_distinct_coupons() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let with_use = |used: Value| json!({"id": "A", "cart": one(), "use": used});
    for (used, pointer) in [
        (json!("worst"), "/use"),
        (json!("Best"), "/use"),
        (json!(["best"]), "/use"),
        (json!(1), "/use"),
        (json!({}), "/use/coupons"),
        (json!({"coupons": [coupon, coupon]}), "/use/coupons/1"),
        (json!({"coupons": coupon}), "/use/coupons"),
        (json!({"coupons": vec![coupon.clone(); 101]}), "/use/coupons"),
    ] {
        refused(&shop, &shop.storefront, ORDERS, &with_use(used), 400, "invalid_field", pointer);
    }
    let two_forms = json!({"coupons": [coupon], "best": true});
    refused(&shop, &shop.storefront, ORDERS, &with_use(two_forms), 400, "unknown_field", "/use/best");
    let twice = format!("{{\"id\":\"A\",\"cart\":{},\"use\":\"best\",\"use\":\"none\"}}", one());
    let answer = shop.ask("POST", ORDERS).by(&shop.storefront).bytes(twice.as_bytes()).send();
    answer.refused(400, "invalid_field").pointing("/use");
    let body = json!({"id": "A", "cart": one(), "codes": [""]});
    refused(&shop, &shop.storefront, ORDERS, &body, 400, "invalid_field", "/codes/0");
    let codes: Vec<String> = (0..11).map(|number| format!("CODE{number}")).collect();
    refused(
        &shop,
        &shop.storefront,
        ORDERS,
        &json!({"id": "A", "cart": one(), "codes": codes}),
        400,
        "invalid_field",
        "/codes",
    );
    let body = json!({"id": "A", "cart": one(), "only_seller": "tako"});
    refused(&shop, &shop.storefront, ORDERS, &body, 400, "invalid_field", "/only_seller");
}

#[test]
fn terms_have_their_limits() {
    let shop = Shop::new();
    let fixed =
        |from: &str, until: &str| json!({"validity": {"type": "fixed", "starts_at": from, "expires_at": until}});
    for (member, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(201)}), "/name"),
        (json!({"name": "a\u{7}b"}), "/name"),
        (json!({"currency": "ZZZ"}), "/currency"),
        (json!({"issuer": {"type": "seller", "seller": "a b"}}), "/issuer/seller"),
        (json!({"issuer": {"type": "nobody"}}), "/issuer/type"),
        (json!({"benefit": {"type": "magic"}}), "/benefit/type"),
        (json!({"benefit": {"type": "amount_off", "amount": 0}}), "/benefit/amount"),
        (json!({"benefit": {"type": "tiered_amount_off", "tiers": []}}), "/benefit/tiers"),
        (json!({"validity": {"type": "after_claim", "days": 0}}), "/validity/days"),
        (json!({"validity": {"type": "after_claim", "days": 3_651}}), "/validity/days"),
        (json!({"validity": {"type": "after_claim", "days": 1, "time_zone": "Mars/Olympus"}}), "/validity/time_zone"),
        (fixed("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"), "/validity/expires_at"),
        (fixed("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z"), "/validity/expires_at"),
        (fixed("tomorrow", "2026-11-01T00:00:00Z"), "/validity/starts_at"),
        (fixed("1960-11-02T00:00:00Z", "2026-11-01T00:00:00Z"), "/validity/starts_at"),
        (json!({"limits": {"stock": 0}}), "/limits/stock"),
        (json!({"limits": {"per_individual": 0}}), "/limits/per_individual"),
        (json!({"limits": {"budget": "endless"}}), "/limits/budget"),
        (json!({"limits": {"budget": -1}}), "/limits/budget"),
        (json!({"claims": {"channels": []}}), "/claims/channels"),
        (json!({"claims": {"channels": ["web", "web"]}}), "/claims/channels"),
        (json!({"claims": {"channels": ["seller_store"]}}), "/claims/channels/0"),
        (json!({"claims": {"channels": ["pigeon"]}}), "/claims/channels/0"),
        (
            json!({"claims": {"starts_at": "2026-11-02T00:00:00Z", "ends_at": "2026-11-02T00:00:00Z"}}),
            "/claims/ends_at",
        ),
        (json!({"funding": []}), "/funding"),
        (json!({"funding": [{"funder": "platform", "share_bp": 9_999}]}), "/funding"),
        (json!({"refund_policy": {"full_refund": "maybe"}}), "/refund_policy/full_refund"),
    ] {
        refused(&shop, &shop.operator, CAMPAIGNS, &with(off(1), &member), 400, "invalid_field", pointer);
    }
    for percent in [json!(0), json!(10_001), json!(-1), json!(1.5)] {
        let body = terms(&json!({"type": "platform"}), &json!({"type": "percent_off", "percent_bp": percent}));
        let before = shop.journal_end();
        let answer = shop.post(&shop.operator, CAMPAIGNS, &body).refused(400, "invalid_field");
        assert!(answer["/errors/0/pointer"].as_str().is_some_and(|pointer| pointer.starts_with("/benefit")));
        assert_eq!(shop.journal_end(), before);
    }
}

#[test]
fn a_seller_makes_no_campaign_of_the_platform_or_of_another() {
    let shop = Shop::new();
    for body in [off(500), seller_off("tako", 500)] {
        refused(&shop, &shop.luma, CAMPAIGNS, &body, 403, "forbidden", "/issuer");
    }
    let funding = json!({"funding": [{"funder": "platform", "share_bp": 10_000}]});
    let body = with(seller_off("luma", 500), &funding);
    refused(&shop, &shop.luma, CAMPAIGNS, &body, 422, "funder_not_agreed", "/funding/0/funder");
}

#[test]
fn a_caller_names_only_channels_that_its_role_owns() {
    let shop = Shop::new();
    let set_aside = json!({"claims": {"sources": [{"source": "acme", "stock": 1}]}});
    let campaign = shop.live(&with(off(500), &set_aside));
    let shopper = shop.shopper("ana");
    let claim = |channel: &str| json!({"campaign": campaign, "channel": channel});
    for (key, channel) in [
        (&shopper, "system"),
        (&shopper, "partner"),
        (&shopper, "code"),
        (&shop.storefront, "system"),
        (&shop.storefront, "code"),
        (&shop.operator, "code"),
    ] {
        refused(&shop, key, COUPONS, &claim(channel), 403, "channel_not_allowed", "/channel");
    }
    let sourced = json!({"campaign": campaign, "source": "acme"});
    refused(&shop, &shopper, COUPONS, &sourced, 403, "channel_not_allowed", "/source");
    shop.post(&shop.storefront, COUPONS, &sourced).is(201);
    refused(&shop, &shop.storefront, COUPONS, &claim("pigeon"), 400, "invalid_field", "/channel");
}

#[test]
fn a_claim_is_of_a_campaign_or_of_a_code() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let front = &shop.storefront;
    refused(&shop, front, COUPONS, &json!({}), 400, "invalid_field", "");
    refused(&shop, front, COUPONS, &json!({"campaign": campaign, "code": "ABC"}), 400, "invalid_field", "");
    refused(&shop, front, COUPONS, &json!({"code": "ABC", "channel": "web"}), 400, "invalid_field", "/code");
    refused(&shop, front, COUPONS, &json!({"code": ""}), 400, "invalid_field", "/code");
    refused(&shop, front, COUPONS, &json!({"code": "Ä".repeat(81)}), 400, "invalid_field", "/code");
    let answer = shop.post(front, COUPONS, &json!({"campaign": "cmp_00000000000000000000000000"}));
    answer.refused(404, "campaign_not_found");
    let none: Vec<Value> = Vec::new();
    refused(&shop, front, "/v1/claims/batch", &json!({"claims": none}), 400, "invalid_field", "/claims");
    let many = vec![json!({"account": "ana", "campaign": campaign}); 1_001];
    refused(&shop, front, "/v1/claims/batch", &json!({"claims": many}), 400, "invalid_field", "/claims");
}

#[test]
fn holds_are_from_a_minute_to_a_week() {
    let shop = Shop::new();
    for minutes in [json!(0), json!(10_081), json!(-1), json!(1.5), json!("5")] {
        let body = json!({"id": "A", "cart": one(), "hold_minutes": minutes});
        refused(&shop, &shop.storefront, ORDERS, &body, 400, "invalid_field", "/hold_minutes");
    }
    shop.order("ana", &json!({"id": "A", "cart": one(), "hold_minutes": 10_080})).is(201);
    for minutes in [json!(0), json!(10_081), json!(null)] {
        let path = format!("{ORDERS}/A/extend");
        let body = json!({"hold_minutes": minutes});
        refused(&shop, &shop.storefront, &path, &body, 400, "invalid_field", "/hold_minutes");
    }
}

#[test]
fn a_refund_has_one_form_and_names_everything_once() {
    let shop = Shop::new();
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 2)]), &[("luma", 10)]));
    let path = format!("{ORDERS}/A/refunds");
    let units = json!([{"line": "l1", "quantity": 1}]);
    let amounts = json!([{"line": "l1", "amount": 1}]);
    let shipping = json!({"seller": "luma", "amount": 1});
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"all": false}), ""),
        (json!({"all": true, "seller": "luma"}), ""),
        (json!({"all": true, "lines": units}), ""),
        (json!({"seller": "luma", "amounts": amounts}), ""),
        (json!({"lines": units, "amounts": amounts}), "/amounts/0/line"),
        (json!({"lines": [units[0], units[0]]}), "/lines/1/line"),
        (json!({"lines": [{"line": "l1", "quantity": 0}]}), "/lines/0/quantity"),
        (json!({"amounts": [{"line": "l1", "amount": 0}]}), "/amounts/0/amount"),
        (json!({"amounts": [{"line": "l1", "amount": 1, "reason": "x".repeat(201)}]}), "/amounts/0/reason"),
        (json!({"shipping": [shipping, shipping]}), "/shipping/1/seller"),
        (json!({"shipping": [{"seller": "luma", "amount": 0}]}), "/shipping/0/amount"),
    ] {
        refused(&shop, &shop.storefront, &path, &with(body, &json!({"id": "r"})), 400, "invalid_field", pointer);
    }
    refused(&shop, &shop.storefront, &path, &json!({"all": true}), 400, "invalid_field", "/id");
}

#[test]
fn an_idempotency_key_is_one_of_at_most_255_printable_characters() {
    let shop = Shop::new();
    let limits = json!({"budget": "unlimited", "per_individual": null});
    let campaign = shop.live(&with(off(500), &json!({"limits": limits})));
    let claim = |key: &str| {
        shop.ask("POST", COUPONS).by(&shop.storefront).once(key).json(&json!({"campaign": campaign})).send()
    };
    for bad in [
        "x".repeat(256),
        String::new(),
        "\"\"".to_owned(),
        "a\tb".to_owned(),
        "\"a\tb\"".to_owned(),
        "\u{e9}".to_owned(),
    ] {
        claim(&bad).refused(400, "invalid_field").about("Idempotency-Key");
    }
    let twice = shop.ask("POST", COUPONS).by(&shop.storefront).once("a").once("b").json(&json!({"campaign": campaign}));
    twice.send().refused(400, "invalid_field").about("Idempotency-Key");
    for good in ["x".repeat(255), "a b".to_owned(), "\"".to_owned()] {
        claim(&good).is(201);
    }
}

#[test]
fn keys_are_for_operators_storefronts_and_bound_sellers() {
    let shop = Shop::new();
    for (body, pointer) in [
        (json!({"role": "shopper"}), "/role"),
        (json!({"role": "king"}), "/role"),
        (json!({"role": "seller"}), "/seller"),
        (json!({"role": "operator", "seller": "luma"}), "/seller"),
        (json!({"role": "seller", "seller": "a b"}), "/seller"),
    ] {
        refused(&shop, &shop.operator, "/v1/keys", &body, 400, "invalid_field", pointer);
    }
    let path = "/v1/keys/key_00000000000000000000000000/revoke";
    shop.post(&shop.operator, path, &json!({})).refused(404, "not_found");
}

#[test]
fn codes_have_their_limits() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = format!("/v1/campaigns/{campaign}/codes");
    for (body, pointer) in [
        (json!({"kind": "shared", "code": "a"}), "/code"),
        (json!({"kind": "shared", "code": "SAVE", "max_uses": 0}), "/max_uses"),
        (json!({"kind": "unique", "count": 0}), "/count"),
        (json!({"kind": "unique", "count": 5_000_001}), "/count"),
        (json!({"kind": "unique", "count": 1, "prefix": "A-B"}), "/prefix"),
        (json!({"kind": "unique", "count": 1, "prefix": ""}), "/prefix"),
    ] {
        refused(&shop, &shop.operator, &path, &body, 400, "invalid_field", pointer);
    }
    let answer = shop.post(&shop.operator, &path, &json!({"kind": "secret"}));
    answer.refused(400, "invalid_field");
    let answer = shop.post(&shop.operator, &path, &json!({"kind": "unique", "count": 1, "what": 1}));
    answer.refused(400, "unknown_field").pointing("/what");
}

#[test]
fn a_count_that_is_none_is_told_what_it_may_be_in_words() {
    let shop = Shop::new();
    shop.order("ana", &json!({"id": "A", "cart": one()})).is(201);
    for odd in [json!(97.0), json!(-1), json!("30"), json!(null), json!(4_294_967_296_u64)] {
        let answer = shop.step("ana", "A", "extend", &json!({"hold_minutes": odd})).refused(400, "invalid_field");
        assert_eq!(answer["/params/allowed"], "an integer from 1 to 10080", "{}", answer.text);
    }
}
