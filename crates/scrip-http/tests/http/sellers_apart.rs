//! I7: what a seller could learn of others by trying.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, shipped, with};

fn without_id(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}

/// A paid order `A` of ana with a line of luma and one of tako.
fn shared(shop: &Shop) {
    shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]));
}

fn refund(shop: &Shop, key: &str, body: &Value) -> Answer {
    shop.post(key, "/v1/accounts/ana/orders/A/refunds", body)
}

#[test]
fn i7_a_foreign_line_answers_like_one_that_does_not_exist() {
    let shop = Shop::new();
    shared(&shop);
    for parts in ["lines", "amounts"] {
        let ask = |line: &str| {
            let mut part = json!({"line": line});
            part[if parts == "lines" { "quantity" } else { "amount" }] = json!(9);
            let answer = refund(&shop, &shop.luma, &json!({"id": "r", parts: [part]})).refused(422, "not_in_order");
            without_id(&answer).to_string().replace(line, "…")
        };
        assert_eq!(ask("l2"), ask("l9"));
    }
    let ask = |seller: &str| {
        let answer = refund(&shop, &shop.luma, &json!({"id": "r", "seller": seller})).refused(422, "not_in_order");
        without_id(&answer).to_string().replace(seller, "…")
    };
    assert_eq!(ask("tako"), ask("nobody"));
}

#[test]
fn i7_a_foreign_order_answers_like_one_that_does_not_exist() {
    let shop = Shop::new();
    shop.paid("ana", "B", &cart(&[("tako", 3_000, 1)]));
    shop.step("ana", "B", "refunds", &json!({"id": "r", "lines": [{"line": "l1", "quantity": 1}]})).is(201);
    let ask = |order: &str| {
        let path = |rest: &str| format!("/v1/accounts/ana/orders/{order}{rest}");
        let body = json!({"id": "r", "all": true});
        [
            shop.get(&shop.luma, &path("")),
            shop.get(&shop.luma, &path("/refunds")),
            shop.get(&shop.luma, &path("/refunds/r")),
            shop.post(&shop.luma, &path("/close"), &json!({})),
            shop.post(&shop.luma, &path("/refunds"), &body),
            shop.post(&shop.luma, &path("/refunds"), &json!({"id": "r", "all": true, "preview": true})),
        ]
        .map(|answer| without_id(&answer.refused(404, "not_found")))
    };
    assert_eq!(ask("B"), ask("Z"));
}

#[test]
fn i7_anothers_refund_sent_again_by_a_seller_is_not_answered() {
    let shop = Shop::new();
    shared(&shop);
    let body = json!({"id": "r-tako", "lines": [{"line": "l2", "quantity": 1}]});
    refund(&shop, &shop.tako, &body).is(201);
    let before = shop.journal_end();
    let preview = json!({"id": "r-tako", "lines": body["lines"], "preview": true});
    for body in [body, preview] {
        let answer = refund(&shop, &shop.luma, &body).refused(409, "refund_exists");
        assert!(!answer.text.contains("tako"), "{}", answer.text);
    }
    assert_eq!(shop.journal_end(), before);
}

#[test]
fn i7_two_sellers_who_choose_one_refund_id_for_all_do_not_take_each_others_answer() {
    let shop = Shop::new();
    shared(&shop);
    let body = json!({"id": "r-1", "all": true});
    let made = refund(&shop, &shop.tako, &body).is(201);
    refund(&shop, &shop.luma, &body).refused(409, "refund_exists").pointing("/id");
    assert_eq!(refund(&shop, &shop.tako, &body).is(200).body, made.body);
    assert_eq!(refund(&shop, &shop.luma, &with(body, &json!({"id": "r-2"}))).is(201)["/amount"], 2_750);
}

#[test]
fn i7_a_seller_neither_places_pays_cancels_nor_extends() {
    let shop = Shop::new();
    shared(&shop);
    let before = shop.journal_end();
    for step in ["pay", "cancel", "extend", "revise"] {
        let path = format!("/v1/accounts/ana/orders/A/{step}");
        shop.post(&shop.luma, &path, &json!({"hold_minutes": 5})).refused(403, "forbidden");
    }
    let body = json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)])});
    shop.post(&shop.luma, "/v1/accounts/ana/orders", &body).refused(403, "forbidden");
    assert_eq!(shop.journal_end(), before);
}

