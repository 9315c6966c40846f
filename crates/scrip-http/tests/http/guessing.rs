//! Guessing codes must not pay.

use serde_json::{Value, json};

use crate::shop::{Answer, PROXY, Shop, cart, off};

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

/// By a shopper that comes from this address, through the proxy.
fn guessed_from(shop: &Shop, account: &str, address: &str, code: &str) -> Answer {
    let token = shop.shopper(account);
    let ask = shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&token).from(PROXY);
    ask.header("x-forwarded-for", address).json(&json!({"code": code})).send()
}

fn seconds(answer: &Answer) -> u32 {
    answer.header("retry-after").expect("when to try again").parse().expect("seconds")
}

#[test]
fn one_who_waits_as_long_as_it_says_may_try_again_and_nothing_prolongs_that() {
    let shop = Shop::new();
    let ask = |code: &str| shop.post(&shop.storefront, COUPONS, &json!({"code": code}));
    ask("WRONG0").refused(422, "code_not_usable");
    shop.minutes_pass(4);
    for number in 1..5 {
        ask(&format!("WRONG{number}")).refused(422, "code_not_usable");
    }
    assert_eq!(seconds(&ask("WRONG5").refused(429, "too_many_attempts")), 360, "ten minutes from the first");
    for minute in (1..6).rev() {
        shop.minutes_pass(1);
        let refused = ask("WRONG5").refused(429, "too_many_attempts");
        assert_eq!(seconds(&refused), minute * 60, "refused attempts don't count");
    }
    shop.minutes_pass(1);
    ask("WRONG5").refused(422, "code_not_usable");
}

#[test]
fn a_typing_mistake_counts_a_tenth() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let code = shop.unique_codes(&campaign, 1).remove(0);
    let other = if code.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{other}", &code[..code.len() - 1]);
    let ask = |code: &str| shop.post(&shop.storefront, COUPONS, &json!({"code": code}));
    for _ in 0..49 {
        ask(&mistyped).refused(422, "code_not_usable");
    }
    ask(&code).is(201);
    ask(&mistyped).refused(422, "code_not_usable");
    ask(&mistyped).refused(429, "too_many_attempts");
}

#[test]
fn a_code_without_a_check_symbol_is_a_whole_guess() {
    let shop = Shop::new();
    for number in 0..5 {
        shop.post(&shop.storefront, COUPONS, &json!({"code": format!("SUMMER-SALE-2026-{number}-U")}))
            .refused(422, "code_not_usable");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "SAVE10"})).refused(429, "too_many_attempts");
}

#[test]
fn ten_right_codes_in_one_request_are_no_attempts_and_six_wrong_ones_are_too_many() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let cart = cart(&[("luma", 1_000, 1)]);
    let quote = |account: &str, codes: &[String]| {
        shop.post(&shop.storefront, &format!("/v1/accounts/{account}/quotes"), &json!({"cart": cart, "codes": codes}))
    };
    let right: Vec<String> = (0..10).map(|number| format!("RIGHT{number}")).collect();
    right.iter().for_each(|code| shop.shared_code(&campaign, code, None));
    for _ in 0..3 {
        quote("ana", &right).is(200);
    }
    let wrong = |count: usize| (0..count).map(|number| format!("WRONG{number}")).collect::<Vec<_>>();
    quote("ben", &wrong(5)).is(200);
    let refused = quote("cleo", &wrong(6)).refused(429, "too_many_attempts");
    assert_eq!(seconds(&refused), 600);
    assert!(!refused.text.contains("WRONG"), "nothing is said of any: {}", refused.text);
    let order = json!({"id": "A", "cart": cart, "codes": wrong(6)});
    let before = shop.journal_end();
    shop.order("dora", &order).refused(429, "too_many_attempts");
    assert_eq!(shop.journal_end(), before, "no order was placed");
}

