//! The seed's statements S1 to S21, each through the API as its reading says.

use scrip_core::{
    command::{ImportCoupon, KnownBy, OldStatus},
    id::CampaignId,
    name::AccountId,
    time::Timestamp,
};
use scrip_engine::Answer as EngineAnswer;
use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, seller_off, terms, with};

#[test]
fn s1_coupons_come_by_the_channels_that_the_campaign_lists() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"claims": {"channels": ["social"]}})));
    let claim = |channel: &str| {
        let body = json!({"campaign": campaign, "channel": channel, "source": "insta"});
        shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &body)
    };
    claim("web").refused(422, "channel_not_offered");
    let coupon = claim("social").is(201);
    assert_eq!((&coupon["/channel"], &coupon["/source"]), (&json!("social"), &json!("insta")));
}

#[test]
fn s1_stock_set_aside_for_a_source_is_that_sources() {
    let shop = Shop::new();
    let members = json!({"limits": {"stock": 2, "budget": "unlimited"},
        "claims": {"sources": [{"source": "acme", "stock": 1}]}});
    let campaign = shop.live(&with(off(500), &members));
    shop.collect("ana", &campaign);
    let claim = |account: &str, source: Option<&str>| {
        let path = format!("/v1/accounts/{account}/coupons");
        shop.post(&shop.storefront, &path, &json!({"campaign": campaign, "channel": "partner", "source": source}))
    };
    claim("ben", None).refused(409, "sold_out");
    claim("ben", Some("acme")).is(201);
    claim("cleo", Some("acme")).refused(409, "sold_out");
}

#[test]
fn s2_a_seller_runs_campaigns_of_its_own() {
    let shop = Shop::new();
    let own = shop.live(&seller_off("luma", 300));
    shop.collect("ana", &own);
    let path = format!("/v1/campaigns/{own}");
    assert_eq!(shop.get(&shop.luma, &path).is(200)["/counters/claimed"], 1);
    shop.get(&shop.tako, &path).refused(404, "not_found");
}

#[test]
fn s3_an_individual_gets_one_unless_the_terms_say_otherwise() {
    let shop = Shop::new();
    let one = shop.live(&off(500));
    let three = shop.live(&with(off(500), &json!({"limits": {"per_individual": 3, "budget": "unlimited"}})));
    let claim =
        |campaign: &str| shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"campaign": campaign}));
    claim(&one).is(201);
    let refused = claim(&one).refused(409, "individual_limit_reached");
    assert_eq!(refused["/params"], json!({"limit": 1}));
    (0..3).for_each(|_| drop(claim(&three).is(201)));
    claim(&three).refused(409, "individual_limit_reached");
    shop.collect("ben", &one);
}

#[test]
fn s5_a_sale_item_is_never_discounted_and_counts_towards_no_minimum() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &with(off(500), &json!({"minimum_spend": {"amount": 3_000}})));
    let lines = |regular: i64| {
        let mut cart = cart(&[("luma", regular, 1), ("luma", 9_000, 1)]);
        cart["lines"][1]["on_sale"] = json!(true);
        json!({"cart": cart})
    };
    let quote = shop.quote("ana", &lines(3_001));
    assert_eq!((&quote["/lines/0/discount"], &quote["/lines/1/discount"]), (&json!(500), &json!(0)));
    assert_eq!(shop.quote("ana", &lines(3_000)).reasons_of(&coupon), ["minimum_spend_not_met"]);
    let mut all_on_sale = cart(&[("luma", 9_000, 1)]);
    all_on_sale["lines"][0]["on_sale"] = json!(true);
    let quote = shop.quote("ana", &json!({"cart": all_on_sale}));
    assert_eq!(quote["/not_applied/0/reasons/0"], json!({"code": "no_eligible_line", "because": "on_sale"}));
}

#[test]
fn s6_the_amount_must_exceed_the_minimum_unless_the_terms_say_reaches() {
    let shop = Shop::new();
    let exceeds = shop.coupon("ana", &with(off(500), &json!({"minimum_spend": {"amount": 5_000}})));
    let at = |price: i64, coupon: &str| {
        shop.quote("ana", &json!({"cart": cart(&[("luma", price, 1)]), "use": {"coupons": [coupon]}}))
    };
    let refused = at(5_000, &exceeds);
    assert_eq!(refused["/not_applied/0/reasons/0/missing"], 1);
    assert_eq!(refused.reasons_of(&exceeds), ["minimum_spend_not_met"]);
    assert_eq!(at(5_001, &exceeds)["/discount"], 500);
    let minimum = json!({"minimum_spend": {"amount": 5_000, "comparison": "reaches"}});
    let reaches = shop.coupon("ana", &with(off(500), &minimum));
    assert_eq!(at(5_000, &reaches)["/discount"], 500);
    assert_eq!(at(4_999, &reaches)["/discount"], 0);
}

