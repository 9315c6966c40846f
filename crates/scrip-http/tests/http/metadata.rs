//! Metadata: what integrators attach to campaigns, orders and refunds, who sees it, and when it changes (decision 0023).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, with};

const ORDER: &str = "/v1/accounts/ana/orders/A";
const REFUND: &str = "/v1/accounts/ana/orders/A/refunds/r";

fn one() -> Value {
    cart(&[("luma", 3_000, 1)])
}

/// Both sellers have a line.
fn two() -> Value {
    cart(&[("luma", 3_000, 1), ("tako", 2_000, 1)])
}

/// `k{from}` … to before `k{to}`.
fn members(from: usize, to: usize) -> Value {
    (from..to).map(|number| (format!("k{number}"), json!("v"))).collect::<Map<_, _>>().into()
}

fn patch(shop: &Shop, key: &str, path: &str, metadata: &Value) -> Answer {
    let ask = shop.ask("PATCH", path).by(key).header("if-match", "*");
    ask.json(&json!({"metadata": metadata})).send()
}

fn shown(shop: &Shop, key: &str, path: &str) -> Value {
    shop.get(key, path).is(200)["/metadata"].clone()
}

/// Order `A` of both sellers, paid, with refund `r` of luma's line by the storefront.
fn refunded(shop: &Shop) {
    shop.paid("ana", "A", &two());
    shop.step("ana", "A", "refunds", &json!({"id": "r", "lines": [{"line": "l1", "quantity": 1}]})).is(201);
}

/// Every way to give metadata: by name, the answer to `metadata` given in it.
type Way = fn(&Shop, &Value) -> Answer;

const WAYS: &[(&str, Way)] = &[
    ("a new campaign", |shop, metadata| {
        shop.post(&shop.operator, "/v1/campaigns", &with(off(1), &json!({"metadata": metadata})))
    }),
    ("a new order", |shop, metadata| shop.order("ana", &json!({"id": "new", "cart": one(), "metadata": metadata}))),
    ("a new refund", |shop, metadata| {
        shop.step("ana", "A", "refunds", &json!({"id": "new", "all": true, "metadata": metadata}))
    }),
    ("a new key", |shop, metadata| {
        shop.post(&shop.operator, "/v1/keys", &json!({"role": "operator", "metadata": metadata}))
    }),
    ("a key", |shop, metadata| {
        let listed = shop.get(&shop.operator, "/v1/keys").is(200);
        patch(shop, &shop.operator, &format!("/v1/keys/{}", listed.column("id")[0]), metadata)
    }),
    ("a campaign", |shop, metadata| {
        let listed = shop.get(&shop.operator, "/v1/campaigns").is(200);
        patch(shop, &shop.operator, &format!("/v1/campaigns/{}", listed.column("id")[0]), metadata)
    }),
    ("an order", |shop, metadata| patch(shop, &shop.storefront, ORDER, metadata)),
    ("a refund", |shop, metadata| patch(shop, &shop.storefront, REFUND, metadata)),
];

