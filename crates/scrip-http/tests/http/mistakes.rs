//! All mistakes of a request are told at once, each at its own place, in words that name no type of ours.

use serde_json::{Map, Value, json};

use crate::{
    contract::operations,
    shop::{Answer, Shop, cart, off, seller_off, with},
};

fn pointers(answer: &Answer) -> Vec<&str> {
    answer["/errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect()
}

#[test]
fn every_mistake_of_a_body_is_told_at_the_member_itself() {
    let shop = Shop::new();
    let body = json!({
        "name": "", "issuer": {"type": "seller"}, "currency": "usd",
        "benefit": {"type": "amount_off", "amount": -1, "what": 1},
        "validity": {"type": "after_claim", "days": 0, "time_zone": "Mars"},
        "limits": {"stock": "many", "per_individual": 4_294_967_296_u64, "budget": "none"},
        "scope": {"products": ["ok", "not ok", "."]}, "claims": {"channels": ["web", "air"]}, "stacking": 1});
    let answer = shop.post(&shop.operator, "/v1/campaigns", &body).is(400);
    assert_eq!(
        pointers(&answer),
        [
            "/name",
            "/issuer/seller",
            "/currency",
            "/benefit/amount",
            "/benefit/what",
            "/validity/days",
            "/validity/time_zone",
            "/limits/stock",
            "/limits/per_individual",
            "/limits/budget",
            "/scope/products/1",
            "/scope/products/2",
            "/claims/channels/1",
            "/stacking"
        ]
    );
    let first = json!({"limit": 1, "allowed": "a string of 1 to 200 characters", "pointer": "/name", "parameter": null,
        "code": "invalid_field", "detail": "/name must be a string of 1 to 200 characters."});
    assert_eq!((&answer["/errors/0"], &answer["/more"]), (&first, &json!(0)));
    assert_eq!(answer["/errors/4/code"], "unknown_field");
    assert_eq!(answer["/detail"], "/name must be a string of 1 to 200 characters.");
}

#[test]
fn what_the_rules_find_is_told_besides_what_the_schema_finds() {
    let shop = Shop::new();
    let mut cart = cart(&[("luma", 3_000, 1), ("luma", 1_000, 0)]);
    cart["lines"][1]["id"] = json!("l1");
    cart["shipping"] = json!([{"seller": "tako", "amount": 1}]);
    let body = json!({"id": "A", "cart": cart, "hold_minutes": 0, "expect_discount": -5});
    let answer = shop.post(&shop.storefront, "/v1/accounts/ana/orders", &body).is(400);
    assert_eq!(pointers(&answer), ["/cart/lines/1/quantity", "/hold_minutes", "/expect_discount"]);
    let body = with(body, &json!({"expect_discount": 5, "hold_minutes": 0}));
    let answer = shop.post(&shop.storefront, "/v1/accounts/ana/orders", &body).is(400);
    let told = pointers(&answer);
    assert!(told.contains(&"/hold_minutes") && told.contains(&"/cart/lines/1/quantity"), "{told:?}");
}

#[test]
fn a_hundred_mistakes_are_listed_and_the_rest_counted() {
    let shop = Shop::new();
    let line = json!({"id": "", "seller": "luma", "product": "p", "unit_price": 1, "quantity": 1});
    let body = json!({"cart": {"currency": "USD", "lines": vec![line; 250]}});
    let answer = shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &body).is(400);
    assert_eq!((answer["/errors"].as_array().map(Vec::len), &answer["/more"]), (Some(100), &json!(150)));
    let long = "x".repeat(100_000);
    let answer = shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &json!({long: 1})).is(400);
    assert!(answer.text.len() < 2_000, "what a caller wrote isn't told back at length");
}

#[test]
fn a_patch_is_judged_as_the_campaign_that_it_would_make() {
    let shop = Shop::new();
    let path = format!("/v1/campaigns/{}", shop.draft(&off(500)));
    let patch = |body: &Value| shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(body).send();
    let wrong = json!({"name": 1, "benefit": {"amount": "5"}, "limits": {"stock": 0, "what": 1}});
    assert_eq!(pointers(&patch(&wrong).is(400)), ["/name", "/benefit/amount", "/limits/stock", "/limits/what"]);
    assert_eq!(patch(&json!({"benefit": {"amount": 600}})).is(200)["/benefit/amount"], 600);
}

#[test]
fn mistakes_of_parameters_name_them() {
    let shop = Shop::new();
    let named = |path: &str| -> Vec<String> {
        let answer = shop.get(&shop.operator, path).is(400);
        assert!(pointers(&answer).is_empty(), "{}", answer.text);
        let errors = answer["/errors"].as_array().expect("errors");
        errors.iter().map(|error| format!("{} {}", error["code"], error["parameter"])).collect()
    };
    assert_eq!(
        named("/v1/orders?limit=0&what=1&status=lost&account=a%20b&from=today"),
        [
            "\"invalid_field\" \"limit\"",
            "\"unknown_parameter\" \"what\"",
            "\"invalid_field\" \"status\"",
            "\"invalid_field\" \"account\"",
            "\"invalid_field\" \"from\""
        ]
    );
    assert_eq!(
        named("/v1/accounts/a%20b/orders/.%2Fb/refunds/%00"),
        ["\"invalid_field\" \"account\"", "\"invalid_field\" \"order\"", "\"invalid_field\" \"refund\""]
    );
    let answer = shop.get(&shop.operator, "/v1/orders?limit=101").is(400);
    assert_eq!(answer["/detail"], "/limit must be an integer from 1 to 100.".trim_start_matches('/'));
}