#[test]
fn s6_the_minimum_is_judged_after_earlier_lanes_or_before_all_discounts() {
    let shop = Shop::new();
    let sellers = shop.coupon("ana", &seller_off("luma", 100));
    let minimum = |base: &str| json!({"minimum_spend": {"amount": 4_950, "base": base}});
    let after = shop.coupon("ana", &with(off(500), &minimum("after_earlier_lanes")));
    let before = shop.coupon("ana", &with(off(500), &minimum("before_discounts")));
    let discount = |coupon: &str| {
        let used = json!({"coupons": [sellers, coupon]});
        shop.quote("ana", &json!({"cart": cart(&[("luma", 5_000, 1)]), "use": used}))["/discount"].clone()
    };
    assert_eq!(discount(&after), 100);
    assert_eq!(discount(&before), 600);
}

#[test]
fn s7_a_coupon_is_used_here_once_and_in_its_own_currency() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let yen = with(cart(&[("luma", 3_000, 1)]), &json!({"currency": "JPY"}));
    let quote = shop.quote("ana", &json!({"cart": yen}));
    let reason = json!([{"code": "currency_mismatch", "coupon": "USD", "cart": "JPY"}]);
    assert_eq!(quote["/not_applied/0/reasons"], reason);
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.order("ana", &body).is(201);
    shop.order("ana", &body).is(200);
    assert_eq!(shop.get(&shop.operator, "/v1/orders").column("id"), ["A"]);
}

#[test]
fn s8_validity_is_fixed_and_half_open() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let coupon = shop.collect("ana", &campaign);
    let path = format!("/v1/campaigns/{campaign}");
    let change = json!({"validity": {"expires_at": "2027-01-01T00:00:00Z"}});
    let ask = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(&change);
    ask.send().refused(422, "validity_is_fixed");
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.set_time("2026-11-30T23:59:59.999999Z");
    assert_eq!(shop.quote("ana", &body)["/discount"], 500);
    shop.set_time("2026-12-01T00:00:00Z");
    let quote = shop.quote("ana", &body);
    let reason = json!([{"code": "coupon_expired", "expires_at": "2026-12-01T00:00:00Z"}]);
    assert_eq!(quote["/not_applied/0/reasons"], reason);
}

#[test]
fn s8_pausing_stops_use_and_ending_does_not() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let coupon = shop.collect("ana", &campaign);
    let step =
        |name: &str| drop(shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/{name}"), &json!({})).is(200));
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    step("pause");
    assert_eq!(shop.quote("ana", &body).reasons_of(&coupon), ["campaign_paused"]);
    shop.order("ana", &with(body.clone(), &json!({"id": "A"}))).refused(422, "campaign_paused");
    let refused = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"campaign": campaign}));
    assert_eq!(refused.refused(409, "campaign_not_live")["/params"], json!({"campaign_status": "paused"}));
    step("resume");
    step("end");
    let refused = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"campaign": campaign}));
    refused.refused(409, "campaign_not_live");
    shop.order("ana", &with(body, &json!({"id": "A"}))).is(201);
}

#[test]
fn s8_seven_days_in_shanghai_end_with_the_seventh_day_after_the_claim() {
    let shop = Shop::new();
    shop.set_time("2027-03-01T07:00:00Z");
    let zoned = json!({"validity": {"type": "after_claim", "days": 7, "time_zone": "Asia/Shanghai"}});
    let hours = json!({"validity": {"type": "after_claim", "days": 7}});
    for (validity, expires_at) in [(zoned, "2027-03-08T16:00:00Z"), (hours, "2027-03-08T07:00:00Z")] {
        let coupon = shop.coupon("ana", &with(off(500), &validity));
        let coupon = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}"));
        assert_eq!(
            (&coupon["/starts_at"], &coupon["/expires_at"]),
            (&json!("2027-03-01T07:00:00Z"), &json!(expires_at))
        );
    }
}