#[test]
fn what_is_no_metadata_is_refused_with_its_place_and_its_limit_and_changes_nothing() {
    let shop = Shop::new();
    shop.draft(&off(1));
    refunded(&shop);
    let long = "k".repeat(41);
    let table: &[(Value, &str)] = &[
        (json!("text"), "/metadata"),
        (json!(["a"]), "/metadata"),
        (json!({"": "v"}), "/metadata/"),
        (json!({"Erp": "v"}), "/metadata/Erp"),
        (json!({"erp-id": "v"}), "/metadata/erp-id"),
        (json!({"erp id": "v"}), "/metadata/erp id"),
        (json!({"é": "v"}), "/metadata/é"),
        (json!({long.clone(): "v"}), &format!("/metadata/{long}")),
        (json!({"a": "é".repeat(501)}), "/metadata/a"),
        (json!({"a": 7}), "/metadata/a"),
        (json!({"a": true}), "/metadata/a"),
        (json!({"a": {"b": "c"}}), "/metadata/a"),
        (json!({"a": ["b"]}), "/metadata/a"),
    ];
    let before = shop.journal_end();
    for (way, give) in WAYS {
        for (bad, pointer) in table {
            let answer = give(&shop, bad);
            assert_eq!(answer.status, 400, "{way}: {bad}: {}", answer.text);
            answer.refused(400, "invalid_field").pointing(pointer);
        }
        let most = if way.contains("new") { 20 } else { 40 };
        let answer = give(&shop, &members(0, most + 1)).refused(400, "invalid_field").pointing("/metadata");
        assert_eq!(answer["/errors/0/limit"], most, "{way}");
        // All of them at once, beside what else is wrong.
        let answer = give(&shop, &json!({"A": "v", "b": "x".repeat(501), "c": "good", "d": 1})).is(400);
        let pointers: Vec<&str> = answer["/errors"]
            .as_array()
            .expect("errors")
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect();
        assert_eq!(pointers, ["/metadata/A", "/metadata/b", "/metadata/d"], "{way}");
        assert_eq!(answer["/errors/1/limit"], 500, "{way}");
    }
    // A new object has nothing that could be removed.
    for (way, give) in WAYS.iter().filter(|(way, _)| way.contains("new")) {
        let answer = give(&shop, &json!({"a": null}));
        assert_eq!(answer.status, 400, "{way}: {}", answer.text);
        answer.pointing("/metadata/a");
        assert_eq!(give(&shop, &json!(null)).status, 400, "{way}");
    }
    let twice = br#"{"metadata": {"a": "1", "a": "2"}}"#;
    let ask = shop.ask("PATCH", ORDER).by(&shop.storefront).bytes(twice);
    ask.send().refused(400, "invalid_field").pointing("/metadata/a");
    let ask = shop.ask("PATCH", ORDER).by(&shop.storefront).json(&json!({"metadata": {}, "cart": one()}));
    ask.send().refused(400, "unknown_field").pointing("/cart");
    assert_eq!(shop.journal_end(), before, "a refusal changed something");
}

