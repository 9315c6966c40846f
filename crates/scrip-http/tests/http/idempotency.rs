//! I4: the same key, the same answer, one effect.

use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimBy, ClaimOf, PayOrder, RequestCodes},
    id::CampaignId,
    idempotency::Holder,
    name::{AccountId, OrderId},
};
use scrip_desk::hash;
use scrip_engine::KeyUse;
use serde::Serialize;
use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, with};

fn once(shop: &Shop, key: &str, path: &str, idempotency_key: &str, body: &Value) -> Answer {
    shop.ask("POST", path).by(key).once(idempotency_key).json(body).send()
}

/// The same answer byte for byte, marked.
#[track_caller]
fn same(first: &Answer, again: &Answer) {
    assert!(!first.is_replay(), "{}", first.text);
    assert!(again.is_replay(), "{}", again.text);
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    for header in ["etag", "location", "content-type"] {
        assert_eq!(first.header(header), again.header(header));
    }
}

/// Everything that happens to an order and its coupon: each step repeated at once and once more at the end.
#[test]
fn i4_every_step_repeated_gives_its_answer_of_then_whatever_happened_since() {
    let shop = Shop::new();
    let operator = shop.operator.clone();
    let front = shop.storefront.clone();
    let collectable = crate::shop::with(off(500), &json!({"claims": {"channels": ["web", "code"]}}));
    let mut done: Vec<(String, String, String, Value, Answer)> = Vec::new();
    let mut step = |key: &str, path: &str, body: Value, status: u16| -> Answer {
        let name = format!("k-{}", done.len());
        let first = once(&shop, key, path, &name, &body).is(status);
        let end = shop.journal_end();
        same(&first, &once(&shop, key, path, &name, &body));
        assert_eq!(shop.journal_end(), end, "a repetition has no effect");
        done.push((key.to_owned(), path.to_owned(), name, body, first));
        shop.minutes_pass(1);
        let (key, path, name, body, _) = done.last().expect("just pushed");
        once(&shop, key, path, name, body)
    };
    let campaign = step(&operator, "/v1/campaigns", collectable, 201).text_at("/id").to_owned();
    let path = |what: &str| format!("/v1/campaigns/{campaign}/{what}");
    step(&operator, &path("publish"), json!({}), 200);
    step(&operator, &path("codes"), json!({"kind": "shared", "code": "SAVE5"}), 201);
    step(&operator, &path("codes"), json!({"kind": "unique", "count": 3}), 202);
    let long = step(&operator, &path("codes"), json!({"kind": "unique", "count": 200_000}), 202);
    let cancelled = step(&operator, &format!("/v1/jobs/{}/cancel", long.text_at("/id")), json!({}), 200);
    assert_eq!(cancelled["/status"], "cancelled");
    let given = step(&operator, &path("codes"), json!({"kind": "shared", "code": "GONE5"}), 201);
    let gone = step(&operator, &path(&format!("codes/{}/revoke", given.text_at("/id"))), json!({}), 200);
    assert_eq!(gone["/label"], "GONE5");
    step(&front, "/v1/accounts/ana/coupons", json!({"campaign": campaign}), 201);
    step(&front, "/v1/accounts/ben/coupons", json!({"code": "SAVE5"}), 201);
    let order = |what: &str| format!("/v1/accounts/ana/orders/A{what}");
    let lines = cart(&[("luma", 3_000, 2), ("tako", 1_000, 1)]);
    step(&front, "/v1/accounts/ana/orders", json!({"id": "A", "cart": lines}), 201);
    step(&front, &order("/revise"), json!({"cart": cart(&[("tako", 9_000, 1)]), "use": "none"}), 200);
    step(&front, &order("/revise"), json!({"cart": lines}), 200);
    step(&front, &order("/extend"), json!({"hold_minutes": 60}), 200);
    step(&front, &order("/pay"), json!({}), 200);
    let part = json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]});
    step(&front, &order("/refunds"), part, 201);
    step(&front, &order("/close"), json!({"seller": "luma"}), 200);
    step(&front, &order("/cancel"), json!({"seller": "tako"}), 200);
    step(&front, "/v1/accounts/ben/orders", json!({"id": "B", "cart": lines}), 201);
    step(&front, "/v1/accounts/ben/orders/B/cancel", json!({}), 200);
    step(&front, "/v1/accounts/ben/orders", json!({"id": "C", "cart": lines}), 201);
    shop.minutes_pass(60);
    let late = step(&front, "/v1/accounts/ben/orders/C/pay", json!({}), 200);
    assert_eq!((&late["/late"], &late["/status"]), (&json!(true), &json!("paid")));
    step(&operator, &path("pause"), json!({}), 200);
    step(&operator, &path("resume"), json!({}), 200);
    step(&operator, &path("end"), json!({}), 200);
    let end = shop.journal_end();
    for (key, path, name, body, first) in &done {
        same(first, &once(&shop, key, path, name, body));
    }
    assert_eq!(shop.journal_end(), end);
}

