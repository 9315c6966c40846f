//! What a cart would cost, to the unit.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, seller_off, shipped, terms, with};

#[test]
fn the_contracts_example_comes_out_to_the_unit() {
    let shop = Shop::new();
    let used = shop.coupon("ana", &with(off(500), &json!({"minimum_spend": {"amount": 2_000}})));
    let short_terms = with(off(900), &json!({"minimum_spend": {"amount": 7_200}}));
    let short = shop.coupon("ana", &short_terms);
    let lines = json!({"currency": "USD",
        "lines": [{"id": "l1", "seller": "luma", "product": "lamp", "categories": ["home"], "unit_price": 3_000,
            "quantity": 2, "on_sale": false}],
        "shipping": [{"seller": "luma", "amount": 500}]});
    let before = shop.journal_end();
    let quote = shop.quote("ana", &json!({"cart": lines, "use": "best", "codes": []}));
    assert_eq!(shop.journal_end(), before, "a quote changes nothing");
    let campaign = |coupon: &str| {
        let coupon = shop.get(&shop.operator, &format!("/v1/coupons/{coupon}"));
        coupon["/campaign"].clone()
    };
    let expected = json!({
        "currency": "USD", "subtotal": 6_000, "shipping": 500, "discount": 500, "total": 6_000,
        "applied": [{"coupon": used, "code": null, "campaign": campaign(&used), "name": "Test",
            "issuer": {"type": "platform"}, "discount": 500,
            "shares": [{"line": "l1", "amount": 500, "units": [{"count": 2, "amount": 250}]}],
            "shipping_shares": [], "funding": [{"funder": "platform", "amount": 500}]}],
        "not_applied": [{"coupon": short, "code": null, "campaign": campaign(&short), "would_save": 0,
            "reasons": [{"code": "minimum_spend_not_met", "missing": 1_201, "amount": 7_200,
                "base": "after_earlier_lanes"}]}],
        "sellers": [{"seller": "luma", "subtotal": 6_000, "shipping": 500, "discount": 500, "total": 6_000}],
        "lines": [{"id": "l1", "subtotal": 6_000, "discount": 500, "total": 5_500}]
    });
    assert_eq!(quote.body, expected);
    let by_shopper = shop.post(&shop.shopper("ana"), "/v1/accounts/ana/quotes", &json!({"cart": lines})).is(200);
    assert_eq!(by_shopper.body, expected);
}

#[test]
fn ten_over_three_equal_units_is_split_to_the_minor_unit() {
    let shop = Shop::new();
    shop.coupon("ana", &off(1_000));
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 1_000, 3)])}));
    let units = json!([{"count": 1, "amount": 334}, {"count": 2, "amount": 333}]);
    assert_eq!(quote["/applied/0/shares/0/units"], units);
    let quote =
        shop.quote("ana", &json!({"cart": cart(&[("luma", 1_000, 1), ("tako", 1_000, 1), ("luma", 1_000, 1)])}));
    let shares: Vec<&Value> =
        quote["/applied/0/shares"].as_array().expect("shares").iter().map(|share| &share["amount"]).collect();
    assert_eq!(shares, [334, 333, 333]);
    let sellers: Vec<&Value> = quote["/sellers"].as_array().expect("two").iter().map(|s| &s["discount"]).collect();
    assert_eq!(sellers, [667, 333]);
}

#[test]
fn a_shipping_coupon_discounts_shipping_and_no_line() {
    let shop = Shop::new();
    shop.coupon("ana", &terms(&json!({"type": "platform"}), &json!({"type": "free_shipping", "cap": 700})));
    let asked = shipped(cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)]), &[("luma", 600), ("tako", 400)]);
    let quote = shop.quote("ana", &json!({"cart": asked}));
    assert_eq!((&quote["/discount"], &quote["/total"]), (&json!(700), &json!(4_300)));
    let shares = json!([{"seller": "luma", "amount": 420}, {"seller": "tako", "amount": 280}]);
    assert_eq!(quote["/applied/0/shipping_shares"], shares);
    assert_eq!(quote["/applied/0/shares"], json!([]));
    assert_eq!(quote["/lines/0/discount"], 0);
    assert_eq!(
        quote["/sellers/0"],
        json!({"seller": "luma", "subtotal": 3_000, "shipping": 600, "discount": 420, "total": 3_180})
    );
}

#[test]
fn lanes_go_seller_then_platform_and_percent_is_rounded_once_half_up() {
    let shop = Shop::new();
    shop.coupon("ana", &seller_off("luma", 1_000));
    shop.coupon("ana", &terms(&json!({"type": "platform"}), &json!({"type": "percent_off", "percent_bp": 1_250})));
    // (99.99 - 10.00) * 12.5 % = 11.24875, half up 11.25.
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 9_999, 1)])}));
    let discounts: Vec<&Value> =
        quote["/applied"].as_array().expect("two").iter().map(|applied| &applied["discount"]).collect();
    assert_eq!(discounts, [1_000, 1_125]);
    assert_eq!(quote["/applied/0/issuer"], json!({"type": "seller", "seller": "luma"}));
    assert_eq!(quote["/applied/0/funding"], json!([{"funder": "seller:luma", "amount": 1_000}]));
}

