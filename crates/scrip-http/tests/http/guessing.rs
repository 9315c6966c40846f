//! Guessing codes must not pay.

use scrip_desk::GuessLimits;
use serde_json::{Value, json};

use crate::shop::{Answer, PROXY, Shop, cart, off, with};

const COUPONS: &str = "/v1/accounts/ana/coupons";

fn without_id(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}

#[test]
fn five_wrong_codes_and_the_account_has_to_wait() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"claims": {"channels": ["web", "code"]}})));
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
        shop.post(&shop.storefront, COUPONS, &json!({"code": format!("SUMMER-2026-{number}-U")}))
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

/// What a shopper types or pastes where a code is asked for.
const NO_CODES: [&str; 9] = [
    "SAVE10%",
    "DANKEFÜR100",
    "12 High St., York YO1 7HH",
    "ana@example.com",
    "-",
    " ",
    "ab",
    "’",
    "0123456789012345678901234567890123456789X",
];

#[test]
fn what_cant_be_a_code_is_one_that_doesnt_exist_and_no_guess() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let cart = cart(&[("luma", 1_000, 1)]);
    for text in NO_CODES {
        let quote = shop.quote("ana", &json!({"cart": cart, "codes": [text]}));
        assert_eq!(quote.reasons_of(text), ["code_not_usable"]);
        assert_eq!(quote["/discount"], 500, "everything else applies");
        shop.post(&shop.storefront, COUPONS, &json!({"code": text})).refused(422, "code_not_usable");
        let order = json!({"id": "A", "cart": cart, "use": {"coupons": [coupon]}, "codes": [text]});
        shop.order("ana", &order).refused(422, "code_not_usable").pointing("/codes/0");
    }
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": NO_CODES}));
    assert_eq!(quote["/not_applied"].as_array().expect("a list").len(), NO_CODES.len());
    let order = json!({"id": "B", "cart": cart, "codes": NO_CODES});
    assert_eq!(shop.order("ana", &order).is(201)["/discount"], 500, "offered, not named");
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    shop.post(&shop.storefront, COUPONS, &json!({"code": "RIGHT"})).is(201);
}

#[test]
fn a_text_of_no_or_more_than_80_characters_is_refused() {
    let shop = Shop::new();
    for text in [String::new(), "é".repeat(81)] {
        shop.post(&shop.storefront, COUPONS, &json!({"code": text})).refused(400, "invalid_field").pointing("/code");
        let quote = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": [text]});
        shop.post(&shop.storefront, "/v1/accounts/ana/quotes", &quote)
            .refused(400, "invalid_field")
            .pointing("/codes/0");
    }
    let text = "é".repeat(80);
    shop.post(&shop.storefront, COUPONS, &json!({"code": text})).refused(422, "code_not_usable");
}

#[test]
fn a_code_is_known_by_whatever_white_space_and_dashes() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    shop.shared_code(&campaign, "SAVE-10", None);
    for text in ["save10", "SAVE10\t", "\u{a0}SAVE\u{2013}10", "S A V E\u{2003}1\u{2212}0", "SAVE\u{200b}10\r\n"] {
        shop.post(&shop.storefront, COUPONS, &json!({"code": text})).is(201);
    }
}

/// Some unique code with a 0 or a 1 in the part that Scrip makes, and how it may be read.
fn misread(shop: &Shop, campaign: &str) -> (String, String) {
    let codes = shop.unique_codes(campaign, 20);
    let read = |code: &str| code.replacen('0', "o", 1).replacen('1', "L", 1);
    let code = codes.into_iter().find(|code| read(code) != *code).expect("one of 280 symbols is 0 or 1");
    let read = read(&code);
    (code, read)
}