#[test]
fn s8_a_coupon_that_comes_back_keeps_its_expiry() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.set_time("2026-12-02T00:00:00Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive", "expiry passing changes nothing for the order");
    let refund = shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!(refund["/coupons"], json!([{"coupon": coupon, "outcome": "expired", "status": "expired"}]));
    assert_eq!(shop.coupon_status("ana", &coupon), "expired");
}

#[test]
fn s9_a_coupon_is_never_worth_more_than_the_goods_and_the_surplus_is_booked_as_lost() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let paid = shop.paid("ana", "A", &cart(&[("luma", 300, 1)]));
    assert_eq!((&paid["/discount"], &paid["/total"]), (&json!(300), &json!(0)));
    let ledger = shop.get(&shop.operator, "/v1/ledger/entries").is(200);
    let entries = ledger["/data"].as_array().expect("entries");
    let forfeited = entries.iter().flat_map(|entry| entry["postings"].as_array().expect("postings")).any(|posting| {
        posting["ledger_account"].as_str().is_some_and(|name| name.starts_with("forfeited:")) && posting["debit"] == 200
    });
    assert!(forfeited, "{}", ledger.text);
    let refund = shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!((&refund["/amount"], &refund["/order_refunded"]), (&json!(0), &json!("full")));
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
}

#[test]
fn s10_anothers_coupon_answers_exactly_like_none() {
    let shop = Shop::new();
    let bens = shop.coupon("ben", &off(500));
    let answer = |coupon: &str| {
        let mut bodies = vec![shop.get(&shop.shopper("ana"), &format!("/v1/accounts/ana/coupons/{coupon}")).body];
        let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
        bodies.push(shop.order("ana", &body).body);
        bodies.push(shop.quote("ana", &json!({"cart": body["cart"], "use": body["use"]}))["/not_applied"].clone());
        bodies.iter_mut().filter(|body| body.is_object()).for_each(|body| body["request_id"] = Value::Null);
        json!(bodies).to_string().replace(coupon, "…")
    };
    assert_eq!(answer(&bens), answer("cpn_00000000000000000000000000"));
}

#[test]
fn s11_the_quote_lists_the_wallets_coupons_by_saving_with_reasons() {
    let shop = Shop::new();
    let small = shop.coupon("ana", &off(100));
    let large = shop.coupon("ana", &off(500));
    let middle = shop.coupon("ana", &off(300));
    let none = shop.coupon("ana", &seller_off("tako", 900));
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 3_000, 1)])}));
    assert_eq!(quote["/applied/0/coupon"], *large);
    let listed: Vec<(&Value, &Value)> = quote["/not_applied"]
        .as_array()
        .expect("three")
        .iter()
        .map(|entry| (&entry["coupon"], &entry["would_save"]))
        .collect();
    let (middle_id, small_id, none_id) = (json!(middle), json!(small), json!(none));
    assert_eq!(listed, [(&middle_id, &json!(300)), (&small_id, &json!(100)), (&none_id, &json!(0))]);
    assert_eq!(quote.reasons_of(&middle), ["stacking_group_taken"]);
    assert_eq!(quote.reasons_of(&none), ["seller_not_in_cart"]);
}

#[test]
fn s12_my_coupons_shows_all_that_were_activated_or_redeemed() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "SAVE5", None);
    let path = "/v1/accounts/ana/coupons";
    let activated = shop.post(&shop.shopper("ana"), path, &json!({"code": "SAVE5"})).is(201);
    shop.minutes_pass(1);
    let collected = shop.coupon("ana", &seller_off("luma", 100));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "close", &json!({})).is(200);
    let mine = shop.get(&shop.shopper("ana"), path).is(200);
    assert_eq!(mine.column("id"), [collected.as_str(), activated.text_at("/id")]);
    assert_eq!(mine.column("status"), ["used", "used"]);
    assert_eq!(shop.get(&shop.shopper("ana"), &format!("{path}/summary"))["/used"], 2);
}

#[test]
fn s13_a_coupon_of_the_future_is_valid_and_not_usable_yet() {
    let shop = Shop::new();
    let validity = json!({"validity": {"type": "fixed", "starts_at": "2026-11-11T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"}});
    let coupon = shop.coupon("ana", &with(off(500), &validity));
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    let body = json!({"cart": cart(&[("luma", 3_000, 1)])});
    let quote = shop.quote("ana", &body);
    assert_eq!(quote["/not_applied/0/reasons"], json!([{"code": "not_started", "starts_at": "2026-11-11T00:00:00Z"}]));
    shop.set_time("2026-11-11T00:00:00Z");
    assert_eq!(shop.quote("ana", &body)["/discount"], 500);
}