#[test]
fn i4_a_replayed_payment_after_closing_gives_the_paid_order() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let path = "/v1/accounts/ana/orders/A/pay";
    let first = once(&shop, &shop.storefront, path, "k", &json!({})).is(200);
    shop.step("ana", "A", "close", &json!({})).is(200);
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    let again = once(&shop, &shop.storefront, path, "k", &json!({}));
    same(&first, &again);
    assert_eq!((&again["/status"], &again["/refunded"]), (&json!("paid"), &json!("none")));
}

#[test]
fn i4_the_clock_alone_does_not_change_the_answer_of_then() {
    let shop = Shop::new();
    let claims = json!({"claims": {"starts_at": "2026-11-10T13:00:00Z"}});
    let terms = crate::shop::with(off(500), &claims);
    let draft = shop.draft(&terms);
    let publish = format!("/v1/campaigns/{draft}/publish");
    let scheduled = once(&shop, &shop.operator, &publish, "p", &json!({})).is(200);
    assert_eq!(scheduled["/status"], "scheduled");
    let campaign = shop.live(&off(400));
    let coupons = "/v1/accounts/ana/coupons";
    let claim = json!({"campaign": campaign});
    let coupon = once(&shop, &shop.storefront, coupons, "c", &claim).is(201);
    let orders = "/v1/accounts/ana/orders";
    let order = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    let placed = once(&shop, &shop.storefront, orders, "o", &order).is(201);
    shop.set_time("2026-11-11T11:00:00Z");
    same(&scheduled, &once(&shop, &shop.operator, &publish, "p", &json!({})));
    same(&coupon, &once(&shop, &shop.storefront, coupons, "c", &claim));
    same(&placed, &once(&shop, &shop.storefront, orders, "o", &order));
    assert_eq!(shop.order("ana", &order).is(200)["/status"], "cancelled", "without the key: as it is now");
}

#[test]
fn i4_a_claim_replayed_when_the_coupon_has_expired_shows_the_coupon_of_then() {
    let shop = Shop::new();
    let terms = crate::shop::with(
        off(500),
        &json!({"validity": {"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-11-10T18:00:00Z"}}),
    );
    let campaign = shop.live(&terms);
    let claim = json!({"campaign": campaign});
    let first = once(&shop, &shop.storefront, "/v1/accounts/ana/coupons", "c", &claim).is(201);
    shop.set_time("2026-11-10T20:00:00Z");
    same(&first, &once(&shop, &shop.storefront, "/v1/accounts/ana/coupons", "c", &claim));
}

