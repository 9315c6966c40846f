//! I7: a seller sees and touches its own only.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, shipped};

/// luma and tako in one paid order `A` of ana, each with a coupon, and a platform coupon over both.
fn shared_order(shop: &Shop) -> (String, String) {
    let luma = shop.live(&seller_off("luma", 100));
    let tako = shop.live(&seller_off("tako", 200));
    shop.collect("ana", &luma);
    shop.collect("ana", &tako);
    shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]), &[("luma", 10), ("tako", 20)]));
    (luma, tako)
}

fn nothing_of_tako(answer: &Answer) {
    assert!(!answer.text.contains("tako"), "{}", answer.text);
    assert!(!answer.text.contains("\"l2\""), "{}", answer.text);
}

#[test]
fn i7_a_seller_sees_its_own_lines_of_an_order_only() {
    let shop = Shop::new();
    shared_order(&shop);
    shop.paid("ana", "B", &cart(&[("tako", 1_000, 1)]));
    let whole = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200);
    let own = shop.get(&shop.luma, "/v1/accounts/ana/orders/A").is(200);
    nothing_of_tako(&own);
    let share = own["/sellers/0/discount"].as_i64().expect("a number");
    assert_eq!(share, 100 + 254, "its own 1.00, and of 5.00 over 29.00 and 28.00 the larger part");
    assert_eq!(whole["/sellers/0"], own["/sellers/0"]);
    for member in ["subtotal", "shipping", "discount", "total"] {
        assert_eq!(own.body[member], own["/sellers/0"][member], "{member}");
    }
    let applied = own["/applied"].as_array().expect("two");
    assert_eq!(applied.len(), 2);
    let sum: i64 = applied.iter().filter_map(|one| one["discount"].as_i64()).sum();
    assert_eq!(sum, share);
    let funding: i64 = applied
        .iter()
        .flat_map(|one| one["funding"].as_array().expect("funding"))
        .filter_map(|part| part["amount"].as_i64())
        .sum();
    assert_eq!(funding, share);
    shop.get(&shop.luma, "/v1/accounts/ana/orders/B").refused(404, "not_found");
    for path in ["/v1/orders", "/v1/accounts/ana/orders", "/v1/orders?seller=luma"] {
        let listed = shop.get(&shop.luma, path).is(200);
        assert_eq!(listed.column("id"), ["A"], "{path}");
        nothing_of_tako(&listed);
    }
    assert!(shop.get(&shop.luma, "/v1/orders?seller=tako").is(200).column("id").is_empty());
}

#[test]
fn i7_a_seller_closes_and_refunds_its_own_transaction_only() {
    let shop = Shop::new();
    shared_order(&shop);
    let path = |step: &str| format!("/v1/accounts/ana/orders/A/{step}");
    shop.post(&shop.luma, &path("close"), &json!({"seller": "tako"})).refused(404, "not_found");
    for body in [
        json!({"id": "r", "seller": "tako"}),
        json!({"id": "r", "lines": [{"line": "l2", "quantity": 1}]}),
        json!({"id": "r", "amounts": [{"line": "l2", "amount": 1}]}),
        json!({"id": "r", "shipping": [{"seller": "tako", "amount": 1}]}),
    ] {
        shop.post(&shop.luma, &path("refunds"), &body).refused(422, "not_in_order");
    }
    let all = shop.post(&shop.luma, &path("refunds"), &json!({"id": "r-luma", "all": true, "preview": true})).is(200);
    nothing_of_tako(&all);
    assert_eq!(all["/shipping"], 10);
    let made = shop.post(&shop.luma, &path("refunds"), &json!({"id": "r-luma", "all": true})).is(201);
    nothing_of_tako(&made);
    shop.post(&shop.tako, &path("refunds"), &json!({"id": "r-tako", "lines": [{"line": "l2", "quantity": 1}]})).is(201);
    let listed = shop.get(&shop.luma, &path("refunds")).is(200);
    assert_eq!(listed.column("id"), ["r-luma"]);
    shop.get(&shop.luma, &path("refunds/r-tako")).refused(404, "not_found");
    nothing_of_tako(&shop.get(&shop.luma, &path("refunds/r-luma")).is(200));
    shop.paid("ana", "C", &cart(&[("luma", 1_000, 1), ("tako", 1_000, 1)]));
    let closed = shop.post(&shop.luma, "/v1/accounts/ana/orders/C/close", &json!({})).is(200);
    nothing_of_tako(&closed);
    let whole = shop.get(&shop.operator, "/v1/accounts/ana/orders/C");
    assert_eq!(
        whole["/transactions"],
        json!([{"seller": "luma", "status": "closed"}, {"seller": "tako", "status": "open"}])
    );
}

