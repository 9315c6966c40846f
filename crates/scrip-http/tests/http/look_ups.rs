//! Who finds what across accounts, and what a shopper's token opens.

use scrip_desk::Access;
use scrip_http::PERMISSIONS;
use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, seller_off, shipped};

const NOBODY: &str = "00000000000000000000000000";

/// Orders of two accounts: `A` of ana with both sellers, `B` of ben with tako alone.
fn orders(shop: &Shop) {
    shop.coupon("ana", &off(600));
    let both = shipped(cart(&[("luma", 3_000, 1), ("tako", 1_000, 1)]), &[("luma", 70), ("tako", 50)]);
    shop.paid("ana", "A", &both);
    shop.minutes_pass(1);
    shop.order("ben", &json!({"id": "B", "cart": cart(&[("tako", 2_000, 1)])})).is(201);
}

#[test]
fn orders_are_found_by_role_and_each_sees_what_it_may() {
    let shop = Shop::new();
    orders(&shop);
    for key in [&shop.operator, &shop.storefront] {
        let found = shop.get(key, "/v1/orders").is(200);
        assert_eq!(found.column("account"), ["ben", "ana"]);
        assert_eq!(found["/data/1/total"], 4_120 - 600);
        assert_eq!(shop.get(key, "/v1/orders?account=ben").is(200).column("id"), ["B"]);
        assert_eq!(shop.get(key, "/v1/orders?seller=luma&status=paid").is(200).column("id"), ["A"]);
    }
    // A seller finds orders that it is part of, and of them its own part, totals too.
    let of_luma = shop.get(&shop.luma, "/v1/orders").is(200);
    assert_eq!(of_luma.column("id"), ["A"]);
    assert_eq!((&of_luma["/data/0/subtotal"], &of_luma["/data/0/total"]), (&json!(3_000), &json!(3_070 - 450)));
    assert!(!of_luma.text.contains("tako"), "{}", of_luma.text);
    assert_eq!(shop.get(&shop.tako, "/v1/orders").is(200).column("id"), ["B", "A"]);
    assert_eq!(shop.get(&shop.luma, "/v1/orders?seller=tako").is(200)["/data"], json!([]));
    assert_eq!(shop.get(&shop.luma, "/v1/orders?account=ben").is(200)["/data"], json!([]));
    // By id, which is unique in an account only, and by time.
    shop.order("cleo", &json!({"id": "B", "cart": cart(&[("luma", 700, 1)])})).is(201);
    let found = |key: &str, query: &str| shop.get(key, &format!("/v1/orders?{query}")).is(200);
    assert_eq!(found(&shop.operator, "id=B").column("account"), ["cleo", "ben"]);
    assert_eq!(found(&shop.luma, "id=B").column("account"), ["cleo"]);
    assert_eq!(found(&shop.tako, "id=B&account=cleo")["/data"], json!([]));
    assert_eq!(found(&shop.operator, "id=B&account=cleo").column("id"), ["B"]);
    assert_eq!(found(&shop.operator, "until=2026-11-10T12:01:00Z").column("id"), ["A"]);
    assert_eq!(found(&shop.operator, "from=2026-11-10T12:01:00Z&until=2026-11-10T12:02:00Z").column("id"), ["B", "B"]);
    shop.get(&shop.operator, "/v1/orders?until=soon").refused(400, "invalid_field").about("until");
    let first = found(&shop.operator, "id=B&limit=1");
    let rest = format!("id=B&limit=1&cursor={}", first.text_at("/next_cursor"));
    assert_eq!(found(&shop.operator, &rest).column("account"), ["ben"]);
    shop.step("cleo", "B", "cancel", &json!({})).is(200);
    // Revised away from a seller, it is none of its business any more.
    shop.step("ben", "B", "revise", &json!({"cart": cart(&[("luma", 500, 1)])})).is(200);
    assert_eq!(shop.get(&shop.tako, "/v1/orders").is(200).column("id"), ["A"]);
    assert_eq!(shop.get(&shop.luma, "/v1/orders?status=paid").is(200).column("id"), ["A"]);
    assert_eq!(shop.get(&shop.luma, "/v1/orders").is(200).column("account"), ["cleo", "ben", "ana"]);
    shop.get(&shop.shopper("ana"), "/v1/orders").refused(403, "forbidden");
}

