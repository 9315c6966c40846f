//! Lists of what is large: a page ends where it is full, and pages leave nothing out.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, with};

/// More than a page and what stands last on one.
const PAGE_MAX: usize = 1_600_000;
const LARGE: usize = 12;

/// About half a megabyte of names.
fn wide(number: usize) -> Value {
    let names = |what: &str| -> Vec<String> {
        (0..1_000).map(|entry| format!("{what}-{number}-{entry}-{}", "x".repeat(100))).collect()
    };
    json!({"products": names("p"), "categories": names("c"), "exclude_products": names("xp"), "exclude_categories": names("xc")})
}

/// What identifies every entry of a list, page by page.
fn ids(shop: &Shop, key: &str, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = shop.get(key, &format!("{path}?limit=100{cursor}")).is(200);
        let bytes = page.body.to_string().len();
        assert!(bytes < PAGE_MAX, "{bytes} bytes");
        let entries = page["/data"].as_array().expect("a list");
        let id = |entry: &Value| {
            entry.get("id").or_else(|| entry.get("campaign")).and_then(Value::as_str).map(str::to_owned)
        };
        all.extend(entries.iter().map(|entry| id(entry).expect("an id")));
        match page["/next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(!entries.is_empty());
    }
    all
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids
}

#[test]
fn campaigns_offers_and_coupons_with_long_lists_come_in_pages_of_a_megabyte() {
    let shop = Shop::new();
    // The clock stands still: which of two is the older one only their ids say.
    let campaigns: Vec<String> =
        sorted((0..LARGE).map(|number| shop.live(&with(off(100), &json!({"scope": wide(number)})))).collect());
    let coupons: Vec<String> = campaigns.iter().map(|campaign| shop.collect("ana", campaign)).collect();
    assert_eq!(ids(&shop, &shop.operator, "/v1/campaigns"), campaigns);
    assert_eq!(ids(&shop, &shop.storefront, "/v1/accounts/ana/offers"), campaigns);
    assert_eq!(sorted(ids(&shop, &shop.shopper("ana"), "/v1/accounts/ana/coupons")), sorted(coupons));
}

#[test]
fn orders_of_many_categories_come_in_pages_of_a_megabyte() {
    let shop = Shop::new();
    let large = |order: usize| {
        let mut cart = cart(&[("luma", 3_000, 1); 100]);
        for (number, line) in cart["lines"].as_array_mut().expect("lines").iter_mut().enumerate() {
            let names = (0..50).map(|each| format!("{order}-{number}-{each}-{}", "x".repeat(90)));
            line["categories"] = names.collect();
        }
        cart
    };
    for order in 0..LARGE {
        shop.order("ana", &json!({"id": format!("o{order:02}"), "cart": large(order), "use": "none"})).is(201);
        shop.minutes_pass(1);
    }
    let newest_first: Vec<String> = (0..LARGE).rev().map(|order| format!("o{order:02}")).collect();
    assert_eq!(ids(&shop, &shop.storefront, "/v1/accounts/ana/orders"), newest_first);
    assert_eq!(ids(&shop, &shop.operator, "/v1/orders"), newest_first);
}

#[test]
fn a_feed_of_large_events_leaves_nothing_out() {
    let shop = Shop::new();
    for number in 0..LARGE {
        shop.live(&with(off(100), &json!({"scope": wide(number)})));
        shop.collect("ana", &shop.live(&off(100)));
    }
    let (mut created, mut claimed, mut cursor, mut pages) = (0, 0, String::new(), 0);
    loop {
        let page = shop.get(&shop.operator, &format!("/v1/events?limit=100{cursor}")).is(200);
        created += page.column("type").iter().filter(|kind| **kind == "campaign.created").count();
        claimed += page.column("type").iter().filter(|kind| **kind == "coupon.claimed").count();
        pages += 1;
        if page["/has_more"] == false {
            break;
        }
        cursor = format!("&cursor={}", page.text_at("/next_cursor"));
    }
    assert_eq!((created, claimed), (2 * LARGE, LARGE));
    assert!(pages > 2, "{pages} pages of at most two megabytes of each bucket's journal");
}

#[test]
fn refunds_come_in_pages_and_a_sellers_are_its_own() {
    let shop = Shop::new();
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]));
    for number in 0..40 {
        let line = if number % 4 == 0 { "l2" } else { "l1" };
        let cent =
            json!({"id": format!("r{number:02}"), "amounts": [{"line": line, "amount": 1, "reason": "dispute"}]});
        shop.step("ana", "A", "refunds", &cent).is(201);
    }
    let path = "/v1/accounts/ana/orders/A/refunds";
    let first = shop.get(&shop.storefront, path).is(200);
    assert_eq!(first.column("id").len(), 25, "as many as a page has where nobody says how many");
    let rest = shop.get(&shop.storefront, &format!("{path}?cursor={}", first.text_at("/next_cursor"))).is(200);
    assert_eq!(
        [first.column("id"), rest.column("id")].concat(),
        (0..40).map(|n| format!("r{n:02}")).collect::<Vec<_>>()
    );
    assert_eq!(rest["/next_cursor"], Value::Null);
    let of_tako: Vec<String> = (0..10).map(|n| format!("r{:02}", 4 * n)).collect();
    assert_eq!(ids(&shop, &shop.tako, path), of_tako);
    // Of whole orders of many lines few fill a page.
    shop.paid("ana", "B", &cart(&[("luma", 3_000, 99); 200]));
    for number in 0..60 {
        let lines: Vec<Value> = (1..=200).map(|line| json!({"line": format!("l{line}"), "quantity": 1})).collect();
        shop.step("ana", "B", "refunds", &json!({"id": format!("s{number:02}"), "lines": lines})).is(201);
    }
    let all: Vec<String> = (0..60).map(|n| format!("s{n:02}")).collect();
    assert_eq!(ids(&shop, &shop.operator, "/v1/accounts/ana/orders/B/refunds"), all);
    assert_eq!(ids(&shop, &shop.luma, "/v1/accounts/ana/orders/B/refunds"), all);
    let of_others = format!("{path}?cursor={}", first.text_at("/next_cursor"));
    shop.get(&shop.tako, &of_others).refused(400, "invalid_field").about("cursor");
}