#[test]
fn i4_the_same_key_for_another_command_is_refused() {
    let shop = Shop::new();
    let (one, two) = (shop.live(&off(500)), shop.live(&off(400)));
    let path = "/v1/accounts/ana/coupons";
    once(&shop, &shop.storefront, path, "k", &json!({"campaign": one})).is(201);
    let refused = once(&shop, &shop.storefront, path, "k", &json!({"campaign": two}));
    refused.refused(422, "idempotency_key_reused");
    once(&shop, &shop.operator, "/v1/campaigns", "k", &off(1)).is(201);
    once(&shop, &shop.operator, "/v1/campaigns", "k", &off(2)).refused(422, "idempotency_key_reused");
    let order = |id: &str| json!({"id": id, "cart": cart(&[("luma", 3_000, 1)])});
    once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &order("A")).is(201);
    let refused = once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &order("B"));
    refused.refused(422, "idempotency_key_reused");
}

#[test]
fn i4_commands_are_compared_as_parsed_not_by_bytes() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let send = |body: String| {
        let ask = shop.ask("POST", "/v1/accounts/ana/coupons").by(&shop.storefront);
        ask.once("k").bytes(body.as_bytes()).send()
    };
    let first = send(format!("{{\"campaign\":\"{campaign}\"}}")).is(201);
    same(&first, &send(format!(" {{\n \"source\": null, \"campaign\" : \"{campaign}\" }} ")));
}

#[test]
fn i4_a_refused_command_is_judged_afresh() {
    let shop = Shop::new();
    let campaign = shop.draft(&off(500));
    let path = "/v1/accounts/ana/coupons";
    let claim = json!({"campaign": campaign});
    once(&shop, &shop.storefront, path, "k", &claim).refused(409, "campaign_not_live");
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/publish"), &json!({})).is(200);
    let made = once(&shop, &shop.storefront, path, "k", &claim).is(201);
    assert!(!made.is_replay());
}

#[test]
fn i4_keys_are_scoped_by_caller_account_and_operation() {
    let shop = Shop::new();
    let campaign =
        shop.live(&crate::shop::with(off(500), &json!({"limits": {"per_individual": 9, "budget": "unlimited"}})));
    let claim = json!({"campaign": campaign});
    let path = |account: &str| format!("/v1/accounts/{account}/coupons");
    let shopper = shop.shopper("ana");
    let mut ids = std::collections::BTreeSet::new();
    for (key, account) in
        [(&shop.storefront, "ana"), (&shop.operator, "ana"), (&shopper, "ana"), (&shop.storefront, "ben")]
    {
        let made = once(&shop, key, &path(account), "k", &claim).is(201);
        assert!(!made.is_replay());
        ids.insert(made.text_at("/id").to_owned());
    }
    assert_eq!(ids.len(), 4);
    // A shopper's next token is the same caller.
    let again = once(&shop, &shop.shopper("ana"), &path("ana"), "k", &claim);
    assert!(again.is_replay());
    let order = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &order).is(201);
    let paid = once(&shop, &shop.storefront, "/v1/accounts/ana/orders/A/pay", "k", &json!({})).is(200);
    assert!(!paid.is_replay());
}

#[test]
fn i4_a_quoted_key_is_the_same_key() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = "/v1/accounts/ana/coupons";
    let first = once(&shop, &shop.storefront, path, "k-1", &json!({"campaign": campaign})).is(201);
    same(&first, &once(&shop, &shop.storefront, path, "\"k-1\"", &json!({"campaign": campaign})));
}

#[test]
fn i4_keys_are_kept_at_least_a_day() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let claim = json!({"campaign": campaign});
    let first = once(&shop, &shop.storefront, "/v1/accounts/ana/coupons", "k", &claim).is(201);
    shop.minutes_pass(24 * 60);
    same(&first, &once(&shop, &shop.storefront, "/v1/accounts/ana/coupons", "k", &claim));
}

#[test]
fn orders_are_idempotent_by_their_id_for_ever() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "expect_discount": 500});
    let placed = shop.order("ana", &body).is(201);
    let again = shop.order("ana", &body).is(200);
    assert_eq!(again.body, placed.body);
    assert!(!again.is_replay());
    shop.step("ana", "A", "pay", &json!({})).is(200);
    shop.minutes_pass(60 * 24 * 40);
    assert_eq!(shop.order("ana", &body).is(200)["/status"], "paid", "as it is now");
    let other = json!({"id": "A", "cart": cart(&[("luma", 3_001, 1)]), "expect_discount": 500});
    shop.order("ana", &other).refused(409, "order_exists").pointing("/id");
}