#[test]
fn coupons_are_found_by_role_wherever_they_are() {
    let shop = Shop::new();
    let of_platform = shop.coupon("ana", &off(500));
    let of_luma = shop.coupon("ben", &seller_off("luma", 300));
    let campaign = shop.live(&off(100));
    shop.shared_code(&campaign, "SAVE1", None);
    let body = json!({"id": "C", "cart": cart(&[("tako", 900, 1)]), "use": "none", "codes": ["SAVE1"]});
    let by_code = shop.order("cleo", &body).is(201).text_at("/applied/0/coupon").to_owned();
    let find = |key: &str, coupon: &str| shop.get(key, &format!("/v1/coupons/{coupon}"));
    for key in [&shop.operator, &shop.storefront] {
        assert_eq!(find(key, &of_platform).is(200)["/account"], "ana");
        assert_eq!(find(key, &of_luma).is(200)["/account"], "ben");
        let held = find(key, &by_code).is(200);
        assert_eq!((&held["/account"], &held["/order"]), (&json!("cleo"), &json!("C")));
    }
    find(&shop.luma, &of_luma).is(200);
    for foreign in [&of_platform, &by_code] {
        find(&shop.luma, foreign).refused(404, "not_found");
    }
    find(&shop.tako, &of_luma).refused(404, "not_found");
    find(&shop.shopper("ana"), &of_platform).refused(403, "forbidden");
    // Used or expired it is found all the same; what a cancelled order's code made is gone.
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "close", &json!({})).is(200);
    assert_eq!(find(&shop.operator, &of_platform).is(200)["/status"], "used");
    shop.step("cleo", "C", "cancel", &json!({})).is(200);
    find(&shop.operator, &by_code).refused(404, "not_found");
}

#[test]
fn a_shoppers_token_opens_its_own_account_only_on_every_operation() {
    let shop = Shop::new();
    orders(&shop);
    let (own, other) = (shop.shopper("ana"), shop.shopper("cleo"));
    let mut tried = 0;
    for row in PERMISSIONS.iter().filter(|row| row.access[3] == Access::Own) {
        assert!(row.path.contains("{account}"), "{}: own is by the account in the path", row.path);
        let (path, body) = (filled(row.path), example(row.path));
        let as_owner = shop.ask(row.method, &path).by(&own).json(&body).send();
        assert!(!matches!(as_owner.status, 401 | 403), "{} {path}: {}", row.method, as_owner.text);
        // Another's answers exactly like one that nobody has.
        let ask = |path: &str| {
            let mut answer = shop.ask(row.method, path).by(&other).json(&body).send().refused(404, "not_found").body;
            answer["request_id"] = Value::Null;
            answer
        };
        assert_eq!(ask(&path), ask(&path.replace("/ana/", "/nobody/")), "{} {path}", row.method);
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} operations are a shopper's");
}

/// The path with ids that nothing has.
fn filled(path: &str) -> String {
    path.replace("{account}", "ana")
        .replace("{campaign}", &format!("cmp_{NOBODY}"))
        .replace("{coupon}", &format!("cpn_{NOBODY}"))
        .replace("{order}", "A-1")
        .replace("{refund}", "r-1")
        .replace("{job}", &format!("job_{NOBODY}"))
        .replace("{key}", &format!("key_{NOBODY}"))
}

/// A body that a role may send where the operation lets it.
fn example(path: &str) -> Value {
    let cart = cart(&[("luma", 1_000, 1)]);
    match path {
        "/v1/accounts/{account}/quotes" => json!({"cart": cart}),
        "/v1/accounts/{account}/orders" => json!({"id": "A-1", "cart": cart}),
        "/v1/accounts/{account}/orders/{order}/revise" => json!({"cart": cart}),
        "/v1/accounts/{account}/orders/{order}/extend" => json!({"hold_minutes": 5}),
        "/v1/accounts/{account}/orders/{order}/refunds" => json!({"id": "r-1", "all": true, "preview": true}),
        "/v1/accounts/{account}/coupons" => json!({"campaign": format!("cmp_{NOBODY}")}),
        "/v1/claims/batch" => json!({"claims": [{"account": "ana", "campaign": format!("cmp_{NOBODY}")}]}),
        "/v1/shopper-tokens" => json!({"account": "ana"}),
        "/v1/keys" => json!({"role": "storefront"}),
        _ => json!({}),
    }
}