#[test]
fn what_is_wrong_in_the_terms_and_in_the_metadata_is_told_at_once() {
    let shop = Shop::new();
    let campaign = shop.draft(&off(1));
    let pointers = |answer: &Answer| {
        let errors = answer["/errors"].as_array().expect("errors").clone();
        errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect::<Vec<_>>()
    };
    let wrong = json!({"name": "", "metadata": {"A": "v"}});
    let ask = shop.ask("PATCH", &format!("/v1/campaigns/{campaign}")).by(&shop.operator).header("if-match", "*");
    assert_eq!(pointers(&ask.json(&wrong).send().is(400)), ["/name", "/metadata/A"]);
    let made = shop.post(&shop.operator, "/v1/campaigns", &with(off(1), &wrong)).is(400);
    let mut told = pointers(&made);
    told.sort();
    assert_eq!(told, ["/metadata/A", "/name"]);
    // Terms go on refusing what they don't know.
    let unknown = with(off(1), &json!({"metadata": {}, "meta": {}}));
    shop.post(&shop.operator, "/v1/campaigns", &unknown).refused(400, "unknown_field").pointing("/meta");
    let twice = off(1).to_string().replacen('{', r#"{"metadata": {}, "metadata": {},"#, 1);
    let ask = shop.ask("POST", "/v1/campaigns").by(&shop.operator).bytes(twice.as_bytes());
    ask.send().refused(400, "invalid_field").pointing("/metadata");
}

#[test]
fn members_merge_and_null_removes_one() {
    let shop = Shop::new();
    let campaign = format!("/v1/campaigns/{}", shop.draft(&with(off(1), &json!({"metadata": {"a": "1", "b": "2"}}))));
    shop.order("ana", &json!({"id": "A", "cart": one(), "metadata": {"a": "1", "b": "2"}})).is(201);
    shop.step("ana", "A", "pay", &json!({})).is(200);
    let refund = json!({"id": "r", "all": true, "metadata": {"a": "1", "b": "2"}});
    shop.step("ana", "A", "refunds", &refund).is(201);
    for (key, path) in [(&shop.operator, campaign.as_str()), (&shop.storefront, ORDER), (&shop.storefront, REFUND)] {
        assert_eq!(shown(&shop, key, path), json!({"a": "1", "b": "2"}), "{path}");
        let value = "é☀\u{0}\"\\";
        let changed = patch(&shop, key, path, &json!({"b": null, "c": value, "gone": null})).is(200);
        assert_eq!(changed["/metadata"], json!({"a": "1", "c": value}), "{path}");
        assert_eq!(shown(&shop, key, path), json!({"a": "1", "c": value}), "{path}");
        let before = shop.journal_end();
        patch(&shop, key, path, &json!({"a": "1", "b": null})).is(200);
        patch(&shop, key, path, &json!({})).is(200);
        let nothing = shop.ask("PATCH", path).by(key).header("if-match", "*").json(&json!({})).send().is(200);
        assert_eq!(nothing["/metadata"], json!({"a": "1", "c": value}));
        assert_eq!(shop.journal_end(), before, "{path}: what is so already is no event");
        assert_eq!(patch(&shop, key, path, &json!({"a": null, "c": null})).is(200)["/metadata"], json!({}));
    }
    let listed = shop.get(&shop.storefront, "/v1/orders").is(200);
    assert_eq!((&listed["/data/0/metadata"], &listed["/data/0/refunds/0/metadata"]), (&json!({}), &json!({})));
}

#[test]
fn twenty_members_is_the_limit_after_merging() {
    let shop = Shop::new();
    let campaign = format!("/v1/campaigns/{}", shop.draft(&with(off(1), &json!({"metadata": members(0, 20)}))));
    shop.order("ana", &json!({"id": "A", "cart": one(), "metadata": members(0, 20)})).is(201);
    for (key, path) in [(&shop.operator, campaign.as_str()), (&shop.storefront, ORDER)] {
        let before = shop.journal_end();
        let refused = patch(&shop, key, path, &members(20, 21)).refused(409, "limit_reached").pointing("/metadata");
        assert_eq!(refused["/params"], json!({"limit": 20, "of": "metadata"}));
        assert_eq!(shop.journal_end(), before);
        // Twenty go, twenty come.
        let mut swapped = members(20, 40);
        (0..20).for_each(|number| swapped[format!("k{number}")] = Value::Null);
        assert_eq!(patch(&shop, key, path, &swapped).is(200)["/metadata"], members(20, 40));
    }
}

#[test]
fn each_role_sees_what_it_wrote_and_an_operator_all() {
    let shop = Shop::new();
    let campaign =
        format!("/v1/campaigns/{}", shop.live(&with(seller_off("luma", 100), &json!({"metadata": {"own": "1"}}))));
    patch(&shop, &shop.operator, &campaign, &json!({"note": "2"})).is(200);
    let all = json!({"own": "1", "note": "2"});
    assert_eq!(shown(&shop, &shop.operator, &campaign), all);
    assert_eq!(shown(&shop, &shop.luma, &campaign), json!({"own": "1"}));
    assert_eq!(shown(&shop, &shop.storefront, &campaign), json!({}));
    for (key, seen) in [(&shop.operator, &all), (&shop.luma, &json!({"own": "1"})), (&shop.storefront, &json!({}))] {
        assert_eq!(shop.get(key, "/v1/campaigns").is(200)["/data/0/metadata"], *seen);
    }

    shop.order("ana", &json!({"id": "A", "cart": two(), "metadata": {"cart_id": "3"}})).is(201);
    patch(&shop, &shop.operator, ORDER, &json!({"risk": "4"})).is(200);
    let ana = shop.shopper("ana");
    assert_eq!(shown(&shop, &shop.operator, ORDER), json!({"cart_id": "3", "risk": "4"}));
    assert_eq!(shown(&shop, &shop.storefront, ORDER), json!({"cart_id": "3"}));
    for key in [&shop.luma, &shop.tako, &ana] {
        assert_eq!(shown(&shop, key, ORDER), json!({}));
    }
    for key in [&shop.luma, &ana] {
        patch(&shop, key, ORDER, &json!({"mine": "1"})).refused(403, "forbidden");
    }

    shop.step("ana", "A", "pay", &json!({})).is(200);
    let refund = json!({"id": "r", "lines": [{"line": "l1", "quantity": 1}], "metadata": {"rma": "5"}});
    let refunds = format!("{ORDER}/refunds");
    assert_eq!(shop.post(&shop.luma, &refunds, &refund).is(201)["/metadata"], json!({"rma": "5"}));
    let preview = json!({"id": "p", "all": true, "preview": true, "metadata": {"mine": "1"}});
    assert_eq!(shop.post(&ana, &refunds, &preview).is(200)["/metadata"], json!({}));
    assert_eq!(shop.post(&shop.storefront, &refunds, &preview).is(200)["/metadata"], json!({"mine": "1"}));
    patch(&shop, &shop.storefront, REFUND, &json!({"ticket": "6"})).is(200);
    for (key, seen) in [
        (&shop.operator, json!({"rma": "5", "ticket": "6"})),
        (&shop.luma, json!({"rma": "5"})),
        (&shop.storefront, json!({"ticket": "6"})),
        (&ana, json!({})),
    ] {
        assert_eq!(shown(&shop, key, REFUND), seen);
        assert_eq!(shop.get(key, &refunds).is(200)["/data/0/metadata"], seen);
        assert_eq!(shop.get(key, ORDER).is(200)["/refunds/0/metadata"], seen);
    }
    // Nothing of tako came back with it.
    patch(&shop, &shop.tako, REFUND, &json!({"mine": "1"})).refused(404, "not_found");
    // One that gives back something of both: each seller its own.
    let both = json!({"id": "b", "all": true});
    shop.post(&shop.operator, &refunds, &both).is(201);
    let path = format!("{refunds}/b");
    patch(&shop, &shop.tako, &path, &json!({"rma": "7"})).is(200);
    assert_eq!(shown(&shop, &shop.operator, &path), json!({"rma": "7"}));
}

#[test]
fn what_a_role_cannot_see_it_neither_overwrites_nor_removes() {
    let shop = Shop::new();
    let campaign = format!("/v1/campaigns/{}", shop.draft(&seller_off("luma", 100)));
    patch(&shop, &shop.operator, &campaign, &json!({"note": "1"})).is(200);
    let before = shop.journal_end();
    let taken = patch(&shop, &shop.luma, &campaign, &json!({"note": "2", "own": "3"}));
    let taken = taken.refused(409, "metadata_key_taken").pointing("/metadata/note");
    assert!(!taken.text.contains("\"1\""), "{}", taken.text);
    patch(&shop, &shop.luma, &campaign, &json!({"note": null})).is(200);
    assert_eq!(shop.journal_end(), before);
    assert_eq!(shown(&shop, &shop.operator, &campaign), json!({"note": "1"}));
    // What an operator corrects stays the seller's.
    patch(&shop, &shop.luma, &campaign, &json!({"own": "3"})).is(200);
    patch(&shop, &shop.operator, &campaign, &json!({"own": "4"})).is(200);
    assert_eq!(shown(&shop, &shop.luma, &campaign), json!({"own": "4"}));
    // And it isn't the next issuer's.
    let issuer = json!({"issuer": {"type": "seller", "seller": "tako"}});
    shop.ask("PATCH", &campaign).by(&shop.operator).header("if-match", "*").json(&issuer).send().is(200);
    assert_eq!(shown(&shop, &shop.tako, &campaign), json!({}));
    assert_eq!(shown(&shop, &shop.operator, &campaign), json!({"note": "1", "own": "4"}));
}

#[test]
fn a_key_has_metadata_which_changes_when_it_is_nobodys_any_more_too() {
    let shop = Shop::new();
    let body = json!({"role": "seller", "seller": "luma", "metadata": {"owner": "team-7"}});
    let made = shop.post(&shop.operator, "/v1/keys", &body).is(201);
    assert_eq!(made["/metadata"], json!({"owner": "team-7"}));
    let path = format!("/v1/keys/{}", made.text_at("/id"));
    let both = json!({"owner": "team-7", "rotated": "no"});
    assert_eq!(patch(&shop, &shop.operator, &path, &json!({"rotated": "no"})).is(200)["/metadata"], both);
    assert_eq!(shown(&shop, &shop.operator, &path), both);
    let revoked = shop.post(&shop.operator, &format!("{path}/revoke"), &json!({})).is(200);
    assert_eq!(revoked["/metadata"], both);
    patch(&shop, &shop.operator, &path, &json!({"rotated": null})).is(200);
    assert_eq!(shown(&shop, &shop.operator, &path), json!({"owner": "team-7"}));
    let full = patch(&shop, &shop.operator, &path, &members(0, 20)).refused(409, "limit_reached");
    assert_eq!(full["/params"], json!({"limit": 20, "of": "metadata"}));
    for key in [&shop.luma, &shop.storefront] {
        patch(&shop, key, &path, &json!({"a": "b"})).refused(403, "forbidden");
    }
    patch(&shop, &shop.operator, "/v1/keys/key_00000000000000000000000000", &json!({"a": "b"}))
        .refused(404, "not_found");
}

#[test]
fn a_campaigns_metadata_changes_in_every_status_and_moves_its_etag() {
    let shop = Shop::new();
    let id = shop.draft(&off(100));
    let path = format!("/v1/campaigns/{id}");
    let step = |step: &str| drop(shop.post(&shop.operator, &format!("{path}/{step}"), &json!({})).is(200));
    let mut count = 0;
    let mut change = |status: &str| {
        count += 1;
        let before = shop.get(&shop.operator, &path).is(200);
        assert_eq!(before["/status"], status);
        let changed = patch(&shop, &shop.operator, &path, &json!({"count": count.to_string()})).is(200);
        assert_eq!(changed["/metadata/count"], count.to_string());
        assert_ne!(changed.header("etag"), before.header("etag"), "{status}");
        assert_eq!(changed["/terms_version"], before["/terms_version"], "{status}");
    };
    change("draft");
    step("publish");
    change("live");
    step("pause");
    change("paused");
    step("resume");
    shop.set_time("2026-12-01T00:00:00Z");
    change("closed");
    step("end");
    change("ended");
    // Only that may change: not the terms beside it.
    let both = json!({"limits": {"stock": 7}, "metadata": {"count": "0"}});
    let ask = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(&both);
    ask.send().refused(409, "campaign_state");
    assert_eq!(shown(&shop, &shop.operator, &path), json!({"count": "5"}));
    let stale = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "\"1\"");
    stale.json(&json!({"metadata": {"count": "0"}})).send().refused(412, "precondition_failed");
}

