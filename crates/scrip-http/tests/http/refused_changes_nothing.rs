//! What is refused leaves wallet, campaigns and orders as they were.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, terms, with};

fn lists(shop: &Shop) -> Vec<Value> {
    let paths = ["/v1/accounts/ana/coupons", "/v1/campaigns", "/v1/orders"];
    paths.iter().map(|path| shop.get(&shop.operator, path).is(200).body).collect()
}

#[test]
fn refused_commands_leave_every_list_as_it_was() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    shop.collect("ana", &campaign);
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let before = lists(&shop);
    for body in [
        json!({"id": "B", "cart": cart(&[("luma", 3_000, 0)])}),
        json!({"id": "B", "cart": cart(&[])}),
        json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)]), "use": "worst"}),
        json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)]), "hold_minutes": 0}),
    ] {
        shop.order("ana", &body).refused(400, "invalid_field");
    }
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 1, 1)])})).refused(409, "order_exists");
    let twice = json!({"campaign": campaign});
    shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &twice).refused(409, "individual_limit_reached");
    shop.post(&shop.operator, "/v1/campaigns", &with(off(1), &json!({"name": ""}))).refused(400, "invalid_field");
    assert_eq!(lists(&shop), before);
}

#[test]
fn a_refused_revision_leaves_every_list_as_it_was() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 600}})));
    let coupon = shop.collect("ana", &campaign);
    shop.shared_code(&campaign, "SAVE5", None);
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let (before, end) = (lists(&shop), shop.journal_end());
    let good = cart(&[("tako", 2_000, 1)]);
    for (body, status, code) in [
        (json!({"cart": cart(&[("luma", 3_000, 0)])}), 400, "invalid_field"),
        (json!({"cart": good, "hold_minutes": 5}), 400, "unknown_field"),
        (json!({"use": "best"}), 400, "invalid_field"),
        (json!({"cart": good, "use": {"coupons": [coupon]}, "codes": ["SAVE5"]}), 409, "individual_limit_reached"),
        (json!({"cart": good, "use": {"coupons": ["cpn_00000000000000000000000000"]}}), 422, "coupon_not_found"),
        (json!({"cart": good, "expect_discount": 1}), 409, "quote_changed"),
    ] {
        shop.step("ana", "A", "revise", &body).refused(status, code);
    }
    shop.step("ana", "B", "revise", &json!({"cart": good})).refused(404, "not_found");
    shop.step("ben", "A", "revise", &json!({"cart": good})).refused(404, "not_found");
    assert_eq!((lists(&shop), shop.journal_end()), (before, end));
}

#[test]
fn trailing_garbage_is_not_json() {
    let shop = Shop::new();
    let before = lists(&shop);
    let body = format!("{} x", json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])}));
    let ask = shop.ask("POST", "/v1/accounts/ana/orders").by(&shop.storefront);
    ask.bytes(body.as_bytes()).send().refused(400, "invalid_json").pointing("");
    assert_eq!(lists(&shop), before);
}

#[test]
fn tiers_must_rise() {
    let shop = Shop::new();
    let tier = |over: i64, amount: i64| json!({"over": over, "amount": amount});
    for tiers in [[tier(2_000, 100), tier(1_000, 200)], [tier(1_000, 100), tier(1_000, 200)]] {
        let benefit = json!({"type": "tiered_amount_off", "tiers": tiers});
        let answer = shop.post(&shop.operator, "/v1/campaigns", &terms(&json!({"type": "platform"}), &benefit));
        let answer = answer.refused(400, "invalid_field");
        assert!(answer.text_at("/errors/0/pointer").starts_with("/benefit"), "{}", answer.text);
    }
}

#[test]
fn a_revoked_key_is_nobodys() {
    let shop = Shop::new();
    let keys = shop.get(&shop.operator, "/v1/keys").is(200);
    let at = keys.column("role").iter().position(|role| *role == "storefront").expect("a storefront key");
    let path = format!("/v1/keys/{}/revoke", keys.column("id")[at]);
    shop.post(&shop.operator, &path, &json!({})).is(200);
    let before = lists(&shop);
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    shop.order("ana", &body).refused(401, "unauthenticated");
    assert_eq!(lists(&shop), before);
}
