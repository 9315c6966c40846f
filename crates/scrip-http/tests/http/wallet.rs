//! Collecting, activating, and the wallet.

use serde_json::{Value, json};

use crate::shop::{NOON, Shop, cart, off, with};

#[test]
fn a_collected_coupon_shows_its_campaigns_terms() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"minimum_spend": {"amount": 2_000}})));
    let claim = json!({"campaign": campaign, "channel": "web", "source": "homepage"});
    let made = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).is(201);
    let id = made.text_at("/id");
    assert!(id.starts_with("cpn_") && id.len() == 30);
    let expected = json!({
        "id": id, "account": "ana", "campaign": campaign, "terms_version": 1, "issuer": {"type": "platform"},
        "currency": "USD", "status": "valid", "name": "Test",
        "scope": {"include_on_sale": false, "products": [], "categories": [], "exclude_products": [], "exclude_categories": []},
        "benefit": {"type": "amount_off", "amount": 500},
        "minimum_spend": {"amount": 2_000, "comparison": "exceeds", "base": "after_earlier_lanes"},
        "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z", "channel": "web",
        "source": "homepage", "claimed_at": NOON, "as_is": false, "order": null, "reason": null
    });
    assert_eq!(made.body, expected);
    let path = format!("/v1/accounts/ana/coupons/{id}");
    assert_eq!(made.header("location"), Some(path.as_str()));
    assert_eq!(shop.get(&shop.storefront, &path).is(200).body, expected);
    assert_eq!(shop.get(&shop.shopper("ana"), &path).is(200).body, expected);
    assert_eq!(shop.get(&shop.operator, &format!("/v1/coupons/{id}")).is(200).body, expected);
}

#[test]
fn a_claims_channel_is_web_unless_named() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let made = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"campaign": campaign})).is(201);
    assert_eq!((&made["/channel"], &made["/source"]), (&json!("web"), &Value::Null));
}

#[test]
fn a_code_is_activated_whatever_its_case_spaces_and_dashes() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.shared_code(&campaign, "save-10", Some(2));
    for (account, code) in [("ana", "SAVE10"), ("ben", " save - 10")] {
        let path = format!("/v1/accounts/{account}/coupons");
        let made = shop.post(&shop.storefront, &path, &json!({"code": code})).is(201);
        assert_eq!(made["/channel"], "code");
    }
    let third = shop.post(&shop.storefront, "/v1/accounts/cleo/coupons", &json!({"code": "SAVE10"}));
    third.refused(409, "code_uses_exhausted");
}

#[test]
fn the_last_of_the_stock_is_the_last() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 2, "budget": "unlimited"}})));
    shop.collect("ana", &campaign);
    shop.collect("ben", &campaign);
    shop.post(&shop.storefront, "/v1/accounts/cleo/coupons", &json!({"campaign": campaign})).refused(409, "sold_out");
    assert_eq!(shop.counters(&campaign)["claimed"], 2);
}

#[test]
fn the_wallet_is_listed_newest_or_soonest_to_expire_in_pages() {
    let shop = Shop::new();
    let mut coupons = Vec::new();
    for day in [20, 30, 10, 25, 15] {
        let validity = json!({"type": "after_claim", "days": day});
        coupons.push(shop.coupon("ana", &with(off(100), &json!({"validity": validity}))));
        shop.minutes_pass(1);
    }
    let pages = |sort: &str| {
        let mut all: Vec<String> = Vec::new();
        let mut path = format!("/v1/accounts/ana/coupons?limit=2&sort={sort}");
        loop {
            let page = shop.get(&shop.storefront, &path).is(200);
            all.extend(page.column("id").into_iter().map(str::to_owned));
            let Some(cursor) = page["/next_cursor"].as_str() else { return all };
            path = format!("/v1/accounts/ana/coupons?limit=2&sort={sort}&cursor={cursor}");
        }
    };
    let in_order = |places: [usize; 5]| places.map(|place| coupons[place].clone());
    assert_eq!(pages("newest"), in_order([4, 3, 2, 1, 0]));
    assert_eq!(pages("expiring"), in_order([2, 4, 0, 3, 1]));
    let all = shop.get(&shop.storefront, "/v1/accounts/ana/coupons").is(200);
    assert_eq!((all.column("id").len(), &all["/next_cursor"]), (5, &Value::Null));
}

#[test]
fn every_status_has_its_list_and_its_count() {
    let shop = Shop::new();
    let three = json!({"limits": {"per_individual": 9, "budget": "unlimited"}});
    let campaign = shop.live(&with(off(100), &three));
    let short = with(with(off(100), &three), &json!({"validity": {"type": "after_claim", "days": 1}}));
    let short = shop.live(&short);
    let expired = shop.collect("ana", &short);
    let used = shop.collect("ana", &campaign);
    let body = json!({"id": "A", "cart": cart(&[("luma", 1_000, 1)]), "use": {"coupons": [used]}});
    shop.order("ana", &body).is(201);
    shop.step("ana", "A", "pay", &json!({})).is(200);
    shop.step("ana", "A", "close", &json!({})).is(200);
    let inactive = shop.collect("ana", &campaign);
    let body = json!({"id": "B", "cart": cart(&[("luma", 1_000, 1)]), "use": {"coupons": [inactive]},
        "hold_minutes": 10_080});
    shop.order("ana", &body).is(201);
    shop.minutes_pass(2 * 24 * 60);
    let valid = shop.collect("ana", &campaign);
    for (status, coupon) in [("valid", &valid), ("inactive", &inactive), ("used", &used), ("expired", &expired)] {
        let page = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons?status={status}")).is(200);
        assert_eq!(page.column("id"), [coupon.as_str()], "{status}");
        assert_eq!(page.column("status"), [status]);
    }
    for status in ["reclaimed", "pending"] {
        let page = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons?status={status}")).is(200);
        assert!(page.column("id").is_empty());
    }
    let summary = shop.get(&shop.storefront, "/v1/accounts/ana/coupons/summary").is(200);
    assert_eq!(summary.body, json!({"valid": 1, "inactive": 1, "used": 1, "expired": 1, "reclaimed": 0}));
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/coupons").column("id").len(), 4);
}