#[test]
fn i7_a_seller_refunds_all_of_its_own_and_the_others_share_stands() {
    let shop = Shop::new();
    shared(&shop);
    let made = refund(&shop, &shop.luma, &json!({"id": "r", "all": true})).is(201);
    assert_eq!((&made["/amount"], &made["/order_refunded"]), (&json!(2_750), &json!("partial")));
    let whole = shop.get(&shop.operator, "/v1/accounts/ana/orders/A");
    assert_eq!(
        whole["/transactions"],
        json!([{"seller": "luma", "status": "refunded"}, {"seller": "tako", "status": "open"}])
    );
    assert_eq!(refund(&shop, &shop.tako, &json!({"id": "r-2", "all": true})).is(201)["/amount"], 2_750);
}

#[test]
fn i7_pages_of_one_leak_nothing_of_what_they_skip() {
    let shop = Shop::new();
    for number in 0..4 {
        let seller = if number % 2 == 0 { "luma" } else { "tako" };
        shop.coupon("ana", &seller_off(seller, 100 + number));
        shop.paid("ana", &format!("{seller}-{number}"), &cart(&[(seller, 3_000, 1)]));
    }
    for (list, next, expected) in [
        ("/v1/orders", "cursor", 2),
        ("/v1/accounts/ana/orders", "cursor", 2),
        ("/v1/campaigns", "cursor", 2),
        ("/v1/events", "after", 1),
    ] {
        let mut path = format!("{list}?limit=1");
        let mut found = 0;
        for page in 0.. {
            assert!(page < 100, "{list} has no end");
            let answer = shop.get(&shop.luma, &path).is(200);
            assert!(!answer.text.contains("tako"), "{list}: {}", answer.text);
            found += answer.column("id").len();
            let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
            path = format!("{list}?limit=1&{next}={cursor}");
            if list == "/v1/events" && answer.column("id").is_empty() {
                break;
            }
        }
        assert!(found >= expected, "{list}: {found}");
    }
}

#[test]
fn guessing_a_unique_code_of_another_on_an_order_answers_like_an_unknown_one() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let code = shop.unique_codes(&campaign, 1).remove(0);
    let order =
        |id: &str, code: &str| json!({"id": id, "cart": cart(&[("luma", 3_000, 1)]), "use": "none", "codes": [code]});
    shop.order("ben", &order("A", &code)).is(201);
    let ask = |code: &str| without_id(&shop.order("ana", &order("A", code)).refused(422, "code_not_usable"));
    assert_eq!(ask(&code), ask("NOBODYS"));
}

#[test]
fn guessing_six_times_tells_when_to_try_again() {
    let shop = Shop::new();
    let ask = |code: &str| shop.post(&shop.shopper("ana"), "/v1/accounts/ana/coupons", &json!({"code": code}));
    for number in 0..5 {
        ask(&format!("WRONG{number}")).refused(422, "code_not_usable");
    }
    let refused = ask("WRONG5").refused(429, "too_many_attempts");
    assert!(refused.header("retry-after").expect("a Retry-After").parse::<u32>().is_ok_and(|seconds| seconds > 0));
}

#[test]
fn a_sellers_refund_shows_its_part_of_every_funder_with_the_sign() {
    let shop = Shop::new();
    shop.coupon("ana", &off(600));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 2), ("tako", 3_000, 1)]));
    let of = |key: &str, path: &str| shop.get(key, &format!("/v1/accounts/ana/orders/A{path}")).is(200);
    assert_eq!(of(&shop.luma, "").body["applied"][0]["funding"], json!([{"funder": "platform", "amount": 400}]));
    let body = json!({"id": "r", "lines": [{"line": "l1", "quantity": 1}, {"line": "l2", "quantity": 1}]});
    let whole = refund(&shop, &shop.operator, &body).is(201);
    assert_eq!(whole.body["funding"], json!([{"funder": "platform", "amount": -400}]));
    let own = json!([{"funder": "platform", "amount": -200}]);
    for key in [&shop.luma, &shop.tako] {
        assert_eq!(of(key, "/refunds/r").body["funding"], own);
        assert_eq!(of(key, "/refunds").body["data"][0]["funding"], own);
        assert_eq!(of(key, "").body["refunds"][0]["funding"], own);
    }
    // The next units of the same line are another refund's.
    let answer = refund(&shop, &shop.luma, &json!({"id": "s", "seller": "luma"})).is(201);
    assert_eq!(answer.body["funding"], own);
    assert_eq!(of(&shop.tako, "/refunds").body["data"].as_array().map(Vec::len), Some(1));
}

