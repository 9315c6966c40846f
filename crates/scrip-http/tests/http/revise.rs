//! Revising a placed order.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, shipped, with};

/// The order as it is read.
fn read(shop: &Shop) -> Value {
    shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200).body
}

fn revise(shop: &Shop, body: &Value) -> Answer {
    shop.step("ana", "A", "revise", body)
}

#[test]
fn a_revised_order_has_the_figures_of_a_quote_of_the_new_cart() {
    let shop = Shop::new();
    let (platform, tako) = (shop.coupon("ana", &off(500)), shop.coupon("ana", &seller_off("tako", 300)));
    let placed = shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    assert_eq!(placed["/discount"], 500);
    shop.minutes_pass(5);
    let asked = shipped(cart(&[("tako", 2_000, 2), ("luma", 700, 1)]), &[("tako", 90)]);
    let revised = revise(&shop, &json!({"cart": asked, "use": "best", "codes": [], "expect_discount": 800})).is(200);
    assert_eq!((&revised["/discount"], &revised["/total"]), (&json!(800), &json!(4_790 - 800)));
    assert_eq!((&revised["/id"], &revised["/status"]), (&json!("A"), &json!("placed")));
    assert_eq!(
        (&revised["/placed_at"], &revised["/hold_expires_at"]),
        (&placed["/placed_at"], &placed["/hold_expires_at"])
    );
    let fresh = shop.quote("ana", &json!({"cart": asked, "use": "none"}));
    assert_eq!((&revised["/subtotal"], &revised["/shipping"]), (&fresh["/subtotal"], &fresh["/shipping"]));
    let open = |seller: &str| json!({"seller": seller, "status": "open"});
    assert_eq!(revised["/transactions"], json!([open("tako"), open("luma")]));
    assert_eq!(read(&shop), revised.body);
    assert_eq!(shop.coupon_status("ana", &platform), "inactive");
    assert_eq!(shop.coupon_status("ana", &tako), "inactive");
    // What was bought before is in no list any more.
    assert_eq!(shop.get(&shop.operator, "/v1/orders?seller=tako").is(200).column("id"), ["A"]);
    revise(&shop, &json!({"cart": cart(&[("luma", 700, 1)]), "use": "none"})).is(200);
    assert_eq!(shop.get(&shop.operator, "/v1/orders?seller=tako").is(200).column("id"), Vec::<&str>::new());
    assert_eq!(shop.coupon_status("ana", &tako), "valid");
    let paid = shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!((&paid["/total"], &paid["/late"]), (&json!(700), &json!(false)));
    revise(&shop, &json!({"cart": asked})).refused(409, "order_state");
}

#[test]
fn the_best_combination_is_searched_with_what_the_order_holds() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 2, "per_individual": 2, "budget": 500}})));
    let coupon = shop.collect("ana", &campaign);
    shop.shared_code(&campaign, "SAVE5", Some(1));
    let (lamp, desk) = (cart(&[("luma", 3_000, 1)]), cart(&[("luma", 9_000, 1)]));
    shop.order("ana", &json!({"id": "A", "cart": lamp})).is(201);
    // Budget and coupon are the order's own.
    let revised = revise(&shop, &json!({"cart": desk})).is(200);
    assert_eq!((&revised["/discount"], &revised["/applied/0/coupon"]), (&json!(500), &json!(coupon)));
    // By code instead: the coupon gives the budget back at once.
    let by_code = revise(&shop, &json!({"cart": desk, "use": "none", "codes": ["save-5"]})).is(200);
    assert_eq!((&by_code["/discount"], &by_code["/applied/0/code"]), (&json!(500), &json!("SAVE5")));
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    let made = by_code.text_at("/applied/0/coupon").to_owned();
    // The same code again, with another cart: the same claim.
    let again = revise(&shop, &json!({"cart": lamp, "use": "none", "codes": ["SAVE5"]})).is(200);
    assert_eq!(again["/applied/0/coupon"], made.as_str());
    assert_eq!(
        (&shop.counters(&campaign)["claimed"], &shop.counters(&campaign)["budget_held"]),
        (&json!(2), &json!(500))
    );
    // The code isn't given again: it comes off, and what it made is gone.
    let best = revise(&shop, &json!({"cart": lamp})).is(200);
    assert_eq!(best["/applied/0/coupon"], coupon.as_str());
    shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{made}")).refused(404, "not_found");
    assert_eq!(shop.counters(&campaign)["claimed"], 1);
}