#[test]
fn i7_a_sellers_campaigns_are_its_own() {
    let shop = Shop::new();
    let (luma, tako) = shared_order(&shop);
    let platform = shop.live(&off(100));
    assert_eq!(shop.get(&shop.luma, "/v1/campaigns").is(200).column("id"), [luma.as_str()]);
    assert!(shop.get(&shop.luma, "/v1/campaigns?issuer=seller:tako").is(200).column("id").is_empty());
    let unknown = shop.get(&shop.luma, "/v1/campaigns/cmp_00000000000000000000000000").refused(404, "not_found");
    for foreign in [&tako, &platform] {
        let path = format!("/v1/campaigns/{foreign}");
        let seen = shop.get(&shop.luma, &path).refused(404, "not_found");
        assert_eq!(same(&seen), same(&unknown));
        for step in ["publish", "pause", "resume", "end"] {
            shop.post(&shop.luma, &format!("{path}/{step}"), &json!({})).refused(404, "not_found");
        }
        shop.get(&shop.luma, &format!("{path}/codes.csv")).refused(404, "not_found");
        let code = json!({"kind": "shared", "code": "STEAL"});
        shop.post(&shop.luma, &format!("{path}/codes"), &code).refused(404, "not_found");
        let patch = shop.ask("PATCH", &path).by(&shop.luma).header("if-match", "*").json(&json!({"name": "Mine"}));
        patch.send().refused(404, "not_found");
    }
    let path = format!("/v1/campaigns/{luma}");
    let patch = |body: &Value| shop.ask("PATCH", &path).by(&shop.luma).header("if-match", "*").json(body).send();
    patch(&json!({"name": "Mine"})).is(200);
    let draft = shop.draft(&seller_off("luma", 1));
    let theft = json!({"issuer": {"type": "seller", "seller": "tako"}});
    let path = format!("/v1/campaigns/{draft}");
    let patch = shop.ask("PATCH", &path).by(&shop.luma).header("if-match", "*").json(&theft).send();
    patch.refused(403, "forbidden").pointing("/issuer");
}

#[test]
fn i7_a_seller_finds_coupons_and_jobs_of_its_own_campaigns_only() {
    let shop = Shop::new();
    let own = shop.coupon("ana", &seller_off("luma", 100));
    let foreign = shop.coupon("ana", &seller_off("tako", 100));
    let platform = shop.coupon("ana", &off(100));
    shop.get(&shop.luma, &format!("/v1/coupons/{own}")).is(200);
    for coupon in [foreign, platform] {
        shop.get(&shop.luma, &format!("/v1/coupons/{coupon}")).refused(404, "not_found");
    }
    let campaign = shop.live(&seller_off("tako", 100));
    let path = format!("/v1/campaigns/{campaign}/codes");
    let job = shop.post(&shop.tako, &path, &json!({"kind": "unique", "count": 1})).is(202);
    let path = format!("/v1/jobs/{}", job.text_at("/id"));
    shop.get(&shop.tako, &path).is(200);
    shop.get(&shop.luma, &path).refused(404, "not_found");
}

#[test]
fn i7_a_seller_reads_events_of_its_own_campaigns_only() {
    let shop = Shop::new();
    let (luma, _) = shared_order(&shop);
    let events = shop.get(&shop.luma, "/v1/events?limit=100").is(200);
    nothing_of_tako(&events);
    let data = events["/data"].as_array().expect("events");
    assert!(data.len() >= 4);
    assert!(data.iter().all(|event| event["campaign"] == *luma && event.get("account").is_none()), "{}", events.text);
}

/// A problem without its request id.
fn same(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}
