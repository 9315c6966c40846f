//! Guessing codes must not pay.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off};

const COUPONS: &str = "/v1/accounts/ana/coupons";

fn without_id(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}

#[test]
fn five_wrong_codes_and_the_account_has_to_wait() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    for number in 0..5 {
        let claim = json!({"code": format!("WRONG{number}")});
        shop.post(&shop.storefront, COUPONS, &claim).refused(422, "code_not_usable");
    }
    for (key, code) in [(&shop.storefront, "WRONG9"), (&shop.storefront, "RIGHT"), (&shop.shopper("ana"), "RIGHT")] {
        let refused = shop.post(key, COUPONS, &json!({"code": code})).refused(429, "too_many_attempts");
        let seconds: u32 = refused.header("retry-after").expect("when to try again").parse().expect("seconds");
        assert!((1..=600).contains(&seconds));
    }
    let quote = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": ["RIGHT"]});
    shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &quote).refused(429, "too_many_attempts");
    let order = json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "use": "none", "codes": ["RIGHT"]});
    shop.order("ana", &order).refused(429, "too_many_attempts");
    shop.collect("ana", &campaign);
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": "RIGHT"})).is(201);
}

#[test]
fn wrong_codes_in_quotes_and_orders_count_too() {
    let shop = Shop::new();
    let cart = cart(&[("luma", 1_000, 1)]);
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": ["WRONG1", "WRONG2", "WRONG3"]}));
    assert_eq!(quote.reasons_of("WRONG1"), ["code_not_usable"]);
    let order = json!({"id": "A", "cart": cart, "use": "none", "codes": ["WRONG4", "WRONG5"]});
    shop.order("ana", &order).refused(422, "code_not_usable").pointing("/codes/0");
    shop.post(&shop.storefront, COUPONS, &json!({"code": "WRONG6"})).refused(429, "too_many_attempts");
}

#[test]
fn wrong_codes_offered_to_the_best_combination_of_an_order_count_too() {
    let shop = Shop::new();
    let cart = cart(&[("luma", 1_000, 1)]);
    for number in 0..5 {
        let order = json!({"id": format!("A-{number}"), "cart": cart, "codes": [format!("WRONG{number}")]});
        shop.order("ana", &order).is(201);
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "WRONG6"})).refused(429, "too_many_attempts");
}

#[test]
fn wrong_codes_of_a_revision_count_too() {
    let shop = Shop::new();
    let cart = cart(&[("luma", 1_000, 1)]);
    shop.order("ana", &json!({"id": "A", "cart": cart})).is(201);
    for (number, r#use) in ["none", "best", "none", "best", "none"].into_iter().enumerate() {
        let revision = json!({"cart": cart, "use": r#use, "codes": [format!("WRONG{number}")]});
        let answer = shop.step("ana", "A", "revise", &revision);
        assert_eq!(answer.status, if r#use == "none" { 422 } else { 200 });
    }
    let revision = json!({"cart": cart, "codes": ["WRONG9"]});
    shop.step("ana", "A", "revise", &revision).refused(429, "too_many_attempts");
}

#[test]
fn right_codes_are_no_attempts() {
    let shop = Shop::new();
    let cart = cart(&[("luma", 1_000, 1)]);
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    for _ in 0..10 {
        shop.quote("ana", &json!({"cart": cart, "codes": ["RIGHT"]}));
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "RIGHT"})).is(201);
    for _ in 0..10 {
        shop.post(&shop.storefront, COUPONS, &json!({"code": "RIGHT"})).refused(409, "individual_limit_reached");
    }
}

#[test]
fn an_unknown_code_and_anothers_code_are_answered_alike() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let codes = shop.unique_codes(&campaign, 1);
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": codes[0]})).is(201);
    let anothers = shop.post(&shop.storefront, COUPONS, &json!({"code": codes[0]})).refused(422, "code_not_usable");
    let unknown = shop.post(&shop.storefront, COUPONS, &json!({"code": "NOBODYS"})).refused(422, "code_not_usable");
    assert_eq!(without_id(&anothers), without_id(&unknown));
    let cart = cart(&[("luma", 1_000, 1)]);
    let entry = |code: &str| {
        let quote = shop.quote("ana", &json!({"cart": cart, "codes": [code]}));
        let mut entry = quote["/not_applied/0"].clone();
        entry["code"] = Value::Null;
        entry
    };
    assert_eq!(entry(&codes[0]), entry("NOBODYS"));
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": codes[0]})).refused(409, "code_used");
}

#[test]
fn a_wrong_expectation_buys_no_free_guesses() {
    let shop = Shop::new();
    let cart = cart(&[("luma", 1_000, 1)]);
    for number in 0..5 {
        let codes = [format!("WRONG{number}")];
        let order = json!({"id": "A", "cart": cart, "codes": codes, "expect_discount": 999});
        shop.order("ana", &order).refused(409, "quote_changed");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "WRONG6"})).refused(429, "too_many_attempts");
}

#[test]
fn an_order_sent_again_is_no_new_guess() {
    let shop = Shop::new();
    let order = json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "codes": ["WRONG"]});
    shop.order("ana", &order).is(201);
    for _ in 0..9 {
        shop.order("ana", &order).is(200);
    }
}

#[test]
fn a_guess_beside_another_reason_is_a_guess() {
    let shop = Shop::new();
    let used = json!({"coupons": ["cpn_00000000000000000000000000"]});
    for number in 0..5 {
        let codes = [format!("WRONG{number}")];
        let order = json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "use": used, "codes": codes});
        shop.order("ana", &order).refused(422, "coupon_not_found");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "WRONG6"})).refused(429, "too_many_attempts");
}
