//! Members and parameters that integrators asked for: names, and events by type and account.

use serde_json::json;

use crate::shop::{Shop, cart, off, with};

#[test]
fn coupons_and_what_is_applied_have_their_campaigns_name() {
    let shop = Shop::new();
    let terms = with(off(500), &json!({"name": "Welcome 5.00", "scope": {"products": ["lamp"]}}));
    let campaign = shop.live(&terms);
    let coupon = shop.collect("ana", &campaign);
    let shown = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}")).is(200);
    assert_eq!((&shown["/name"], &shown["/scope/products"]), (&json!("Welcome 5.00"), &json!(["lamp"])));
    let bought = cart(&[("luma", 3_000, 1)]);
    assert_eq!(shop.quote("ana", &json!({"cart": bought}))["/applied/0/name"], "Welcome 5.00");
    assert_eq!(shop.paid("ana", "A", &bought)["/applied/0/name"], "Welcome 5.00");
    // A name may change, and is shown as it is now.
    let path = format!("/v1/campaigns/{campaign}");
    shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(&json!({"name": "Hello"})).send().is(200);
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200)["/applied/0/name"], "Hello");
}

#[test]
fn the_feed_is_read_by_type_and_account() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.collect("ana", &campaign);
    shop.collect("ben", &campaign);
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    let types = |query: &str| {
        let page = shop.get(&shop.operator, &format!("/v1/events?limit=100&{query}")).is(200);
        page.column("type").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(types("types=coupon.claimed"), ["coupon.claimed", "coupon.claimed"]);
    assert_eq!(types("types=coupon.claimed,order.*&account=ana"), ["coupon.claimed", "order.placed", "order.paid"]);
    assert_eq!(types("account=ben"), ["coupon.claimed"]);
    for bad in ["", "coupon", "coupons.*", "*", "coupon.claimed,", "order.lost"] {
        shop.get(&shop.operator, &format!("/v1/events?types={bad}")).refused(400, "invalid_field").about("types");
    }
    shop.get(&shop.storefront, "/v1/events?account=ana").refused(403, "forbidden");
    shop.get(&shop.operator, "/v1/events?wait=31").refused(400, "invalid_field").about("wait");
    // What isn't wanted is passed, so that a reader of few comes forward.
    let page = shop.get(&shop.operator, "/v1/events?types=order.paid&limit=1").is(200);
    let rest = format!("/v1/events?types=order.paid&cursor={}", page.text_at("/next_cursor"));
    assert_eq!(shop.get(&shop.operator, &rest).is(200).column("type"), Vec::<&str>::new());
    // Something there is answered at once, however long the caller would wait.
    assert_eq!(types("types=order.paid&wait=30"), ["order.paid"]);
}
