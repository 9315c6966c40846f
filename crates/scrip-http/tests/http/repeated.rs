//! Keys where `tests/http` leaves a gap: drafts replayed, batch claims, ids of cancelled orders.

use serde_json::json;

use crate::shop::{Shop, cart, off};

#[test]
fn a_creation_replayed_after_publishing_gives_the_draft() {
    let shop = Shop::new();
    let create = || shop.ask("POST", "/v1/campaigns").by(&shop.operator).once("k").json(&off(500)).send();
    let first = create().is(201);
    let path = format!("/v1/campaigns/{}/publish", first.text_at("/id"));
    shop.post(&shop.operator, &path, &json!({})).is(200);
    let again = create().is(201);
    assert!(again.is_replay() && !first.is_replay());
    assert_eq!((&again.text, &again["/status"]), (&first.text, &json!("draft")));
}

#[test]
fn claims_of_a_batch_have_keys_of_their_own() {
    let shop = Shop::new();
    let (one, two) = (shop.live(&off(500)), shop.live(&off(400)));
    let claim =
        |account: &str, campaign: &str, key: &str| json!({"account": account, "campaign": campaign, "key": key});
    let batch =
        |claims: serde_json::Value| shop.post(&shop.storefront, "/v1/claims/batch", &json!({"claims": claims})).is(200);
    let first = batch(json!([claim("ana", &one, "a"), claim("ben", &one, "b")]));
    let end = shop.journal_end();
    assert_eq!(batch(json!([claim("ana", &one, "a"), claim("ben", &one, "b")])).body, first.body);
    let other = batch(json!([claim("ana", &two, "a"), claim("ben", &one, "b")]));
    assert_eq!(other["/results/0/problem/code"], "idempotency_key_reused");
    assert_eq!(other["/results/0/status"], 422);
    assert_eq!(other["/results/1"], first["/results/1"]);
    assert_eq!(shop.journal_end(), end);
}

#[test]
fn a_cancelled_orders_id_stays_taken_also_under_a_new_key() {
    let shop = Shop::new();
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    shop.order("ana", &body).is(201);
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    let ask = shop.ask("POST", "/v1/accounts/ana/orders").by(&shop.storefront).once("new");
    assert_eq!(ask.json(&body).send().is(200)["/status"], "cancelled");
    let other = json!({"id": "A", "cart": cart(&[("luma", 3_001, 1)])});
    shop.order("ana", &other).refused(409, "order_exists").pointing("/id");
}