/// Every operation with a body of JSON, and its examples' requests.
fn bodies() -> Vec<(String, String, Value)> {
    let nobody = "00000000000000000000000000";
    let mut all = Vec::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        let path = path
            .replace("{account}", "ana")
            .replace("{order}", "A")
            .replace("{refund}", "r")
            .replace("{campaign}", &format!("cmp_{nobody}"))
            .replace("{coupon}", &format!("cpn_{nobody}"))
            .replace("{job}", &format!("job_{nobody}"))
            .replace("{key}", &format!("key_{nobody}"));
        let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in examples.as_object().into_iter().flatten().filter(|(name, _)| *name != "mistakes") {
            assert!(!example["value"].is_null(), "{method} {path} {name}");
            all.push((method.clone(), path.clone(), example["value"].clone()));
        }
    }
    assert!(all.len() > 15);
    all
}

/// The places of all members in a value, with what stands there.
fn places<'a>(value: &'a Value, at: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let at = format!("{at}/{name}");
                found.push((at.clone(), member));
                places(member, &at, found);
            }
        }
        Value::Array(entries) => {
            for (place, entry) in entries.iter().enumerate() {
                let at = format!("{at}/{place}");
                found.push((at.clone(), entry));
                places(entry, &at, found);
            }
        }
        _ => {}
    }
}

fn replaced(body: &Value, at: &str, by: Value) -> Value {
    let mut body = body.clone();
    *body.pointer_mut(at).expect("a place of it") = by;
    body
}

#[test]
fn no_list_passes_for_an_object_in_any_operation() {
    let shop = Shop::new();
    for (method, path, body) in bodies() {
        let mut objects = vec![(String::new(), &body)];
        places(&body, "", &mut objects);
        for (at, object) in objects.into_iter().filter(|(_, value)| value.is_object()) {
            let members: &Map<String, Value> = object.as_object().expect("an object");
            let mut lists = vec![json!([]), members.values().cloned().collect::<Value>()];
            // A tagged one as its tag and the rest.
            lists.push(json!([members.values().next(), members]));
            for list in lists {
                let sent = replaced(&body, &at, list);
                let ask = shop.ask(&method, &path).by(&shop.operator).header("if-match", "*");
                let answer = ask.json(&sent).send().refused(400, "invalid_field");
                assert!(pointers(&answer).contains(&&*at), "{method} {path} {sent}: {}", answer.text);
            }
        }
    }
}

#[test]
fn a_value_of_another_kind_is_refused_at_its_place_in_words_of_the_contract() {
    let shop = Shop::new();
    for (method, path, body) in bodies() {
        if method == "PATCH" {
            continue;
        }
        let mut members = Vec::new();
        places(&body, "", &mut members);
        for (at, member) in members {
            let odd = if member.is_object() || member.is_array() { json!(7) } else { json!({"a": 1}) };
            // Alternatives that are told apart by their kind have one for an object.
            if at == "/use" {
                continue;
            }
            let sent = replaced(&body, &at, odd);
            let answer = shop.ask(&method, &path).by(&shop.operator).json(&sent).send().is(400);
            assert!(
                pointers(&answer).iter().any(|told| told.starts_with(&*at)),
                "{method} {path} {sent}: {}",
                answer.text
            );
            for word in [
                "u8", "u16", "u32", "i64", "struct", "enum", "variant", "map", "sequence", "newtype", "tuple", "Option",
            ] {
                let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|one| one == word);
                assert!(!words(&answer.text), "{word} in {}", answer.text);
            }
        }
    }
}

#[test]
fn who_may_not_is_told_so_before_what_is_wrong() {
    let shop = Shop::new();
    let ana = shop.shopper("ana");
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    let refunds = "/v1/accounts/ana/orders/A/refunds";
    for body in [json!({"id": "r", "all": true}), json!({"id": "", "what": 1}), json!([]), json!({"preview": "true"})] {
        shop.post(&ana, refunds, &body).refused(403, "forbidden");
    }
    shop.ask("POST", refunds).by(&ana).bytes(b"{").send().refused(403, "forbidden");
    shop.post(&ana, refunds, &json!({"id": "", "preview": true})).refused(400, "invalid_field");
    let foreign = with(seller_off("tako", 1), &json!({"name": "", "what": 1}));
    shop.post(&shop.luma, "/v1/campaigns", &foreign).refused(403, "forbidden").pointing("/issuer");
    let coupons = "/v1/accounts/ana/coupons";
    let claim = json!({"campaign": "x", "channel": "system"});
    shop.post(&ana, coupons, &claim).refused(403, "channel_not_allowed").pointing("/channel");
    let claims = json!({"claims": [{"account": "", "campaign": "x", "channel": "system"}]});
    let refused = shop.post(&shop.storefront, "/v1/claims/batch", &claims).refused(403, "channel_not_allowed");
    refused.pointing("/claims/0/channel");
    let grant = format!("/v1/campaigns/{}/grants", shop.draft(&seller_off("luma", 1)));
    let refused = shop.post(&shop.luma, &grant, &json!({"accounts": [], "channel": "system"}));
    refused.refused(403, "channel_not_allowed").pointing("/channel");
}