#[test]
fn s14_inactive_until_every_transaction_that_the_coupon_discounts_has_ended() {
    let shop = Shop::new();
    let lumas = shop.coupon("ana", &seller_off("luma", 100));
    let both = shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]));
    let of = |coupon: &str| shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}"));
    assert_eq!((&of(&lumas)["/status"], &of(&lumas)["/order"]), (&json!("inactive"), &json!("A")));
    shop.step("ana", "A", "close", &json!({"seller": "luma"})).is(200);
    assert_eq!(of(&lumas)["/status"], "used");
    assert_eq!(of(&both)["/status"], "inactive");
    shop.step("ana", "A", "close", &json!({"seller": "tako"})).is(200);
    assert_eq!(of(&both)["/status"], "used");
}

#[test]
fn s15_expired_by_the_clock_alone() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    shop.set_time("2026-11-30T23:59:59Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    shop.set_time("2026-12-01T00:00:00Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "expired");
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/coupons/summary")["/expired"], 1);
}

#[test]
fn s16_used_on_a_previous_order() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "close", &json!({})).is(200);
    let used = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}"));
    assert_eq!((&used["/status"], &used["/order"]), (&json!("used"), &json!("A")));
    let body = json!({"cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    assert_eq!(shop.quote("ana", &body).reasons_of(&coupon), ["coupon_used"]);
}

/// Imports a pending coupon of old data.
fn pending(shop: &Shop) -> String {
    let campaign: CampaignId = shop.live(&off(500)).parse().expect("an id");
    let at = |text: &str| Timestamp::parse(text).expect("a time");
    let command = ImportCoupon {
        account: AccountId::new("ana").expect("a name"),
        campaign,
        status: OldStatus::Pending,
        known_by: KnownBy::Nth(1),
        claimed_at: at("2025-01-01T00:00:00Z"),
        starts_at: Some(at("2025-01-01T00:00:00Z")),
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        as_is: true,
    };
    let receipt = shop.engine.submit_blocking(command, None).expect("it can be imported");
    let EngineAnswer::Imported { coupon, .. } = receipt.answer else { panic!("an import answers with its coupon") };
    coupon.id.to_string()
}

#[test]
fn s17_a_pending_coupon_is_hidden_unless_asked_for_and_never_usable() {
    let shop = Shop::with_pending(true);
    let coupon = pending(&shop);
    let list = |query: &str| {
        let page = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons{query}")).is(200);
        page.column("id").len()
    };
    assert_eq!((list(""), list("?status=valid"), list("?status=pending")), (0, 0, 1));
    let lines = cart(&[("luma", 3_000, 1)]);
    let quote = shop.quote("ana", &json!({"cart": lines}));
    assert_eq!((&quote["/discount"], &quote["/not_applied"]), (&json!(0), &json!([])));
    let body = json!({"id": "A", "cart": lines, "use": {"coupons": [coupon]}});
    shop.order("ana", &body).refused(422, "coupon_not_found");
    let named = shop.quote("ana", &json!({"cart": lines, "use": {"coupons": [coupon]}}));
    assert_eq!(named.reasons_of(&coupon), ["coupon_not_found"]);
}

#[test]
fn s17_one_setting_retires_pending_coupons() {
    let shop = Shop::with_pending(false);
    let coupon = pending(&shop);
    let page = shop.get(&shop.storefront, "/v1/accounts/ana/coupons?status=pending").is(200);
    assert!(page.column("id").is_empty());
    shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}")).refused(404, "not_found");
    shop.get(&shop.operator, &format!("/v1/coupons/{coupon}")).refused(404, "not_found");
}

/// What became of a coupon: after a partial refund, then after the rest, before or after closing.
fn matrix(issuer: &str, code: bool, closed: bool) -> [String; 2] {
    let shop = Shop::new();
    let terms = if issuer == "platform" { off(500) } else { seller_off("luma", 500) };
    let campaign = shop.live(&terms);
    let body = if code {
        shop.post(
            shop_key(&shop, issuer),
            &format!("/v1/campaigns/{campaign}/codes"),
            &json!({"kind": "shared", "code": "SAVE5"}),
        )
        .is(201);
        json!({"id": "A", "cart": cart(&[("luma", 3_000, 2)]), "use": "none", "codes": ["SAVE5"]})
    } else {
        shop.collect("ana", &campaign);
        json!({"id": "A", "cart": cart(&[("luma", 3_000, 2)])})
    };
    let coupon = shop.order("ana", &body).is(201).text_at("/applied/0/coupon").to_owned();
    shop.step("ana", "A", "pay", &json!({})).is(200);
    if closed {
        shop.step("ana", "A", "close", &json!({})).is(200);
    }
    ["r-1", "r-2"].map(|id| {
        shop.step("ana", "A", "refunds", &json!({"id": id, "lines": [{"line": "l1", "quantity": 1}]})).is(201);
        shop.coupon_status("ana", &coupon)
    })
}

