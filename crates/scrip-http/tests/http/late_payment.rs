//! Payments that come after an order's hold ran out.

use serde_json::json;

use crate::shop::{Shop, cart, off, seller_off, with};

#[test]
fn what_is_still_free_is_taken_again_at_the_stored_figures() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 500}})));
    let coupon = shop.collect("ana", &campaign);
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)])});
    let placed = shop.order("ana", &body).is(201);
    assert_eq!(placed["/late"], false);
    shop.minutes_pass(60 * 24 * 29);
    let read = || shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200);
    let lapsed = read();
    assert_eq!((&lapsed["/status"], &lapsed["/total"]), (&json!("cancelled"), &json!(3_500)));
    assert_eq!((&lapsed["/transactions/0/status"], &lapsed["/late"]), (&json!("cancelled"), &json!(false)));
    // The coupon has expired in the meantime: that changes nothing for this order.
    assert_eq!(shop.coupon_status("ana", &coupon), "expired");
    let paid = shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!((&paid["/status"], &paid["/late"], &paid["/total"]), (&json!("paid"), &json!(true), &json!(3_500)));
    for member in ["subtotal", "discount", "applied", "sellers", "lines", "transactions", "hold_expires_at"] {
        assert_eq!(paid.body[member], placed.body[member], "{member}");
    }
    assert_eq!(read().body, paid.body);
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
    let counters = shop.counters(&campaign);
    assert_eq!((&counters["budget_held"], &counters["budget_spent"]), (&json!(0), &json!(500)));
    assert_eq!(shop.step("ana", "A", "pay", &json!({})).is(200).body, paid.body);
    assert_eq!(shop.step("ana", "A", "close", &json!({})).is(200)["/late"], true);
    let refund = shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!((&refund["/amount"], &refund["/coupons/0/outcome"]), (&json!(3_500), &json!("expired")));
}

#[test]
fn what_is_gone_is_named_each_and_nothing_is_taken() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 1, "budget": 500}})));
    shop.shared_code(&campaign, "SAVE5", Some(1));
    let tako = shop.coupon("ana", &seller_off("tako", 100));
    let goods = cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)]);
    shop.order("ana", &json!({"id": "A", "cart": goods, "codes": ["SAVE5"]})).is(201);
    shop.minutes_pass(30);
    // What timed out was settled, and another was faster.
    shop.step("ana", "A", "extend", &json!({"hold_minutes": 5})).refused(409, "order_state");
    shop.order("ben", &json!({"id": "B", "cart": goods, "use": "none", "codes": ["SAVE5"]})).is(201);
    let end = shop.journal_end();
    let refused = shop.step("ana", "A", "pay", &json!({})).refused(409, "hold_expired");
    let gone = |what: &str| json!({"gone": what, "coupon": "SAVE5"});
    assert_eq!(refused["/params"], gone("code_uses"));
    let errors = refused["/errors"].as_array().expect("errors");
    let named: Vec<_> = errors.iter().map(|error| json!({"gone": error["gone"], "coupon": error["coupon"]})).collect();
    assert_eq!(named, ["code_uses", "stock", "budget"].map(gone));
    assert_eq!(shop.journal_end(), end);
    assert_eq!(shop.coupon_status("ana", &tako), "valid");
    shop.step("ben", "B", "cancel", &json!({})).is(200);
    let paid = shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!((&paid["/late"], &paid["/discount"]), (&json!(true), &json!(600)));
}

#[test]
fn a_code_makes_another_coupon_which_the_order_names() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let codes = shop.unique_codes(&campaign, 1);
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "codes": codes});
    let placed = shop.order("ana", &body).is(201);
    shop.minutes_pass(30);
    let paid = shop.step("ana", "A", "pay", &json!({})).is(200);
    let (before, now) = (placed.text_at("/applied/0/coupon"), paid.text_at("/applied/0/coupon"));
    assert_ne!(before, now);
    shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{before}")).refused(404, "not_found");
    shop.get(&shop.operator, &format!("/v1/coupons/{before}")).refused(404, "not_found");
    assert_eq!(shop.coupon_status("ana", now), "inactive");
    assert_eq!(shop.get(&shop.operator, &format!("/v1/coupons/{now}")).is(200)["/order"], "A");
    assert_eq!(shop.counters(&campaign)["claimed"], 1);
}

#[test]
fn never_after_a_cancellation_and_not_for_ever() {
    let shop = Shop::new();
    let goods = cart(&[("luma", 3_000, 1)]);
    shop.order("ana", &json!({"id": "A", "cart": goods})).is(201);
    shop.order("ana", &json!({"id": "B", "cart": goods})).is(201);
    shop.step("ana", "B", "cancel", &json!({})).is(200);
    shop.minutes_pass(30);
    shop.step("ana", "B", "pay", &json!({})).refused(409, "order_state");
    shop.minutes_pass(60 * 24 * 30);
    let refused = shop.step("ana", "A", "pay", &json!({})).refused(409, "hold_expired");
    assert_eq!(refused["/params"], json!({"gone": "time"}));
}

#[test]
fn lists_and_feed_tell_of_it() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let goods = cart(&[("luma", 3_000, 1)]);
    shop.order("ana", &json!({"id": "A", "cart": goods})).is(201);
    shop.minutes_pass(30);
    let since = shop.get(&shop.operator, "/v1/events?limit=100").is(200).text_at("/next_cursor").to_owned();
    shop.step("ana", "A", "pay", &json!({})).is(200);
    let told = shop.get(&shop.operator, &format!("/v1/events?after={since}")).is(200);
    let types = ["order.cancelled", "coupon.released", "order.retaken", "coupon.held", "order.paid"];
    assert_eq!(told.column("type"), types);
    let listed = |status: &str| shop.get(&shop.operator, &format!("/v1/orders?status={status}")).is(200);
    assert_eq!((listed("paid").column("id"), listed("cancelled").column("id")), (vec!["A"], vec![]));
    assert_eq!(listed("paid")["/data/0/late"], true);
}