#[test]
fn another_discount_than_expected_comes_with_the_quote_as_it_would_be() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 500}})));
    let coupon = shop.collect("ana", &campaign);
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let before = read(&shop);
    for r#use in [json!("best"), json!({"coupons": [coupon]})] {
        let body = json!({"cart": cart(&[("luma", 400, 1)]), "use": r#use, "expect_discount": 500});
        let refused = revise(&shop, &body).refused(409, "quote_changed");
        assert_eq!(refused["/params"], json!({"expected": 500, "discount": 400}));
        assert_eq!((&refused["/quote/discount"], &refused["/quote/total"]), (&json!(400), &json!(0)));
        assert_eq!(refused["/quote/not_applied"], json!([]));
    }
    assert_eq!(read(&shop), before);
}

#[test]
fn a_revision_that_names_what_does_not_apply_is_refused_whole_with_every_reason() {
    let shop = Shop::new();
    let good = shop.coupon("ana", &off(500));
    let tako = shop.coupon("ana", &seller_off("tako", 100));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("tako", 3_000, 1)])})).is(201);
    let before = read(&shop);
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [good, tako]}, "codes": ["WRONG"]});
    revise(&shop, &body).refused(422, "code_not_usable").pointing("/codes/0");
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [good, tako]}});
    revise(&shop, &body).refused(422, "seller_not_in_cart").pointing("/use/coupons/1");
    assert_eq!(read(&shop), before);
    assert_eq!(shop.coupon_status("ana", &tako), "inactive");
}

#[test]
fn the_id_stays_that_of_the_order_that_was_placed() {
    let shop = Shop::new();
    let body = |price: i64| json!({"id": "A", "cart": cart(&[("luma", price, 1)])});
    shop.order("ana", &body(3_000)).is(201);
    let revised = revise(&shop, &json!({"cart": cart(&[("luma", 4_000, 1)])})).is(200);
    assert_eq!(shop.order("ana", &body(3_000)).is(200).body, revised.body);
    shop.order("ana", &body(4_000)).refused(409, "order_exists");
}

#[test]
fn the_feed_tells_what_changed_and_no_more() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let tako = shop.coupon("ana", &seller_off("tako", 300));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let since = shop.get(&shop.operator, "/v1/events?limit=100").is(200).text_at("/next_cursor").to_owned();
    revise(&shop, &json!({"cart": cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)])})).is(200);
    let told = shop.get(&shop.operator, &format!("/v1/events?after={since}")).is(200);
    assert_eq!(told.column("type"), ["order.revised", "coupon.held"]);
    assert_eq!((&told["/data/0/sellers"], &told["/data/0/amount"]), (&json!(["luma", "tako"]), &json!(800)));
    assert_eq!((&told["/data/1/coupon"], &told["/data/1/amount"]), (&json!(tako), &json!(300)));
}

#[test]
fn a_seller_sees_its_part_of_what_the_order_is_now() {
    let shop = Shop::new();
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)])})).is(201);
    shop.get(&shop.tako, "/v1/accounts/ana/orders/A").is(200);
    revise(&shop, &json!({"cart": cart(&[("luma", 2_000, 1)])})).is(200);
    shop.get(&shop.tako, "/v1/accounts/ana/orders/A").refused(404, "not_found");
    assert_eq!(shop.get(&shop.luma, "/v1/accounts/ana/orders/A").is(200)["/total"], 2_000);
    let shopper = shop.shopper("ana");
    assert_eq!(shop.get(&shopper, "/v1/accounts/ana/orders/A").is(200)["/total"], 2_000);
    let asked = json!({"cart": cart(&[("luma", 2_000, 1)])});
    shop.post(&shopper, "/v1/accounts/ana/orders/A/revise", &asked).refused(403, "forbidden");
}

#[test]
fn after_one_seller_was_cancelled_the_rest_can_be_revised() {
    let shop = Shop::new();
    let both = cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)]);
    let coupon = shop.coupon("ana", &with(off(500), &json!({"minimum_spend": {"amount": 3_500}})));
    shop.order("ana", &json!({"id": "A", "cart": both})).is(201);
    shop.step("ana", "A", "cancel", &json!({"seller": "tako"})).is(200);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    let revised = revise(&shop, &json!({"cart": cart(&[("luma", 3_000, 2)])})).is(200);
    assert_eq!((&revised["/total"], &revised["/transactions/0/status"]), (&json!(5_500), &json!("open")));
    let back = revise(&shop, &json!({"cart": both})).is(200);
    assert_eq!((&back["/total"], &back["/transactions/1/status"]), (&json!(3_500), &json!("open")));
}