#[test]
fn an_orders_metadata_changes_whatever_became_of_it() {
    let shop = Shop::new();
    let place = |id: &str| drop(shop.order("ana", &json!({"id": id, "cart": one()})).is(201));
    let is = |id: &str, status: &str, refunded: &str| {
        let path = format!("/v1/accounts/ana/orders/{id}");
        let changed = patch(&shop, &shop.storefront, &path, &json!({"seen": status})).is(200);
        assert_eq!((&changed["/status"], &changed["/refunded"]), (&json!(status), &json!(refunded)), "{id}");
        assert_eq!(shown(&shop, &shop.storefront, &path), json!({"seen": status}));
    };
    for id in ["placed", "paid", "closed", "refunded", "cancelled", "lapsed"] {
        place(id);
    }
    for id in ["paid", "closed", "refunded"] {
        shop.step("ana", id, "pay", &json!({})).is(200);
    }
    shop.step("ana", "closed", "close", &json!({})).is(200);
    shop.step("ana", "refunded", "refunds", &json!({"id": "r", "all": true})).is(201);
    shop.step("ana", "cancelled", "cancel", &json!({})).is(200);
    is("placed", "placed", "none");
    is("paid", "paid", "none");
    is("closed", "closed", "none");
    is("refunded", "closed", "full");
    is("cancelled", "cancelled", "none");
    shop.minutes_pass(31);
    is("lapsed", "cancelled", "none");
    // A late payment and a revision keep it.
    assert_eq!(shop.step("ana", "lapsed", "pay", &json!({})).is(200)["/metadata"], json!({"seen": "cancelled"}));
    shop.order("ana", &json!({"id": "B", "cart": one(), "metadata": {"a": "1"}})).is(201);
    assert_eq!(shop.step("ana", "B", "revise", &json!({"cart": two()})).is(200)["/metadata"], json!({"a": "1"}));
    patch(&shop, &shop.storefront, "/v1/accounts/ana/orders/Z", &json!({"a": "1"})).refused(404, "not_found");
    patch(&shop, &shop.storefront, "/v1/accounts/ben/orders/B", &json!({"a": "1"})).refused(404, "not_found");
}

