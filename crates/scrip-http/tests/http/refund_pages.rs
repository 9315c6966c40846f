//! Orders with more refunds than stand in them: whoever reads sees all, and nobody sees where they are.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, with};

const MANY: usize = 45;

fn refund(shop: &Shop, number: usize) -> Answer {
    let body = json!({"id": format!("r{number}"), "amounts": [{"line": "l1", "amount": 1}]});
    shop.step("ana", "A", "refunds", &body)
}

/// An order of two sellers with a coupon, of which much was given back by cents.
fn refunded(shop: &Shop) {
    shop.coupon("ana", &with(off(500), &json!({"limits": {"budget": "unlimited"}})));
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 2), ("tako", 1_000, 2)]));
    for number in 0..MANY {
        refund(shop, number).is(201);
    }
}

fn ids(refunds: &Value) -> Vec<String> {
    let refunds = refunds.as_array().expect("refunds");
    refunds.iter().map(|refund| refund["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn an_order_its_list_and_its_lookups_show_all_refunds_however_many() {
    let shop = Shop::new();
    refunded(&shop);
    let all: Vec<String> = (0..MANY).map(|number| format!("r{number}")).collect();
    let order = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").is(200);
    assert_eq!(ids(&order["/refunds"]), all);
    let list = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A/refunds?limit=100").is(200);
    assert_eq!(ids(&list["/data"]), all);
    let orders = shop.get(&shop.storefront, "/v1/accounts/ana/orders").is(200);
    assert_eq!(ids(&orders["/data/0/refunds"]), all);
    for number in [0, 3, 4, 35, 36, MANY - 1] {
        let one = shop.get(&shop.storefront, &format!("/v1/accounts/ana/orders/A/refunds/r{number}")).is(200);
        assert_eq!(one.body, list["/data"][number]);
        // The same once more is what it was, and changes nothing.
        let again = refund(&shop, number).is(200);
        assert_eq!(again.body, one.body);
    }
    shop.get(&shop.storefront, "/v1/accounts/ana/orders/A/refunds/r999").refused(404, "not_found");
    // A command's answer has them too: those of then.
    let closed = shop.step("ana", "A", "close", &json!({"seller": "tako"})).is(200);
    assert_eq!(ids(&closed["/refunds"]), all);
}

#[test]
fn under_its_key_a_command_is_answered_as_then_whatever_was_refunded_since() {
    let shop = Shop::new();
    refunded(&shop);
    let path = "/v1/accounts/ana/orders/A";
    let keyed = |step: &str, key: &str, body: &Value| {
        shop.ask("POST", &format!("{path}/{step}"))
            .by(&shop.storefront)
            .header("idempotency-key", key)
            .json(body)
            .send()
    };
    let units = json!({"id": "u1", "lines": [{"line": "l2", "quantity": 1}]});
    let (refunded, closed) =
        (keyed("refunds", "k1", &units).is(201), keyed("close", "k2", &json!({"seller": "luma"})).is(200));
    for number in MANY..MANY + 5 {
        refund(&shop, number).is(201);
    }
    let (again, closed_again) = (keyed("refunds", "k1", &units), keyed("close", "k2", &json!({"seller": "luma"})));
    for (now, then) in [(again.is(201), refunded), (closed_again.is(200), closed)] {
        assert_eq!(now.header("idempotent-replayed"), Some("true"));
        assert_eq!(now.body, then.body);
    }
    assert_eq!(ids(&shop.get(&shop.storefront, path).is(200)["/refunds"]).len(), MANY + 6);
}

#[test]
fn a_seller_sees_its_own_part_of_refunds_on_any_page() {
    let shop = Shop::new();
    refunded(&shop);
    let refunds = "/v1/accounts/ana/orders/A/refunds";
    for number in 1..=2 {
        let unit = json!({"id": format!("u{number}"), "lines": [{"line": "l1", "quantity": 1}, {"line": "l2", "quantity": 1}]});
        shop.step("ana", "A", "refunds", &unit).is(201);
    }
    let list = |key: &str| shop.get(key, &format!("{refunds}?limit=100")).is(200);
    let (whole, mine, others) = (list(&shop.storefront), list(&shop.luma), list(&shop.tako));
    assert_eq!((ids(&mine["/data"]).len(), ids(&others["/data"])), (MANY + 2, vec!["u1".to_owned(), "u2".to_owned()]));
    for id in ["u1", "u2"] {
        let of = |key: &str| shop.get(key, &format!("{refunds}/{id}")).is(200);
        let (all, own, other) = (of(&shop.storefront), of(&shop.luma), of(&shop.tako));
        let amount = |refund: &Answer| refund["/funding/0/amount"].as_i64().expect("an amount");
        assert_eq!(amount(&own) + amount(&other), amount(&all), "what its funders got back adds up");
        assert!(mine["/data"].as_array().expect("refunds").contains(&own.body));
        assert!(others["/data"].as_array().expect("refunds").contains(&other.body));
        assert!(whole["/data"].as_array().expect("refunds").contains(&all.body));
    }
}
