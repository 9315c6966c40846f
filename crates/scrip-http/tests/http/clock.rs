//! A clock that is set wrong: one time for everybody, and nothing written that couldn't be taken back.

use serde_json::json;

use crate::shop::{Shop, cart, off};

#[test]
fn a_clock_that_goes_back_a_little_is_one_time_for_quotes_and_orders() {
    let shop = Shop::new();
    shop.set_time("2026-11-30T23:59:58Z");
    let coupon = shop.coupon("ana", &off(500));
    shop.set_time("2026-12-01T00:00:00Z");
    shop.order("ben", &json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    // Set back by four seconds: the coupon has expired all the same, for readers as for batches.
    shop.set_clock("2026-11-30T23:59:56Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "expired");
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    assert_eq!(shop.quote("ana", &body).reasons_of(&coupon), ["coupon_expired"]);
    let order = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.order("ana", &order).refused(422, "coupon_expired");
}

#[test]
fn a_clock_that_jumps_forty_days_writes_nothing_until_somebody_says_that_it_is_right() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let token = shop.shopper("ana");
    let campaign = shop.live(&off(300));
    let before = shop.journal_end();
    shop.set_clock("2026-12-20T12:00:00Z");
    let claim = json!({"campaign": campaign});
    let refused = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).refused(503, "store_unavailable");
    let told = refused.text_at("/detail");
    assert!(told.contains("jumped 40 d 0 h forward") && told.contains("scrip clock accept"), "{told}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let order = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.order("ana", &order).refused(503, "store_unavailable");
    assert_eq!(shop.journal_end(), before);
    let ready = shop.ask("GET", "/readyz").send().is(503);
    assert!(ready.text_at("/why").contains("2026-12-20T12:00:00Z"), "{}", ready.text);
    // Readers go on by the time that has passed: nothing looks expired, and a token of ten minutes is good.
    shop.get(&token, "/v1/accounts/ana/coupons").is(200);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}}));
    assert_eq!(quote["/discount"], 500);

    // Set right again: as if nothing had been.
    shop.set_clock(crate::shop::NOON);
    shop.ask("GET", "/readyz").send().is(200);
    shop.order("ana", &order).is(201);

    // It was right after all.
    shop.set_clock("2026-12-20T12:00:00Z");
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).refused(503, "store_unavailable");
    shop.engine.accept_clock(false).expect("readable").expect("it is ahead of what is written");
    shop.ask("GET", "/readyz").send().is(200);
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).refused(409, "claims_not_open");
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200)["/status"], "cancelled");
}

#[test]
fn a_clock_behind_what_is_written_stops_writes_and_an_operator_may_let_time_stand_still() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.set_clock("2026-11-10T11:30:00Z");
    let claim = json!({"campaign": campaign});
    let refused = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).refused(503, "store_unavailable");
    assert!(refused.text_at("/detail").contains("30 min later"), "{}", refused.text);
    assert!(shop.engine.accept_clock(false).expect("readable").is_err(), "time in a journal never goes back");
    shop.engine.accept_clock(true).expect("readable").expect("it may stand still");
    let claimed = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).is(201);
    assert_eq!(claimed["/claimed_at"], crate::shop::NOON);
    // From there on it is the clock's again.
    shop.set_time("2026-11-10T12:00:01Z");
    let claimed = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &claim).is(201);
    assert_eq!(claimed["/claimed_at"], "2026-11-10T12:00:01Z");
}