/// Σ sellers = the order's own, for the operator, each seller and in the list.
#[test]
fn a_seller_cancelled_before_payment_keeps_its_place_with_amounts_0_for_everybody() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let mut sent = cart(&[("luma", 3_000, 1), ("tako", 2_000, 1)]);
    sent["shipping"] = json!([{"seller": "luma", "amount": 100}, {"seller": "tako", "amount": 200}]);
    shop.order("ana", &json!({"id": "A", "cart": sent})).is(201);
    shop.step("ana", "A", "cancel", &json!({"seller": "tako"})).is(200);
    let figures = |of: &Value| ["subtotal", "shipping", "discount", "total"].map(|name| of[name].as_i64().unwrap());
    for paid in [false, true] {
        if paid {
            shop.step("ana", "A", "pay", &json!({})).is(200);
        }
        let shown = shop.get(&shop.operator, "/v1/accounts/ana/orders/A").is(200).body;
        assert_eq!(figures(&shown), [3_000, 100, 500, 2_600]);
        assert_eq!([figures(&shown["sellers"][0]), figures(&shown["sellers"][1])], [[3_000, 100, 500, 2_600], [0; 4]]);
        assert_eq!(shown["lines"][1], json!({"id": "l2", "subtotal": 0, "discount": 0, "total": 0}));
        assert_eq!(shown["cart"]["lines"].as_array().map(Vec::len), Some(2), "the cart stays as it was sent");
        for path in ["/v1/accounts/ana/orders/A", "/v1/orders?seller=tako"] {
            let answer = shop.get(&shop.tako, path).is(200).body;
            let own = if answer["data"].is_array() { &answer["data"][0] } else { &answer };
            assert_eq!((figures(own), figures(&own["sellers"][0])), ([0; 4], [0; 4]), "{path}");
            assert_eq!(own["transactions"][0]["status"], "cancelled");
        }
    }
}

/// Each seller's view of an order with lines of two in turns, next to the whole.
#[test]
fn i7_a_seller_sees_its_lines_with_their_shares_and_no_coupon_that_takes_nothing_off_them() {
    let shop = Shop::new();
    let everybodys = shop.coupon("ana", &off(900));
    let lumas = shop.coupon("ana", &seller_off("luma", 100));
    let lines = [("luma", 1_000, 1), ("tako", 2_000, 2), ("luma", 3_000, 1), ("tako", 4_000, 1)];
    let sent = shipped(cart(&lines), &[("luma", 100), ("tako", 200)]);
    shop.order("ana", &json!({"id": "A", "cart": sent, "use": {"coupons": [everybodys, lumas]}})).is(201);
    let of = |key: &str| shop.get(key, "/v1/accounts/ana/orders/A").is(200).body;
    let whole = of(&shop.operator);
    let only = |list: &Value, name: &str, wanted: &[&str]| -> Value {
        let is_wanted = |entry: &&Value| entry[name].as_str().is_some_and(|id| wanted.contains(&id));
        list.as_array().expect("a list").iter().filter(is_wanted).cloned().collect()
    };
    for (key, seller, own) in [(&shop.luma, "luma", ["l1", "l3"]), (&shop.tako, "tako", ["l2", "l4"])] {
        let seen = of(key);
        assert_eq!(seen["lines"], only(&whole["lines"], "id", &own));
        assert_eq!(seen["cart"]["lines"], only(&whole["cart"]["lines"], "id", &own));
        for list in ["/cart/shipping", "/sellers", "/transactions"] {
            assert_eq!(seen.pointer(list), Some(&only(whole.pointer(list).expect(list), "seller", &[seller])));
        }
        for figure in ["subtotal", "shipping", "discount", "total"] {
            assert_eq!(seen[figure], seen["sellers"][0][figure]);
        }
        let mut discount = 0;
        for applied in seen["applied"].as_array().expect("a list") {
            let coupon = applied["coupon"].as_str().expect("an id");
            let of_whole = only(&whole["applied"], "coupon", &[coupon]);
            assert_eq!(applied["shares"], only(&of_whole[0]["shares"], "line", &own));
            let shares = applied["shares"].as_array().expect("a list").iter();
            let sum: i64 = shares.map(|share| share["amount"].as_i64().expect("an amount")).sum();
            assert_eq!(applied["discount"], sum);
            discount += sum;
        }
        assert_eq!(seen["discount"], discount);
    }
    assert_eq!(of(&shop.luma)["applied"].as_array().map(Vec::len), Some(2));
    assert_eq!(only(&of(&shop.tako)["applied"], "coupon", &[&lumas]), json!([]));
}