#[test]
fn refunds_are_idempotent_by_their_id_for_ever() {
    let shop = Shop::new();
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 2)]));
    let body = |quantity: u32| json!({"id": "r", "lines": [{"line": "l1", "quantity": quantity}]});
    let made = shop.step("ana", "A", "refunds", &body(1)).is(201);
    shop.minutes_pass(60 * 24 * 40);
    assert_eq!(shop.step("ana", "A", "refunds", &body(1)).is(200).body, made.body);
    shop.step("ana", "A", "refunds", &body(2)).refused(409, "refund_exists").pointing("/id");
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A")["/refunds"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_key_is_looked_at_before_the_orders_id() {
    let shop = Shop::new();
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    let placed = once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &body).is(201);
    shop.step("ana", "A", "pay", &json!({})).is(200);
    same(&placed, &once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &body));
    let other = json!({"id": "A", "cart": cart(&[("luma", 3_001, 1)])});
    let refused = once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &other);
    refused.refused(422, "idempotency_key_reused");
}

#[test]
fn i4_an_order_is_the_same_whatever_it_leaves_to_be_filled_in() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "SAVE10", None);
    let line = json!({"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3_000, "quantity": 1});
    let cart = json!({"currency": "USD", "lines": [line]});
    let short = json!({"id": "A", "cart": cart, "codes": ["SAVE10"]});
    shop.order("ana", &short).is(201);
    let line = with(line, &json!({"categories": [], "on_sale": false}));
    let full = json!({"currency": "USD", "lines": [line], "shipping": []});
    for same in [
        json!({"id": "A", "cart": cart, "codes": ["save-10"]}),
        json!({"id": "A", "cart": full, "use": "best", "codes": ["save\u{a0}10"], "hold_minutes": 30,
            "expect_discount": null, "only_seller": null}),
        json!({"id": "A", "cart": cart, "codes": ["SAVE10"], "only_seller": "luma"}),
    ] {
        shop.order("ana", &same).is(200);
        once(&shop, &shop.storefront, "/v1/accounts/ana/orders", "k", &same).is(200);
    }
    for other in [
        json!({"id": "A", "cart": cart}),
        json!({"id": "A", "cart": cart, "codes": ["SAVE10"], "hold_minutes": 31}),
        json!({"id": "A", "cart": cart, "codes": ["SAVE10"], "use": "none"}),
        json!({"id": "A", "cart": cart, "codes": ["SAVE10"], "expect_discount": 500}),
    ] {
        shop.order("ana", &other).refused(409, "order_exists");
    }
    let none = json!({"id": "B", "cart": cart, "use": "none"});
    shop.order("ana", &none).is(201);
    shop.order("ana", &json!({"id": "B", "cart": cart, "use": {"coupons": []}})).is(200);
}

#[test]
fn i4_a_key_is_for_the_same_command_whatever_it_leaves_to_be_filled_in() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"claims": {"channels": ["web"]}})));
    let coded = shop.live(&off(500));
    let front = shop.storefront.clone();
    let operator = shop.operator.clone();
    let codes = format!("/v1/campaigns/{coded}/codes");
    let cart = cart(&[("luma", 3_000, 1)]);
    let two = crate::shop::cart(&[("luma", 3_000, 2)]);
    shop.order("ana", &json!({"id": "R", "cart": cart})).is(201);
    let claim = "/v1/accounts/ana/coupons";
    let orders = "/v1/accounts/ana/orders";
    for (place, (key, path, first, same, other)) in (0..).zip([
        (
            &operator,
            &codes[..],
            json!({"kind": "shared", "code": "SAVE10"}),
            json!({"kind": "shared", "code": "save-10", "max_uses": null}),
            json!({"kind": "shared", "code": "SAVE11"}),
        ),
        (
            &operator,
            &codes[..],
            json!({"kind": "unique", "count": 1, "prefix": "acme"}),
            json!({"kind": "unique", "count": 1, "prefix": "ACME", "source": null}),
            json!({"kind": "unique", "count": 1}),
        ),
        (
            &front,
            claim,
            json!({"campaign": campaign}),
            json!({"campaign": campaign, "channel": "web", "source": null}),
            json!({"campaign": campaign, "channel": "social"}),
        ),
        (&front, claim, json!({"code": "save 10"}), json!({"code": "SAVE\u{2013}10"}), json!({"code": "SAVE99"})),
        (
            &front,
            orders,
            json!({"id": "A", "cart": cart}),
            json!({"id": "A", "cart": cart, "hold_minutes": 30}),
            json!({"id": "A", "cart": cart, "hold_minutes": 31}),
        ),
        (
            &front,
            "/v1/accounts/ana/orders/R/revise",
            json!({"cart": two, "use": "none"}),
            json!({"cart": two, "use": {"coupons": []}, "codes": []}),
            json!({"cart": two}),
        ),
    ]) {
        let name = format!("k-{place}");
        let done = once(&shop, key, path, &name, &first);
        assert!((200..300).contains(&done.status), "{}", done.text);
        let again = once(&shop, key, path, &name, &same);
        assert!(again.is_replay(), "{}", again.text);
        once(&shop, key, path, &name, &other).refused(422, "idempotency_key_reused");
    }
    let batch = |claim: Value| {
        let answer = shop.post(&front, "/v1/claims/batch", &json!({"claims": [claim]})).is(200);
        answer["/results/0/status"].clone()
    };
    let of = |more: Value| with(json!({"account": "ben", "campaign": campaign, "key": "b"}), &more);
    assert_eq!(batch(of(json!({}))), 201);
    assert_eq!(batch(of(json!({"channel": "web"}))), 201);
    assert_eq!(batch(of(json!({"channel": "social"}))), 422);
}