#[test]
fn a_unique_code_with_o_for_0_and_i_or_l_for_1_works_and_is_no_guess() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let (code, read) = misread(&shop, &campaign);
    let cart = cart(&[("luma", 1_000, 1)]);
    for _ in 0..10 {
        let quote = shop.quote("ana", &json!({"cart": cart, "codes": [read]}));
        assert_eq!(quote["/discount"], 500);
    }
    // Given in both spellings it is there once.
    let quote = shop.quote("ana", &json!({"cart": cart, "codes": [code, read]}));
    assert_eq!((&quote["/discount"], quote["/applied"].as_array().expect("a list").len()), (&json!(500), 1));
    let order = shop.order("ana", &json!({"id": "A", "cart": cart, "use": "none", "codes": [read]})).is(201);
    assert_eq!(order["/discount"], 500);
    shop.step("ana", "A", "revise", &json!({"cart": cart, "use": "none", "codes": [read]})).is(200);
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    shop.post(&shop.storefront, COUPONS, &json!({"code": read})).is(201);
    shop.post(&shop.storefront, COUPONS, &json!({"code": code})).refused(409, "code_used");
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": read})).refused(422, "code_not_usable");
}

#[test]
fn a_code_is_looked_up_as_typed_before_it_is_read_otherwise() {
    let shop = Shop::new();
    let (first, second) = (shop.live(&off(500)), shop.live(&off(300)));
    shop.shared_code(&first, "SAVE10", None);
    shop.shared_code(&second, "SAVEIO", None);
    let cart = cart(&[("luma", 1_000, 1)]);
    let saved = |code: &str| shop.quote("ana", &json!({"cart": cart, "codes": [code]}))["/discount"].clone();
    assert_eq!((saved("SAVEIO"), saved("SAVE10"), saved("SAVEL0")), (json!(300), json!(500), json!(500)));
}

#[test]
fn a_typing_mistake_with_u_counts_a_tenth_too() {
    let shop = Shop::new();
    let ask = |code: &str| shop.post(&shop.storefront, COUPONS, &json!({"code": code}));
    for _ in 0..50 {
        ask("ACME-12345-67890-ABCDU").refused(422, "code_not_usable");
    }
    ask("ACME-12345-67890-ABCDU").refused(429, "too_many_attempts");
}

#[test]
fn the_limit_and_how_long_it_lasts_stand_in_the_answer() {
    let shop = Shop::new();
    let ask = |code: &str| shop.post(&shop.storefront, COUPONS, &json!({"code": code}));
    (0..5).for_each(|number| drop(ask(&format!("WRONG{number}"))));
    let refused = ask("WRONG5").refused(429, "too_many_attempts");
    assert_eq!((&refused["/params/limit"], seconds(&refused)), (&json!(5), 600));
}

/// 1,000 wrong codes through the storefront's key, five each of 200 accounts that nobody knows.
fn use_up_the_key(shop: &Shop, address: Option<&str>) {
    for account in 0..200 {
        let codes: Vec<String> = (0..10).map(|number| format!("WRONG{number}")).collect();
        let body = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": codes});
        let ask = shop.ask("POST", &format!("/v1/accounts/throw-away-{account}/quotes")).by(&shop.storefront);
        let ask = if let Some(address) = address { ask.header("shopper-address", address) } else { ask };
        ask.json(&body).send().refused(429, "too_many_attempts");
    }
}