#[test]
fn an_order_sent_again_is_the_same_by_what_was_sent_and_is_answered_as_it_is_now() {
    let shop = Shop::new();
    let orders = "/v1/accounts/ana/orders";
    let body = json!({"id": "A", "cart": one(), "metadata": {"a": "1"}});
    let once = |key: &str, body: &Value| shop.ask("POST", orders).by(&shop.storefront).once(key).json(body).send();
    let placed = once("k", &body).is(201);
    patch(&shop, &shop.storefront, ORDER, &json!({"a": "2"})).is(200);
    // Under its key the answer of before, under its id the order of now.
    let replayed = once("k", &body).is(201);
    assert!(replayed.is_replay());
    assert_eq!((&replayed.body, &replayed["/metadata"]), (&placed.body, &json!({"a": "1"})));
    assert_eq!(shop.order("ana", &body).is(200)["/metadata"], json!({"a": "2"}));
    // Metadata is part of what was sent.
    for other in [json!({"a": "2"}), json!({})] {
        let other = with(body.clone(), &json!({"metadata": other}));
        shop.order("ana", &other).refused(409, "order_exists").pointing("/id");
        once("k", &other).refused(422, "idempotency_key_reused");
    }
    // None, and none of it, are the same.
    let bare = json!({"id": "B", "cart": one()});
    shop.order("ana", &bare).is(201);
    shop.order("ana", &with(bare, &json!({"metadata": {}}))).is(200);

    let pay = || shop.ask("POST", &format!("{ORDER}/pay")).by(&shop.storefront).once("p").json(&json!({})).send();
    assert_eq!(pay().is(200)["/metadata"], json!({"a": "2"}));
    let refund = json!({"id": "r", "all": true, "metadata": {"b": "1"}});
    let refunds = format!("{ORDER}/refunds");
    let once = |body: &Value| shop.ask("POST", &refunds).by(&shop.storefront).once("r").json(body).send();
    let made = once(&refund).is(201);
    patch(&shop, &shop.storefront, REFUND, &json!({"b": "2"})).is(200);
    patch(&shop, &shop.storefront, ORDER, &json!({"a": null})).is(200);
    assert_eq!(pay().is(200)["/metadata"], json!({"a": "2"}), "as it was when it was paid");
    assert_eq!(once(&refund).is(201).body, made.body);
    assert_eq!(shop.step("ana", "A", "refunds", &refund).is(200)["/metadata"], json!({"b": "2"}));
    let other = with(refund, &json!({"metadata": {"b": "2"}}));
    shop.step("ana", "A", "refunds", &other).refused(409, "refund_exists");

    let terms = with(off(1), &json!({"metadata": {"c": "1"}}));
    let once = |terms: &Value| shop.ask("POST", "/v1/campaigns").by(&shop.operator).once("c").json(terms).send();
    let made = once(&terms).is(201);
    let path = format!("/v1/campaigns/{}", made.text_at("/id"));
    patch(&shop, &shop.operator, &path, &json!({"c": "2"})).is(200);
    assert_eq!(once(&terms).is(201).body, made.body);
    once(&with(terms, &json!({"metadata": {"c": "2"}}))).refused(422, "idempotency_key_reused");
}