#[test]
fn i4_grants_under_one_key_are_one_list() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = format!("/v1/campaigns/{campaign}/grants");
    let grant = |accounts: Value| once(&shop, &shop.operator, &path, "k", &json!({"accounts": accounts}));
    grant(json!(["ana", "ben"])).is(200);
    let end = shop.journal_end();
    grant(json!(["ana", "cleo"])).refused(422, "idempotency_key_reused");
    grant(json!(["cleo"])).refused(422, "idempotency_key_reused");
    let again = grant(json!(["ana", "ben"])).is(200);
    assert_eq!((&again["/data/0/status"], &again["/data/1/status"]), (&json!(201), &json!(201)));
    let written_out = json!({"accounts": ["ana", "ben"], "channel": "system", "source": null});
    once(&shop, &shop.operator, &path, "k", &written_out).is(200);
    assert_eq!(shop.journal_end(), end, "nobody got anything");
    // The campaign stands in the path: of another one it is another key.
    let other = format!("/v1/campaigns/{}/grants", shop.live(&off(300)));
    let granted = once(&shop, &shop.operator, &other, "k", &json!({"accounts": ["ana", "ben"]})).is(200);
    assert_eq!((&granted["/data/0/status"], &granted["/data/1/status"]), (&json!(201), &json!(201)));
    assert!(!granted.is_replay());
}

#[test]
fn i4_a_batch_under_a_used_key_is_refused_whatever_campaigns_it_names_and_changes_nothing() {
    let shop = Shop::new();
    let campaigns = [(); 3].map(|()| shop.live(&off(500)));
    let claim = |account: &str, campaign: &str| json!({"account": account, "campaign": campaign});
    let batch = |claims: &[Value]| once(&shop, &shop.storefront, "/v1/claims/batch", "k", &json!({"claims": claims}));
    batch(&[claim("ana", &campaigns[1])]).is(200);
    let end = shop.journal_end();
    for others in [
        &[claim("ben", &campaigns[2])][..],
        &[claim("ben", &campaigns[0])],
        &[claim("ben", &campaigns[0]), claim("cleo", &campaigns[1])],
    ] {
        batch(others).refused(422, "idempotency_key_reused");
    }
    assert_eq!(shop.journal_end(), end);
    let written_out = json!({"account": "ana", "campaign": campaigns[1], "channel": "web", "source": null});
    assert!(batch(&[written_out]).is(200).is_replay());
}