#[test]
fn wrong_codes_of_strangers_never_refuse_a_right_one_of_an_account_that_was_there_before() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    shop.shared_code(&campaign, "RIGHT", None);
    let cart = cart(&[("luma", 1_000, 1)]);
    let open = shop.live(&with(off(100), &json!({"claims": {"channels": ["web"]}})));
    // One has a coupon, two an order, of which one is cancelled.
    shop.collect("ana", &open);
    shop.order("ben", &json!({"id": "A", "cart": cart})).is(201);
    shop.order("cleo", &json!({"id": "A", "cart": cart, "codes": ["RIGHT"]})).is(201);
    shop.step("cleo", "A", "cancel", &json!({})).is(200);
    shop.minutes_pass(1);
    use_up_the_key(&shop, None);
    let claim = |account: &str, code: &str| {
        shop.post(&shop.storefront, &format!("/v1/accounts/{account}/coupons"), &json!({"code": code}))
    };
    for account in ["ana", "ben", "cleo"] {
        let quote = json!({"cart": cart, "codes": ["RIGHT"]});
        shop.post(&shop.storefront, &format!("/v1/accounts/{account}/quotes"), &quote).is(200);
        shop.order(account, &json!({"id": "B", "cart": cart, "use": "none", "codes": ["RIGHT"]})).is(201);
        claim(account, "RIGHT").is(201);
    }
    // Who came since, or never, is refused, right code or not, and told the key's limit.
    shop.collect("dora", &open);
    for account in ["dora", "nobody"] {
        let refused = claim(account, "RIGHT").refused(429, "too_many_attempts");
        assert_eq!((&refused["/params/limit"], seconds(&refused)), (&json!(1_000), 600), "{account}");
    }
    // Its own limit is everybody's.
    for number in 0..5 {
        claim("ana", &format!("WRONG{number}")).refused(422, "code_not_usable");
    }
    let refused = claim("ana", "RIGHT").refused(429, "too_many_attempts");
    assert_eq!(refused["/params/limit"], 5);
    // And it is over when it said.
    shop.minutes_pass(10);
    claim("nobody", "RIGHT").is(201);
}

#[test]
fn one_account_uses_up_no_more_of_its_keys_limit_than_its_own() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    for account in 0..199 {
        let codes: Vec<String> = (0..10).map(|number| format!("WRONG{number}")).collect();
        let body = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": codes});
        let path = format!("/v1/accounts/throw-away-{account}/quotes");
        shop.post(&shop.storefront, &path, &body).refused(429, "too_many_attempts");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "RIGHT"})).is(201);
}

#[test]
fn a_shoppers_address_that_the_storefront_passes_stops_one_before_the_key_runs_out() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    use_up_the_key(&shop, Some("203.0.113.9"));
    let claim = |account: &str, address: &str, code: &str| {
        let ask = shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&shop.storefront);
        ask.header("shopper-address", address).json(&json!({"code": code})).send()
    };
    let refused = claim("ana", "203.0.113.9", "RIGHT").refused(429, "too_many_attempts");
    assert_eq!(refused["/params/limit"], 20);
    claim("ana", "203.0.113.10", "RIGHT").is(201);
    shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": "RIGHT"})).is(201);
    // It counts with what shoppers of that address do by themselves.
    guessed_from(&shop, "cleo", "203.0.113.9", "RIGHT").refused(429, "too_many_attempts");
    for nonsense in ["here", "", "203.0.113.9, 203.0.113.10"] {
        claim("dora", nonsense, "RIGHT").refused(400, "invalid_field").about("Shopper-Address");
    }
}

/// Ten wrong codes in a quote, of which an account's limit lets five count.
fn ten_wrong_codes(shop: &Shop, account: &str, address: &str) {
    let codes: Vec<String> = (0..10).map(|number| format!("WRONG{number}")).collect();
    let body = json!({"cart": cart(&[("luma", 1_000, 1)]), "codes": codes});
    let ask = shop.ask("POST", &format!("/v1/accounts/{account}/quotes")).by(&shop.storefront);
    ask.header("shopper-address", address).json(&body).send().refused(429, "too_many_attempts");
}

#[test]
fn an_account_counts_for_no_more_than_its_own_limit_towards_its_address_and_one_in_good_standing_isnt_stopped_by_it() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    shop.shared_code(&campaign, "RIGHT", None);
    shop.order("ben", &json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "use": "none"})).is(201);
    shop.minutes_pass(1);
    let claim = |account: &str, code: &str| {
        let ask = shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&shop.storefront);
        ask.header("shopper-address", "203.0.113.9").json(&json!({"code": code})).send()
    };
    for _ in 0..4 {
        ten_wrong_codes(&shop, "throw-away-0", "203.0.113.9");
    }
    claim("ana", "RIGHT").is(201);
    for number in 1..4 {
        ten_wrong_codes(&shop, &format!("throw-away-{number}"), "203.0.113.9");
    }
    let refused = claim("cleo", "RIGHT").refused(429, "too_many_attempts");
    assert_eq!(refused["/params/limit"], 20);
    claim("ben", "RIGHT").is(201);
}