#[test]
fn events_have_it_as_their_reader_may_see_it() {
    let shop = Shop::new();
    let id = shop.live(&with(seller_off("luma", 100), &json!({"metadata": {"own": "1"}})));
    let campaign = format!("/v1/campaigns/{id}");
    patch(&shop, &shop.operator, &campaign, &json!({"note": "2"})).is(200);
    shop.paid("ana", "X", &one());
    shop.order("ana", &json!({"id": "A", "cart": one(), "metadata": {"a": "1"}})).is(201);
    patch(&shop, &shop.operator, ORDER, &json!({"risk": "2"})).is(200);
    shop.step("ana", "A", "pay", &json!({})).is(200);
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true, "metadata": {"b": "1"}})).is(201);
    patch(&shop, &shop.storefront, REFUND, &json!({"b": null})).is(200);
    let seen = |key: &str| {
        let page = shop.get(key, "/v1/events?limit=100").is(200);
        let all = page["/data"].as_array().expect("events").clone();
        let with_it = all.iter().filter(|event| event.get("metadata").is_some());
        // By type: with many buckets those of the campaign may come after those of the order.
        with_it.map(|event| (event["type"].to_string(), event["metadata"].clone())).collect::<BTreeMap<_, _>>()
    };
    let expected = |created: Value, changed: Value, order: Value, refund: [Value; 2]| {
        let [placed, noted] = [json!({"a": "1"}), order];
        let [made, emptied] = refund;
        let events = [
            ("campaign.created", created),
            ("campaign.changed", changed),
            ("order.placed", placed),
            ("order.metadata_changed", noted),
            ("order.refunded", made),
            ("refund.metadata_changed", emptied),
        ];
        BTreeMap::from(events.map(|(kind, metadata)| (json!(kind).to_string(), metadata)))
    };
    let refund = || [json!({"b": "1"}), json!({})];
    let own = json!({"own": "1"});
    let all = expected(own.clone(), json!({"own": "1", "note": "2"}), json!({"a": "1", "risk": "2"}), refund());
    assert_eq!(seen(&shop.operator), all);
    assert_eq!(seen(&shop.storefront), expected(json!({}), json!({}), json!({"a": "1"}), refund()));
    // Of orders a seller reads no events.
    let of_campaign = ["campaign.created", "campaign.changed"].map(|kind| (json!(kind).to_string(), own.clone()));
    assert_eq!(seen(&shop.luma), BTreeMap::from(of_campaign));
    let types = shop.get(&shop.operator, "/v1/events?types=refund.*").is(200);
    assert_eq!((types.column("type"), &types["/data/0/refund"]), (vec!["refund.metadata_changed"], &json!("r")));
}