#[test]
fn an_account_that_nobody_heard_of_has_an_empty_wallet() {
    let shop = Shop::new();
    let page = shop.get(&shop.storefront, "/v1/accounts/nobody/coupons").is(200);
    assert_eq!(page.body, json!({"data": [], "next_cursor": null}));
    let summary = shop.get(&shop.storefront, "/v1/accounts/nobody/coupons/summary").is(200);
    assert_eq!(summary["/valid"], 0);
}

#[test]
fn a_shopper_has_its_own_account_and_no_other() {
    let shop = Shop::new();
    let ben = shop.coupon("ben", &off(500));
    let token = shop.shopper("ana");
    let quote = json!({"cart": cart(&[("luma", 1_000, 1)])});
    for path in [
        "/v1/accounts/ben/coupons".to_owned(),
        "/v1/accounts/ben/coupons/summary".to_owned(),
        format!("/v1/accounts/ben/coupons/{ben}"),
        "/v1/accounts/ben/offers".to_owned(),
        "/v1/accounts/ben/orders".to_owned(),
        "/v1/accounts/ben/orders/A".to_owned(),
        "/v1/accounts/ben/orders/A/refunds".to_owned(),
    ] {
        shop.get(&token, &path).refused(404, "not_found");
    }
    shop.post(&token, "/v1/accounts/ben/quotes", &quote).refused(404, "not_found");
    let campaign = shop.live(&off(100));
    shop.post(&token, "/v1/accounts/ben/coupons", &json!({"campaign": campaign})).refused(404, "not_found");
    shop.post(&token, "/v1/accounts/ana/coupons", &json!({"campaign": campaign})).is(201);
    shop.post(&token, "/v1/accounts/ana/quotes", &quote).is(200);
}

#[test]
fn a_wallet_holds_a_thousand_coupons_and_says_so_at_the_next() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(1), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    let claims: Vec<Value> = (0..1_000).map(|_| json!({"account": "ana", "campaign": campaign})).collect();
    let mut full = None;
    for _ in 0..3 {
        let answer = shop.post(&shop.storefront, "/v1/claims/batch", &json!({"claims": claims})).is(200);
        full = answer["/results"].as_array().expect("results").iter().find(|one| one["status"] != 201).cloned();
        if full.is_some() {
            break;
        }
    }
    let full = full.expect("a wallet has an end");
    assert_eq!((&full["status"], &full["problem"]["code"]), (&json!(409), &json!("wallet_full")));
}

#[test]
fn a_cursor_is_of_one_list_sorted_and_filtered_in_one_way() {
    let shop = Shop::new();
    shop.live(&off(1));
    shop.live(&off(2));
    let page = shop.get(&shop.operator, "/v1/campaigns?limit=1").is(200);
    let of_the_platform = format!("/v1/campaigns?issuer=platform&cursor={}", page.text_at("/next_cursor"));
    shop.get(&shop.operator, &of_the_platform).refused(400, "invalid_field").about("cursor");
    for account in ["ana", "ben"] {
        for _ in 0..2 {
            shop.coupon(account, &off(500));
            shop.order(
                account,
                &json!({"id": format!("A-{}", shop.journal_end()), "cart": cart(&[("luma", 1, 1)]), "use": "none"}),
            )
            .is(201);
            shop.minutes_pass(1);
        }
    }
    let wallet = "/v1/accounts/ana/coupons?limit=1";
    let lists = [
        wallet,
        "/v1/accounts/ana/coupons?limit=1&sort=expiring",
        "/v1/accounts/ana/coupons?limit=1&status=valid",
        "/v1/accounts/ben/coupons?limit=1",
        "/v1/orders?limit=1",
        "/v1/orders?limit=1&seller=luma",
        "/v1/accounts/ana/orders?limit=1",
        "/v1/campaigns?limit=1",
        "/v1/campaigns?limit=1&status=live",
        "/v1/keys?limit=1",
        "/v1/accounts/ana/offers?limit=1",
        "/v1/accounts/ana/offers?limit=1&seller=luma",
    ];
    let cursors: Vec<String> =
        lists.iter().map(|list| shop.get(&shop.operator, list).is(200).text_at("/next_cursor").to_owned()).collect();
    for (list, own) in lists.iter().zip(&cursors) {
        for cursor in &cursors {
            let answer = shop.get(&shop.operator, &format!("{list}&cursor={cursor}"));
            if cursor == own {
                answer.is(200);
            } else {
                answer.refused(400, "invalid_field").about("cursor");
            }
        }
    }
    // A default that is written out is the same list, and how long a page is has nothing to do with it.
    shop.get(&shop.operator, &format!("/v1/accounts/ana/coupons?sort=newest&limit=9&cursor={}", cursors[0])).is(200);
}