fn shop_key<'a>(shop: &'a Shop, issuer: &str) -> &'a str {
    if issuer == "platform" { &shop.operator } else { &shop.luma }
}

#[test]
fn s18_a_platform_coupon_comes_back_on_full_refund_only_and_a_code_never() {
    assert_eq!(matrix("platform", false, false), ["inactive", "valid"]);
    assert_eq!(matrix("platform", false, true), ["used", "valid"]);
    assert_eq!(matrix("platform", true, false), ["inactive", "used"]);
    assert_eq!(matrix("platform", true, true), ["used", "used"]);
}

#[test]
fn s18_an_activated_codes_coupon_follows_its_issuers_column() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "SAVE5", Some(1));
    let coupon = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"code": "SAVE5"})).is(201);
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!(shop.coupon_status("ana", coupon.text_at("/id")), "valid");
    let other = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": "SAVE5"}));
    other.refused(409, "code_uses_exhausted");
}

#[test]
fn s18_terms_may_choose_another_matrix() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &with(off(500), &json!({"refund_policy": {"full_refund": "keep"}})));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!(shop.coupon_status("ana", &coupon), "used");
}

#[test]
fn s19_a_sellers_coupon_works_in_its_store_and_is_kept_on_any_refund() {
    assert_eq!(matrix("luma", false, false), ["inactive", "used"]);
    assert_eq!(matrix("luma", false, true), ["used", "used"]);
    assert_eq!(matrix("luma", true, false), ["inactive", "used"]);
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &seller_off("luma", 500));
    let quote = shop.quote("ana", &json!({"cart": cart(&[("tako", 3_000, 1)])}));
    assert_eq!(quote["/not_applied/0/reasons"], json!([{"code": "seller_not_in_cart", "seller": "luma"}]));
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)])}));
    assert_eq!((&quote["/lines/0/discount"], &quote["/lines/1/discount"]), (&json!(500), &json!(0)));
    assert_eq!(quote["/applied/0/coupon"], *coupon);
}

#[test]
fn s19_cancelled_before_payment_a_sellers_coupon_comes_back() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &seller_off("luma", 500));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
}

#[test]
fn s20_one_platform_coupon_is_split_over_the_lines_of_many_sellers() {
    let shop = Shop::new();
    shop.coupon("ana", &terms(&json!({"type": "platform"}), &json!({"type": "amount_off", "amount": 100})));
    let paid = shop.paid("ana", "A", &cart(&[("luma", 1_000, 1), ("tako", 1_000, 1), ("moby", 1_000, 1)]));
    let shares: Vec<&Value> = paid["/sellers"].as_array().expect("three").iter().map(|one| &one["discount"]).collect();
    assert_eq!(shares, [34, 33, 33]);
    assert_eq!(paid["/transactions"].as_array().map(Vec::len), Some(3));
    for (seller, left) in [("moby", 967), ("luma", 966), ("tako", 967)] {
        let refund = shop.step("ana", "A", "refunds", &json!({"id": seller, "seller": seller})).is(201);
        assert_eq!(refund["/amount"], left);
    }
}

#[test]
fn s21_buy_all_from_this_seller_takes_its_group_of_the_cart() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let lines = cart(&[("luma", 3_000, 1), ("tako", 2_000, 1), ("luma", 1_000, 1)]);
    let whole = shop.quote("ana", &json!({"cart": lines}));
    assert_eq!((&whole["/subtotal"], whole["/sellers"].as_array().map(Vec::len)), (&json!(6_000), Some(2)));
    let lumas = shop.quote("ana", &json!({"cart": lines, "only_seller": "luma"}));
    assert_eq!((&lumas["/subtotal"], &lumas["/total"]), (&json!(4_000), &json!(3_500)));
    let ids: Vec<&Value> = lumas["/lines"].as_array().expect("two").iter().map(|line| &line["id"]).collect();
    assert_eq!(ids, ["l1", "l3"]);
}