#[test]
fn a_refund_on_a_page_of_its_own_has_metadata_like_any_other() {
    let shop = Shop::new();
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 100)]));
    let units = |id: &str| json!({"id": id, "lines": [{"line": "l1", "quantity": 1}], "metadata": {"n": id}});
    for number in 0..40 {
        shop.step("ana", "A", "refunds", &units(&format!("r{number}"))).is(201);
    }
    let close = || shop.ask("POST", &format!("{ORDER}/close")).by(&shop.storefront).once("c").json(&json!({})).send();
    let closed = close().is(200);
    for id in ["r0", "r3", "r4", "r39"] {
        let path = format!("{ORDER}/refunds/{id}");
        assert_eq!(shown(&shop, &shop.storefront, &path), json!({"n": id}));
        let changed = patch(&shop, &shop.storefront, &path, &json!({"n": null, "late": id})).is(200);
        assert_eq!(changed["/metadata"], json!({"late": id}));
        assert_eq!(shown(&shop, &shop.storefront, &path), json!({"late": id}));
        patch(&shop, &shop.luma, &path, &json!({"mine": "1"})).is(200);
        assert_eq!(shown(&shop, &shop.luma, &path), json!({"mine": "1"}));
    }
    let order = shop.get(&shop.storefront, ORDER).is(200);
    assert_eq!(
        (&order["/refunds/39/metadata"], &order["/refunds/38/metadata"]),
        (&json!({"late": "r39"}), &json!({"n": "r38"}))
    );
    assert_eq!(close().is(200).body, closed.body, "as it was when it was closed");
    patch(&shop, &shop.storefront, &format!("{ORDER}/refunds/r40"), &json!({"a": "1"})).refused(404, "not_found");
}

#[test]
fn an_orders_metadata_changes_a_thousand_times() {
    let shop = Shop::new();
    refunded(&shop);
    for number in 0..1_000 {
        let path = if number % 2 == 0 { ORDER } else { REFUND };
        patch(&shop, &shop.storefront, path, &json!({"number": number.to_string()})).is(200);
    }
    let before = shop.journal_end();
    for path in [ORDER, REFUND] {
        let refused = patch(&shop, &shop.storefront, path, &json!({"number": "more"})).refused(409, "limit_reached");
        assert_eq!(refused.pointing("/metadata")["/params"], json!({"limit": 1_000, "of": "metadata_changes"}));
    }
    // What changes nothing is no change.
    patch(&shop, &shop.storefront, ORDER, &json!({"number": "998"})).is(200);
    assert_eq!(shop.journal_end(), before);
}
