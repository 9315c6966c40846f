//! Money back, to the unit, and what becomes of coupons.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, seller_off, shipped, terms, with};

/// A paid order `A` of ana: two lamps of luma at 30.00 with 5.00 off, shipping 5.00.
fn lamps(shop: &Shop) -> String {
    let coupon = shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 2)]), &[("luma", 500)]));
    coupon
}

fn refund(shop: &Shop, body: &Value) -> crate::shop::Answer {
    shop.step("ana", "A", "refunds", body)
}

#[test]
fn the_contracts_example_comes_out_to_the_unit_and_its_preview_changes_nothing() {
    let shop = Shop::new();
    let coupon = lamps(&shop);
    let body = |preview: bool| json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}], "preview": preview});
    let before = shop.journal_end();
    let preview = refund(&shop, &body(true)).is(200);
    assert_eq!(shop.journal_end(), before);
    let by_shopper = shop.post(&shop.shopper("ana"), "/v1/accounts/ana/orders/A/refunds", &body(true)).is(200);
    assert_eq!(by_shopper.body, preview.body);
    let made = refund(&shop, &body(false)).is(201);
    assert_eq!(made.body, preview.body);
    for (member, value) in [
        ("id", json!("r-1")),
        ("amount", json!(2_750)),
        ("goods", json!(2_750)),
        ("shipping", json!(0)),
        ("lines", json!([{"line": "l1", "quantity": 1, "amount": 2_750}])),
        ("coupons", json!([{"coupon": coupon, "outcome": "kept", "status": "inactive"}])),
        ("funding", json!([{"funder": "platform", "amount": -250}])),
        ("order_refunded", json!("partial")),
    ] {
        assert_eq!(made.body[member], value, "{member}");
    }
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A/refunds/r-1").is(200).body, made.body);
    let listed = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A/refunds").is(200);
    assert_eq!(listed["/data/0"], made.body);
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A")["/refunded"], "partial");
    shop.get(&shop.storefront, "/v1/accounts/ana/orders/A/refunds/r-2").refused(404, "not_found");
}

#[test]
fn a_shopper_may_preview_and_nothing_more() {
    let shop = Shop::new();
    lamps(&shop);
    let path = "/v1/accounts/ana/orders/A/refunds";
    shop.post(&shop.shopper("ana"), path, &json!({"id": "r-1", "all": true})).refused(403, "forbidden");
    let preview = json!({"id": "r-1", "all": true, "preview": true});
    assert_eq!(shop.post(&shop.shopper("ana"), path, &preview).is(200)["/amount"], 6_000);
    shop.post(&shop.shopper("ben"), path, &preview).refused(404, "not_found");
}

#[test]
fn everything_refunded_in_any_grouping_gives_back_what_was_paid() {
    let shop = Shop::new();
    shop.coupon("ana", &off(1_000));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 1_000, 3), ("tako", 777, 2)]), &[("luma", 333), ("tako", 222)]));
    let total = 3_000 + 1_554 + 555 - 1_000;
    let steps = [
        json!({"lines": [{"line": "l1", "quantity": 1}], "shipping": [{"seller": "luma", "amount": 33}]}),
        json!({"amounts": [{"line": "l2", "amount": 100, "reason": "scratched"}]}),
        json!({"seller": "tako"}),
        json!({"lines": [{"line": "l1", "quantity": 1}]}),
        json!({"all": true}),
    ];
    let mut back = 0;
    for (number, step) in steps.into_iter().enumerate() {
        let body = with(step, &json!({"id": format!("r-{number}")}));
        let made = refund(&shop, &body).is(201);
        back += made["/amount"].as_i64().expect("an amount");
        assert_eq!(
            made["/amount"].as_i64(),
            Some(made["/goods"].as_i64().unwrap() + made["/shipping"].as_i64().unwrap())
        );
        let full = if number == 4 { "full" } else { "partial" };
        assert_eq!(made["/order_refunded"], full, "after refund {number}");
    }
    assert_eq!(back, total);
    refund(&shop, &json!({"id": "r-9", "all": true})).refused(422, "units_already_refunded");
}

#[test]
fn an_amount_refund_gives_cash_without_a_unit_and_never_makes_a_refund_full() {
    let shop = Shop::new();
    lamps(&shop);
    let amounts =
        |amount: i64| json!({"id": "r-1", "amounts": [{"line": "l1", "amount": amount, "reason": "dispute"}]});
    let refused = refund(&shop, &amounts(5_501)).refused(422, "amount_exceeds_paid").pointing("/amounts/0/amount");
    assert_eq!(refused["/params"], json!({"left": 5_500}));
    let made = refund(&shop, &amounts(5_500)).is(201);
    assert_eq!((&made["/amount"], &made["/order_refunded"]), (&json!(5_500), &json!("partial")));
    assert_eq!(made["/funding"], json!([]));
    assert_eq!(made["/amounts"], json!([{"line": "l1", "amount": 5_500, "reason": "dispute"}]));
    let rest = refund(&shop, &json!({"id": "r-2", "all": true})).is(201);
    assert_eq!((&rest["/amount"], &rest["/goods"], &rest["/order_refunded"]), (&json!(500), &json!(0), &json!("full")));
}