#[test]
fn the_limits_of_wrong_codes_are_settings() {
    let limits = GuessLimits { account: 2, address: 3, key: 4, minutes: 7, ..GuessLimits::default() };
    let shop = Shop::with_guesses(limits);
    let claim = |account: &str, address: &str| {
        let ask = shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&shop.storefront);
        ask.header("shopper-address", address).json(&json!({"code": "WRONG"})).send()
    };
    let limit = |account: &str, address: &str| {
        let refused = claim(account, address).refused(429, "too_many_attempts");
        (refused["/params/limit"].clone(), seconds(&refused))
    };
    for (account, address) in [("ana", "203.0.113.9"), ("ana", "203.0.113.9"), ("ben", "203.0.113.9")] {
        claim(account, address).refused(422, "code_not_usable");
    }
    assert_eq!(limit("ana", "203.0.113.9"), (json!(2), 420));
    assert_eq!(limit("cleo", "203.0.113.9"), (json!(3), 420));
    claim("cleo", "203.0.113.10").refused(422, "code_not_usable");
    assert_eq!(limit("dora", "203.0.113.10"), (json!(4), 420));
    shop.minutes_pass(7);
    claim("ana", "203.0.113.9").refused(422, "code_not_usable");
}

#[test]
fn nobody_but_the_shops_own_servers_says_where_a_shopper_is() {
    let shop = Shop::new();
    let token_of = |account: &str| shop.shopper(account);
    for number in 0..20 {
        let account = format!("account-{number}");
        let ask =
            shop.ask("POST", &format!("/v1/accounts/{account}/coupons")).by(&token_of(&account)).from("192.0.2.1");
        let ask = ask.header("shopper-address", &format!("203.0.113.{number}")).json(&json!({"code": "WRONG"}));
        ask.send().refused(422, "code_not_usable");
    }
    let ask =
        shop.ask("POST", COUPONS).by(&token_of("ana")).from("192.0.2.1").header("shopper-address", "198.51.100.1");
    ask.json(&json!({"code": "WRONG"})).send().refused(429, "too_many_attempts");
}

#[test]
fn no_limit_is_an_operators_whoevers_account_it_names() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "RIGHT", None);
    for number in 0..9 {
        let code = json!({"code": format!("WRONG{number}")});
        shop.post(&shop.operator, COUPONS, &code).refused(422, "code_not_usable");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "WRONG"})).refused(422, "code_not_usable");
    for number in 0..4 {
        shop.post(&shop.storefront, COUPONS, &json!({"code": format!("WRONG{number}")}))
            .refused(422, "code_not_usable");
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "RIGHT"})).refused(429, "too_many_attempts");
    shop.post(&shop.operator, COUPONS, &json!({"code": "RIGHT"})).is(201);
}

#[test]
fn a_drafts_code_is_none_yet_and_counts_as_a_wrong_one() {
    let shop = Shop::new();
    let campaign = shop.draft(&off(500));
    shop.shared_code(&campaign, "SOON", None);
    for _ in 0..5 {
        let drafts = shop.post(&shop.storefront, COUPONS, &json!({"code": "SOON"})).refused(422, "code_not_usable");
        let unknown = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": "NOBODYS"}));
        assert_eq!(without_id(&drafts), without_id(&unknown));
    }
    shop.post(&shop.storefront, COUPONS, &json!({"code": "SOON"})).refused(429, "too_many_attempts");
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/publish"), &json!({})).is(200);
    shop.post(&shop.storefront, "/v1/accounts/cleo/coupons", &json!({"code": "SOON"})).is(201);
}