#[test]
fn tiers_are_judged_on_the_amount_that_they_exceed() {
    let shop = Shop::new();
    let tiers = json!({"type": "tiered_amount_off", "tiers": [{"over": 5_000, "amount": 500}, {"over": 10_000, "amount": 1_200}]});
    let coupon = shop.coupon("ana", &terms(&json!({"type": "platform"}), &tiers));
    for (price, discount) in [(5_001, 500), (10_000, 500), (10_001, 1_200)] {
        let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", price, 1)])}));
        assert_eq!(quote["/discount"], discount, "{price}");
    }
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 5_000, 1)])}));
    assert_eq!(quote["/discount"], 0);
    assert_eq!(quote.reasons_of(&coupon), ["minimum_spend_not_met"]);
}

#[test]
fn zero_and_three_decimal_currencies_are_right() {
    let shop = Shop::new();
    for (account, currency) in [("ana", "JPY"), ("ben", "KWD")] {
        let benefit = json!({"type": "percent_off", "percent_bp": 1_000});
        let terms = with(terms(&json!({"type": "platform"}), &benefit), &json!({"currency": currency}));
        shop.coupon(account, &terms);
        let cart = with(cart(&[("luma", 1_005, 1)]), &json!({"currency": currency}));
        let quote = shop.quote(account, &json!({"cart": cart}));
        assert_eq!((&quote["/discount"], &quote["/currency"]), (&json!(101), &json!(currency)));
    }
}

#[test]
fn none_exactly_these_and_codes_are_what_they_say() {
    let shop = Shop::new();
    let small = shop.coupon("ana", &off(300));
    let large = shop.coupon("ana", &off(500));
    let coded = shop.live(&off(700));
    shop.shared_code(&coded, "SAVE7", None);
    let cart = cart(&[("luma", 5_000, 1)]);
    let discount = |body: Value| shop.quote("ana", &with(body, &json!({"cart": cart})))["/discount"].clone();
    assert_eq!(discount(json!({"use": "none"})), 0);
    assert_eq!(discount(json!({"use": "best"})), 500);
    assert_eq!(discount(json!({})), 500);
    assert_eq!(discount(json!({"use": {"coupons": [small]}})), 300);
    assert_eq!(discount(json!({"use": {"coupons": []}})), 0);
    assert_eq!(discount(json!({"use": "none", "codes": ["save-7"]})), 700);
    assert_eq!(discount(json!({"use": "best", "codes": ["SAVE7"]})), 700);
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": ["SAVE7"]}));
    assert_eq!((&quote["/applied/0/coupon"], &quote["/applied/0/code"]), (&Value::Null, &json!("SAVE7")));
    // Of two that exclude each other the one that saves more goes first; the other gets its reason.
    let both = shop.quote("ana", &json!({"cart": cart, "use": {"coupons": [small, large]}}));
    assert_eq!(both["/discount"], 500);
    assert_eq!(both.reasons_of(&small), ["stacking_group_taken"]);
    assert_eq!(both["/not_applied/0/would_save"], 300);
}

#[test]
fn the_best_combination_may_leave_a_sellers_coupon_out() {
    let shop = Shop::new();
    let sellers = shop.coupon("ana", &seller_off("luma", 100));
    shop.coupon("ana", &with(off(1_000), &json!({"minimum_spend": {"amount": 4_950}})));
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 5_000, 1)])}));
    assert_eq!(quote["/discount"], 1_000);
    assert_eq!(quote.reasons_of(&sellers), ["not_in_best_combination"]);
    assert_eq!(quote["/not_applied/0/would_save"], 100);
}

#[test]
fn stacking_groups_go_together_and_an_exclusive_coupon_goes_alone() {
    let shop = Shop::new();
    let group = |name: &str| json!({"stacking": {"group": name, "exclusive": false}});
    let first = shop.coupon("ana", &with(off(500), &group("a")));
    let second = shop.coupon("ana", &with(off(300), &group("b")));
    let exclusive = shop.coupon("ana", &with(off(700), &json!({"stacking": {"group": null, "exclusive": true}})));
    let cart = cart(&[("luma", 5_000, 1)]);
    let quote = shop.quote("ana", &json!({"cart": cart}));
    assert_eq!(quote["/discount"], 800);
    assert_eq!(quote.reasons_of(&exclusive), ["exclusive_coupon_applied"]);
    let named = shop.quote("ana", &json!({"cart": cart, "use": {"coupons": [first, second, exclusive]}}));
    assert_eq!(named["/discount"], 700);
    assert_eq!(named.reasons_of(&first), ["exclusive_coupon_applied"]);
}

#[test]
fn two_formats_of_the_same_code_are_one_code() {
    let shop = Shop::new();
    let body = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": ["SAVE7", "save-7"]});
    let answer = shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &body);
    answer.refused(400, "invalid_field").pointing("/codes/1");
}