#[test]
fn i4_a_batch_is_told_as_given_again_only_if_all_of_it_is() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let of_its_own = json!({"account": "ana", "campaign": campaign, "key": "1"});
    let batch = |claims: &[&Value]| shop.post(&shop.storefront, "/v1/claims/batch", &json!({"claims": claims}));
    assert!(!batch(&[&of_its_own]).is(200).is_replay());
    assert!(batch(&[&of_its_own]).is(200).is_replay());
    shop.collect("ben", &campaign);
    let refused = json!({"account": "ben", "campaign": campaign});
    let half = batch(&[&of_its_own, &refused]).is(200);
    assert_eq!((&half["/results/0/status"], &half["/results/1/status"]), (&json!(201), &json!(409)));
    assert!(!half.is_replay());
}

#[test]
fn i4_a_new_campaign_is_the_same_with_its_defaults_written_out() {
    let shop = Shop::new();
    let funding = json!([{"funder": "platform", "share_bp": 10_000}]);
    let first = once(&shop, &shop.operator, "/v1/campaigns", "k", &off(500)).is(201);
    let again =
        once(&shop, &shop.operator, "/v1/campaigns", "k", &with(off(500), &json!({"funding": funding}))).is(201);
    assert_eq!((again.is_replay(), &again["/id"]), (true, &first["/id"]));
    once(&shop, &shop.operator, "/v1/campaigns", "k", &off(501)).refused(422, "idempotency_key_reused");
}

#[test]
fn i4_grants_and_claims_given_again_say_so() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 3, "budget": "unlimited"}})));
    let path = format!("/v1/campaigns/{campaign}/grants");
    let body = json!({"accounts": ["ana", "ben"]});
    let first = once(&shop, &shop.operator, &path, "k", &body).is(200);
    let end = shop.journal_end();
    same(&first, &once(&shop, &shop.operator, &path, "k", &body));
    assert_eq!(shop.journal_end(), end);
    // What is judged afresh and succeeds now is no repetition.
    let more = json!({"accounts": ["cleo", "dan"]});
    let half = once(&shop, &shop.operator, &path, "l", &more).is(200);
    assert_eq!((&half["/data/0/status"], &half["/data/1/status"]), (&json!(201), &json!(409)));
    assert!(once(&shop, &shop.operator, &path, "l", &more).is_replay());
}

#[test]
fn i4_a_batch_of_claims_under_a_key_is_done_once() {
    let shop = Shop::new();
    let terms = with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}}));
    let (campaign, other) = (shop.live(&terms), shop.live(&terms));
    let path = "/v1/claims/batch";
    let claim = |account: &str| json!({"account": account, "campaign": campaign});
    let batch = |claims: &[Value]| once(&shop, &shop.storefront, path, "k", &json!({"claims": claims}));
    // The same twice is two claims.
    let claims = [claim("ana"), claim("ana"), json!({"account": "ben", "campaign": other})];
    let first = batch(&claims).is(200);
    assert_eq!(shop.counters(&campaign)["claimed"], 2);
    let end = shop.journal_end();
    same(&first, &batch(&claims));
    // Another list under the same key is refused whole: nobody comes in with it.
    for others in [&[claim("cleo")][..], &claims[..2], &[claim("ana"), claim("ana"), claim("cleo")]] {
        batch(others).refused(422, "idempotency_key_reused");
    }
    assert_eq!(shop.journal_end(), end);
    once(&shop, &shop.storefront, path, "l", &json!({"claims": claims})).is(200);
    assert_eq!(shop.counters(&campaign)["claimed"], 4);
}

