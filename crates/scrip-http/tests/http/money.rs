//! Currencies: which there are, how many decimals each has, and which new money may be in.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, with};

#[test]
fn every_currency_is_told_with_its_decimals_to_anybody() {
    let shop = Shop::new();
    let answer = shop.ask("GET", "/v1/currencies").send().is(200);
    let data = answer["/data"].as_array().expect("a list");
    let of = |code: &str| data.iter().find(|entry| entry["code"] == code).unwrap_or(&Value::Null);
    assert_eq!(*of("KWD"), json!({"code": "KWD", "name": "Kuwaiti dinar", "decimals": 3, "status": "current"}));
    assert_eq!(of("XCG")["name"], "Caribbean guilder");
    // ISO's, where browsers and CLDR show others.
    for (code, decimals) in
        [("HUF", 2), ("IDR", 2), ("COP", 2), ("PKR", 2), ("IQD", 3), ("RSD", 2), ("MGA", 2), ("JPY", 0)]
    {
        assert_eq!(of(code)["decimals"], decimals, "{code}");
    }
    for (code, status) in [("HRK", "superseded"), ("BGN", "superseded"), ("ANG", "superseded"), ("VES", "current")] {
        assert_eq!(of(code)["status"], status, "{code}");
    }
    for code in ["XXX", "XTS", "XAU", "XDR", "CLF"] {
        assert!(of(code).is_null(), "{code} is no money");
    }
    // The same with a key, good or bad, and only as asked.
    assert_eq!(shop.get(&shop.luma, "/v1/currencies").is(200).body, answer.body);
    shop.get("no key", "/v1/currencies").is(200);
    shop.ask("GET", "/v1/currencies?code=USD").send().refused(400, "unknown_parameter");
    shop.ask("POST", "/v1/currencies").send().refused(401, "unauthenticated");
    shop.ask("GET", "/v1/currencies/USD").send().refused(401, "unauthenticated");
    assert_eq!(shop.ask("HEAD", "/v1/currencies").send().status, 200);
}

#[test]
fn new_campaigns_and_carts_are_in_money_that_people_pay_with() {
    let shop = Shop::new();
    for (code, why) in [
        ("XXX", "pay with"),
        ("XAU", "pay with"),
        ("CLF", "pay with"),
        ("HRK", "superseded by EUR"),
        ("BGN", "superseded by EUR"),
        ("ANG", "superseded by XCG"),
    ] {
        let terms = with(off(500), &json!({"currency": code}));
        let refused = shop.post(&shop.operator, "/v1/campaigns", &terms).refused(400, "invalid_field");
        let refused = refused.pointing("/currency");
        assert!(refused["/errors/0/detail"].as_str().is_some_and(|told| told.contains(why)), "{}", refused.text);
        let mut cart = cart(&[("luma", 3_000, 1)]);
        cart["currency"] = json!(code);
        let body = json!({"id": "A", "cart": cart});
        shop.order("ana", &body).refused(400, "invalid_field").pointing("/cart/currency");
        let quote = shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &json!({"cart": body["cart"]}));
        quote.refused(400, "invalid_field").pointing("/cart/currency");
    }
    for code in ["VES", "VED", "XCG", "XAF", "KWD"] {
        shop.live(&with(off(500), &json!({"currency": code})));
    }
}