#[test]
fn what_is_not_there_cannot_be_refunded() {
    let shop = Shop::new();
    lamps(&shop);
    let lines = |line: &str, quantity: u32| json!({"id": "r-1", "lines": [{"line": line, "quantity": quantity}]});
    let refused = refund(&shop, &lines("l1", 3)).refused(422, "units_already_refunded").pointing("/lines/0/quantity");
    assert_eq!(refused["/params"], json!({"line": "l1", "left": 2}));
    let refused = refund(&shop, &lines("l9", 1)).refused(422, "not_in_order").pointing("/lines/0/line");
    assert_eq!(refused["/params"], json!({"line": "l9"}));
    let refused =
        refund(&shop, &json!({"id": "r-1", "seller": "tako"})).refused(422, "not_in_order").pointing("/seller");
    assert_eq!(refused["/params"], json!({"seller": "tako"}));
    let shipping = json!({"id": "r-1", "shipping": [{"seller": "luma", "amount": 501}]});
    refund(&shop, &shipping).refused(422, "amount_exceeds_paid").pointing("/shipping/0/amount");
    shop.step("ana", "B", "refunds", &lines("l1", 1)).refused(404, "not_found");
    shop.order("ana", &json!({"id": "C", "cart": cart(&[("luma", 1_000, 1)])})).is(201);
    shop.step("ana", "C", "refunds", &json!({"id": "r-1", "all": true})).refused(409, "order_not_paid");
}

#[test]
fn two_sellers_parts_refunded_in_full_return_the_platform_coupon_once() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let coupon = shop.collect("ana", &campaign);
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]));
    let first = refund(&shop, &json!({"id": "r-1", "seller": "luma"})).is(201);
    assert_eq!(first["/coupons/0/outcome"], "kept");
    let second = refund(&shop, &json!({"id": "r-2", "seller": "tako"})).is(201);
    assert_eq!(second["/coupons"], json!([{"coupon": coupon, "outcome": "returned", "status": "valid"}]));
    assert_eq!(shop.counters(&campaign)["returned"], 1);
    let order = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A");
    assert_eq!((&order["/status"], &order["/refunded"]), (&json!("closed"), &json!("full")));
}

#[test]
fn free_shipping_comes_back_with_its_shipping_and_is_reversed_in_proportion() {
    let shop = Shop::new();
    let benefit = json!({"type": "free_shipping", "cap": 300});
    let coupon = shop.coupon("ana", &terms(&json!({"type": "platform"}), &benefit));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 1)]), &[("luma", 500)]));
    let units = refund(&shop, &json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]})).is(201);
    assert_eq!((&units["/order_refunded"], &units["/coupons/0/outcome"]), (&json!("full"), &json!("kept")));
    let half = refund(&shop, &json!({"id": "r-2", "shipping": [{"seller": "luma", "amount": 100}]})).is(201);
    assert_eq!(half["/funding"], json!([{"funder": "platform", "amount": -150}]));
    let rest = refund(&shop, &json!({"id": "r-3", "shipping": [{"seller": "luma", "amount": 100}]})).is(201);
    assert_eq!(rest["/funding"], json!([{"funder": "platform", "amount": -150}]));
    assert_eq!(rest["/coupons"], json!([{"coupon": coupon, "outcome": "returned", "status": "valid"}]));
}

#[test]
fn shipping_paid_to_zero_is_refunded_by_amount_zero() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &terms(&json!({"type": "platform"}), &json!({"type": "free_shipping"})));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 1)]), &[("luma", 500)]));
    refund(&shop, &json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]})).is(201);
    let made = refund(&shop, &json!({"id": "r-2", "shipping": [{"seller": "luma", "amount": 0}]})).is(201);
    assert_eq!((&made["/amount"], &made["/coupons/0/outcome"]), (&json!(0), &json!("returned")));
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
}

#[test]
fn refunds_reverse_who_funded() {
    let shop = Shop::new();
    shop.coupon("ana", &seller_off("luma", 100));
    shop.coupon("ana", &off(200));
    let paid = shop.paid("ana", "A", &cart(&[("luma", 3_000, 2)]));
    assert_eq!(paid["/total"], 5_700);
    let made = refund(&shop, &json!({"id": "r-1", "all": true})).is(201);
    let funding = made["/funding"].as_array().expect("funding");
    assert!(funding.contains(&json!({"funder": "platform", "amount": -200})), "{}", made.text);
    assert!(funding.contains(&json!({"funder": "seller:luma", "amount": -100})), "{}", made.text);
}