#[test]
fn i4_a_key_is_made_once_and_its_secret_told_once() {
    let shop = Shop::new();
    let body = json!({"role": "storefront", "name": "till 1"});
    let first = once(&shop, &shop.operator, "/v1/keys", "k", &body).is(201);
    let keys = shop.get(&shop.operator, "/v1/keys?limit=100").column("id").len();
    let again = once(&shop, &shop.operator, "/v1/keys", "k", &body).is(201);
    assert!(again.is_replay() && !first.is_replay());
    assert_eq!((&again["/id"], &again["/name"]), (&first["/id"], &json!("till 1")));
    assert_eq!(again["/secret"], Value::Null);
    assert_eq!(shop.get(&shop.operator, "/v1/keys?limit=100").column("id").len(), keys);
    shop.get(first.text_at("/secret"), "/v1/campaigns").is(200);
    let other = json!({"role": "operator"});
    once(&shop, &shop.operator, "/v1/keys", "k", &other).refused(422, "idempotency_key_reused");
}

/// What earlier versions hashed was the request as they read it, with the names in its path. Databases hold that.
#[test]
fn i4_what_an_earlier_version_noted_is_known_again() {
    #[derive(Serialize)]
    struct AsRead {
        campaign: CampaignId,
        channel: Option<Channel>,
        source: Option<String>,
        code: Option<String>,
    }
    #[derive(Serialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum CodesAsRead {
        Unique { count: u32, prefix: Option<String>, source: Option<String> },
    }
    let shop = Shop::new();
    let campaign: CampaignId = shop.live(&off(500)).parse().expect("an id");
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let (ana, order) = (AccountId::new("ana").expect("a name"), OrderId::new("A").expect("an id"));
    // `scrip_<id>_<secret>`
    let caller = format!("key_{}", shop.operator.split('_').nth(1).expect("an id"));
    let noted = |holder, template: &str, command_hash| KeyUse {
        holder,
        key_hash: hash(&(&caller, "POST", template, "k")),
        command_hash,
    };
    let claim = Claim {
        account: ana.clone(),
        of: ClaimOf::Campaign { campaign, channel: Channel::Web, source: None, by: ClaimBy::Shop },
    };
    let as_read = AsRead { campaign, channel: None, source: None, code: None };
    let template = "/v1/accounts/{account}/coupons";
    let key = noted(Holder::Account(ana.clone()), template, hash(&(&ana, as_read)));
    shop.engine.submit_blocking(claim, Some(key)).expect("there is a coupon");
    let codes = RequestCodes { campaign, as_seller: None, count: 3, prefix: Some("SPRING".to_owned()), source: None };
    let as_read = CodesAsRead::Unique { count: 3, prefix: Some("spring".to_owned()), source: None };
    let template = "/v1/campaigns/{campaign}/codes";
    let key = noted(Holder::Campaign(campaign), template, hash(&(campaign, as_read)));
    shop.engine.submit_blocking(codes, Some(key)).expect("a job makes them");
    let template = "/v1/accounts/{account}/orders/{order}/pay";
    let key = noted(Holder::Account(ana.clone()), template, hash(&(&ana, &order)));
    shop.engine.submit_blocking(PayOrder { account: ana, order }, Some(key)).expect("it can be paid");

    let again = |path: &str, body: &Value| once(&shop, &shop.operator, path, "k", body);
    assert!(again("/v1/accounts/ana/coupons", &json!({"campaign": campaign})).is(201).is_replay());
    let codes = json!({"kind": "unique", "count": 3, "prefix": "spring"});
    assert!(again(&format!("/v1/campaigns/{campaign}/codes"), &codes).is(202).is_replay());
    assert!(again("/v1/accounts/ana/orders/A/pay", &json!({})).is(200).is_replay());
    let others = json!({"campaign": campaign, "source": "elsewhere"});
    again("/v1/accounts/ana/coupons", &others).refused(422, "idempotency_key_reused");
}
