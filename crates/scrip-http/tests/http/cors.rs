//! Pages of other origins: what browsers let them read.

use scrip_desk::Access;
use scrip_http::{PERMISSIONS, is_open};
use serde_json::json;

use crate::shop::{Answer, Ask, Shop, off};

const PAGE: &str = "https://shop.example";
const OTHER: &str = "https://shop.example.evil";
const COUPONS: &str = "/v1/accounts/ana/coupons";

fn shop() -> Shop {
    Shop::with_origins(&[PAGE, "http://localhost:3000"])
}

/// As a browser asks before it sends what a page wants to.
fn asked(shop: &Shop, origin: &str, method: &str, path: &str) -> Answer {
    let ask = shop.ask("OPTIONS", path).header("origin", origin).header("access-control-request-method", method);
    ask.header("access-control-request-headers", "authorization,content-type,idempotency-key").send()
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[test]
fn a_page_of_an_allowed_origin_uses_a_shoppers_token() {
    let shop = shop();
    let campaign = shop.live(&off(500));
    let token = shop.shopper("ana");
    let before = asked(&shop, PAGE, "POST", COUPONS).is(204);
    assert_eq!(allowed(&before), Some(PAGE));
    assert_eq!(before.header("access-control-allow-methods"), Some("GET, POST"));
    for header in ["authorization", "content-type", "idempotency-key"] {
        assert!(before.header("access-control-allow-headers").is_some_and(|taken| taken.contains(header)));
    }
    assert!(before.header("vary").is_some_and(|vary| vary.starts_with("Origin")));
    assert!(before.header("x-request-id").is_some() && before.header("access-control-allow-credentials").is_none());
    let by_page = |ask: Ask<'_>| ask.by(&token).header("origin", PAGE).send();
    let made = by_page(shop.ask("POST", COUPONS).json(&json!({"campaign": campaign}))).is(201);
    assert_eq!((allowed(&made), made.header("vary")), (Some(PAGE), Some("Origin")));
    let exposed = made.header("access-control-expose-headers").expect("some");
    for header in ["X-Request-Id", "Retry-After", "Idempotent-Replayed", "ETag", "Location", "Tables-Rebuilding"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    // A refusal is read too, or the page couldn't say why.
    let refused = by_page(shop.ask("POST", COUPONS).json(&json!({"campaign": campaign})));
    assert_eq!(allowed(&refused.refused(409, "individual_limit_reached")), Some(PAGE));
    let nobody = shop.ask("GET", COUPONS).header("origin", "http://localhost:3000").send();
    assert_eq!(allowed(&nobody.refused(401, "unauthenticated")), Some("http://localhost:3000"));
    assert_eq!(allowed(&shop.ask("GET", "/v1/currencies").header("origin", PAGE).send().is(200)), Some(PAGE));
    assert_eq!(allowed(&by_page(shop.ask("HEAD", COUPONS)).is(200)), Some(PAGE));
}

#[test]
fn pages_of_other_origins_and_other_operations_are_told_nothing() {
    let shop = shop();
    let token = shop.shopper("ana");
    for origin in [OTHER, "null", "http://shop.example", "https://shop.example:8443", "https://SHOP.example"] {
        let told = asked(&shop, origin, "GET", COUPONS).refused(401, "unauthenticated");
        assert_eq!((allowed(&told), told.header("vary")), (None, Some("Origin")), "{origin}");
        let read = shop.ask("GET", COUPONS).by(&token).header("origin", origin).send().is(200);
        assert_eq!((allowed(&read), read.header("vary")), (None, Some("Origin")), "{origin}");
    }
    // What a cache keeps for one may not be another's.
    assert_eq!(shop.ask("GET", COUPONS).by(&token).send().is(200).header("vary"), Some("Origin"));
    for row in PERMISSIONS.iter() {
        let path = row.path.replace("{account}", "ana").replace("{order}", "A").replace("{refund}", "r");
        let path = path
            .split('{')
            .next()
            .map_or(path.clone(), |begin| if begin.len() < path.len() { format!("{begin}x") } else { path.clone() });
        if path.contains("/x") {
            continue;
        }
        let may = row.access[3] != Access::No || is_open(row.method, row.path);
        let told = asked(&shop, PAGE, row.method, &path);
        assert_eq!(allowed(&told).is_some(), may, "{} {path}: {} {}", row.method, told.status, told.text);
        let sent = shop.ask(row.method, &path).by(&shop.operator).header("origin", PAGE).json(&json!({})).send();
        assert_eq!(allowed(&sent).is_some(), may, "{} {path}: {}", row.method, sent.status);
    }
    for path in ["/metrics", "/openapi.json", "/docs", "/v1/nothing"] {
        assert_eq!(allowed(&shop.ask("GET", path).header("origin", PAGE).send()), None, "{path}");
    }
}

#[test]
fn without_the_setting_no_page_is_told_anything() {
    let shop = Shop::new();
    let told = asked(&shop, PAGE, "GET", COUPONS).refused(401, "unauthenticated");
    assert_eq!((allowed(&told), told.header("vary")), (None, None));
    let token = shop.shopper("ana");
    let read = shop.ask("GET", COUPONS).by(&token).header("origin", PAGE).send().is(200);
    assert_eq!((allowed(&read), read.header("vary")), (None, None));
}