#[test]
fn shoppers_of_one_address_share_twenty_wrong_codes() {
    let shop = Shop::new();
    for number in 0..20 {
        let account = format!("account-{number}");
        guessed_from(&shop, &account, "203.0.113.9", &format!("WRONG{number}")).refused(422, "code_not_usable");
    }
    assert_eq!(seconds(&guessed_from(&shop, "ana", "203.0.113.9", "WRONG").refused(429, "too_many_attempts")), 600);
    guessed_from(&shop, "ana", "203.0.113.10", "WRONG").refused(422, "code_not_usable");
    // A header that the client wrote itself, before the proxy's.
    guessed_from(&shop, "ana", "198.51.100.1, 203.0.113.9", "WRONG").refused(429, "too_many_attempts");
    // A network of IPv6 is one subscriber's.
    for number in 0..20 {
        let address = format!("2001:db8:1:2::{number}");
        guessed_from(&shop, &format!("v6-{number}"), &address, "WRONG").refused(422, "code_not_usable");
    }
    guessed_from(&shop, "cleo", "2001:db8:1:2:ffff::1", "WRONG").refused(429, "too_many_attempts");
    guessed_from(&shop, "cleo", "2001:db8:1:3::1", "WRONG").refused(422, "code_not_usable");
}

#[test]
fn nobody_but_the_proxy_says_where_a_request_comes_from() {
    let shop = Shop::new();
    let token_of = |account: &str| shop.shopper(account);
    let ask = |account: &str, claimed: &str| {
        let ask = shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&token_of(account)).from("192.0.2.1");
        ask.header("x-forwarded-for", claimed).json(&json!({"code": "WRONG"})).send()
    };
    for number in 0..20 {
        ask(&format!("account-{number}"), &format!("203.0.113.{number}")).refused(422, "code_not_usable");
    }
    ask("ana", "203.0.113.99").refused(429, "too_many_attempts");
}

#[test]
fn a_key_is_limited_for_all_its_accounts_and_another_key_is_not() {
    let shop = Shop::new();
    let other = shop.post(&shop.operator, "/v1/keys", &json!({"role": "storefront"})).is(201);
    let cart = cart(&[("luma", 1_000, 1)]);
    let codes: Vec<String> = (0..5).map(|number| format!("WRONG{number}")).collect();
    let quote = |key: &str, account: usize| {
        shop.post(key, &format!("/v1/accounts/account-{account}/quotes"), &json!({"cart": cart, "codes": codes}))
    };
    for account in 0..200 {
        quote(&shop.storefront, account).is(200);
    }
    assert_eq!(seconds(&quote(&shop.storefront, 200).refused(429, "too_many_attempts")), 600);
    quote(other.text_at("/secret"), 201).is(200);
    shop.minutes_pass(10);
    quote(&shop.storefront, 202).is(200);
}

#[test]
fn a_burst_of_guesses_gets_no_more_than_five_looked_at() {
    for round in 0..20 {
        let shop = Shop::new();
        let asks = (0..40).map(|number| {
            shop.ask("POST", COUPONS).by(&shop.storefront).json(&json!({"code": format!("WRONG{round}X{number}")}))
        });
        let statuses = shop.at_once(asks);
        let count = |status: u16| statuses.iter().filter(|known| **known == status).count();
        assert_eq!((count(422), count(429)), (5, 35), "{statuses:?}");
    }
}

#[test]
fn a_burst_of_guesses_in_orders_quotes_and_claims_together_gets_no_more_either() {
    for round in 0..20 {
        let shop = Shop::new();
        let cart = cart(&[("luma", 1_000, 1)]);
        let asks = (0..36).map(|number| {
            let codes = json!([format!("WRONG{round}X{number}")]);
            let (path, body) = match number % 3 {
                0 => (COUPONS, json!({"code": codes[0]})),
                1 => ("/v1/accounts/ana/quotes", json!({"cart": cart, "codes": codes})),
                _ => ("/v1/accounts/ana/orders", json!({"id": format!("A-{number}"), "cart": cart, "codes": codes})),
            };
            shop.ask("POST", path).by(&shop.storefront).json(&body)
        });
        let statuses = shop.at_once(asks);
        assert_eq!(statuses.iter().filter(|status| **status != 429).count(), 5, "{statuses:?}");
    }
}

#[test]
fn copies_of_one_request_with_a_right_code_wait_for_each_other_and_are_all_answered() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    let order = json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "codes": ["RIGHT"]});
    let asks = (0..30).map(|_| shop.ask("POST", "/v1/accounts/ana/orders").by(&shop.storefront).json(&order));
    let mut statuses = shop.at_once(asks);
    statuses.sort_unstable();
    assert_eq!((statuses[28], statuses[29]), (200, 201), "{statuses:?}");
    assert_eq!(statuses[0], 200, "{statuses:?}");
}
