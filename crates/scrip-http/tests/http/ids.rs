//! Ids are the integrator's own: whatever a shop calls its things, percent-encoded in paths.

use serde_json::{Value, json};

use crate::shop::{Shop, cart, seller_off, with};

/// What a client makes of an id in a path.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[test]
fn every_id_of_an_integrator_may_be_a_shops_own() {
    let shop = Shop::new();
    let (account, seller, order, line, refund) =
        ("gid://shop/Customer/7", "a+b@c", "SKU/7#2?x=%2F", "=l,\"1\"", "r/1;é".trim_end_matches('é'));
    let key = shop.post(&shop.operator, "/v1/keys", &json!({"role": "seller", "seller": seller})).is(201);
    let own = key.text_at("/secret");
    let scope = json!({"scope": {"products": ["p/1"], "categories": ["c?"]}});
    let terms = with(
        with(seller_off(seller, 500), &scope),
        &json!({"claims": {"sources": [{"source": "-tv,\"1\"", "stock": 1}]}}),
    );
    let campaign = shop.post(own, "/v1/campaigns", &terms).is(201).text_at("/id").to_owned();
    shop.post(own, &format!("/v1/campaigns/{campaign}/publish"), &json!({})).is(200);
    let listed = shop.get(&shop.operator, &format!("/v1/campaigns?issuer=seller:{}", encoded(seller))).is(200);
    assert_eq!(listed.column("id"), [&*campaign]);

    let of_account = format!("/v1/accounts/{}", encoded(account));
    let claim = json!({"campaign": campaign, "source": "-tv,\"1\""});
    let claimed = shop.post(&shop.storefront, &format!("{of_account}/coupons"), &claim).is(201);
    assert_eq!(claimed["/account"], account);
    let coupon = claimed.text_at("/id");
    assert_eq!(claimed.header("location"), Some(&*format!("{}/coupons/{coupon}", of_account.replace("%3A", ":"))));
    let mut bought = cart(&[(seller, 3_000, 1)]);
    bought["lines"][0] = with(bought["lines"][0].clone(), &json!({"id": line, "product": "p/1", "categories": ["c?"]}));
    let placed =
        shop.post(&shop.storefront, &format!("{of_account}/orders"), &json!({"id": order, "cart": bought})).is(201);
    assert_eq!(placed["/discount"], 500);
    let at = placed.header("location").expect("where it is").to_owned();
    assert_eq!(shop.get(&shop.storefront, &at).is(200)["/id"], order);
    let of_order = format!("{of_account}/orders/{}", encoded(order));
    shop.post(&shop.storefront, &format!("{of_order}/pay"), &json!({})).is(200);
    let body = json!({"id": refund, "lines": [{"line": line, "quantity": 1}]});
    let refunded = shop.post(&shop.storefront, &format!("{of_order}/refunds"), &body).is(201);
    assert_eq!(refunded["/funding/0/funder"], "seller:a%2Bb%40c");
    let own_refund = shop.get(own, &format!("{of_order}/refunds/{}", encoded(refund))).is(200);
    assert_eq!((&own_refund["/id"], &own_refund["/funding/0/funder"]), (&json!(refund), &json!("seller:a%2Bb%40c")));
    assert_eq!(shop.get(own, "/v1/orders").is(200).column("id"), [order]);
    let accounts: Vec<Value> = shop.get(&shop.operator, "/v1/ledger/entries").is(200)["/data"]
        .as_array()
        .expect("entries")
        .iter()
        .flat_map(|entry| entry["postings"].as_array().expect("postings").clone())
        .map(|posting| posting["ledger_account"].clone())
        .collect();
    assert!(accounts.contains(&json!("funder:seller:a%2Bb%40c")), "{accounts:?}");
    assert!(
        accounts.contains(&json!("discount:gid:%2F%2Fshop%2FCustomer%2F7/SKU%2F7%232%3Fx=%252F".replace('=', "%3D"))),
        "{accounts:?}"
    );
    // A refusal is found by its account and order.
    shop.post(&shop.storefront, &format!("{of_order}/pay"), &json!({"what": 1})).is(400);
    let found = shop.get(&shop.operator, &format!("/v1/attempts?account={}", encoded(account))).is(200);
    assert_eq!(found["/data/0/order"], order);
}

#[test]
fn ids_with_slashes_are_never_taken_for_each_other() {
    let shop = Shop::new();
    for (account, order) in [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c")] {
        let path = format!("/v1/accounts/{}/orders", encoded(account));
        let body = json!({"id": order, "cart": cart(&[("luma", 3_000, 1)])});
        shop.post(&shop.storefront, &path, &body).is(201);
        let found = shop.get(&shop.storefront, &format!("{path}/{}", encoded(order))).is(200);
        assert_eq!((&found["/account"], &found["/id"]), (&json!(account), &json!(order)));
    }
    shop.get(&shop.storefront, "/v1/accounts/a/b/orders/c").refused(404, "not_found");
    assert_eq!(shop.get(&shop.operator, "/v1/orders?limit=2").is(200).column("id").len(), 2);
}

#[test]
fn what_clients_take_out_of_paths_is_no_id_of_anything() {
    let shop = Shop::new();
    let lamp = |member: &str, id: &str| {
        let mut cart = cart(&[("luma", 3_000, 1)]);
        cart["lines"][0][member] = json!(id);
        json!({"cart": cart})
    };
    let orders = "/v1/accounts/ana/orders";
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    for id in [".", "..", "a/..", "../a", "a/./b", "a b", "a\u{7f}", "é", &"x".repeat(129)] {
        let front = &shop.storefront;
        let in_path = encoded(id);
        for path in [
            format!("/v1/accounts/{in_path}/orders"),
            format!("{orders}/{in_path}"),
            format!("{orders}/A/refunds/{in_path}"),
        ] {
            // A client of its own would never send the first two as they are.
            shop.get(front, &path.replace("/..", "/%2E%2E").replace("/./", "/%2E/")).refused(400, "invalid_field");
        }
        for member in ["id", "seller", "product"] {
            shop.post(front, "/v1/accounts/ana/quotes", &lamp(member, id))
                .refused(400, "invalid_field")
                .pointing(&format!("/cart/lines/0/{member}"));
        }
        let body = json!({"id": id, "cart": cart(&[("luma", 3_000, 1)])});
        shop.post(front, orders, &body).refused(400, "invalid_field").pointing("/id");
        let body = json!({"id": id, "all": true});
        shop.step("ana", "A", "refunds", &body).refused(400, "invalid_field").pointing("/id");
        shop.post(front, "/v1/shopper-tokens", &json!({"account": id}))
            .refused(400, "invalid_field")
            .pointing("/account");
        let body = json!({"role": "seller", "seller": id});
        shop.post(&shop.operator, "/v1/keys", &body).refused(400, "invalid_field").pointing("/seller");
        let claim = json!({"campaign": "cmp_00000000000000000000000000", "source": id});
        shop.post(front, "/v1/accounts/ana/coupons", &claim).refused(400, "invalid_field").pointing("/source");
    }
}

#[test]
fn a_path_or_query_behind_which_no_text_stands_is_refused_by_its_name() {
    let shop = Shop::new();
    let order = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    for id in ["%ff%fe", "%zz", "%", "a%2", "%C3", "%+1"] {
        for (method, path, name) in [
            ("GET", format!("/v1/accounts/{id}/orders"), "account"),
            ("POST", format!("/v1/accounts/{id}/orders"), "account"),
            ("GET", format!("/v1/accounts/ana/orders/{id}"), "order"),
            ("GET", format!("/v1/orders?account={id}"), "account"),
            ("GET", format!("/v1/attempts?reason={id}"), "reason"),
        ] {
            let refused = shop.ask(method, &path).by(&shop.operator).json(&order).send().refused(400, "invalid_field");
            assert_eq!(refused.body["errors"].as_array().map(Vec::len), Some(1), "{}", refused.text);
            assert_eq!(refused["/errors/0/parameter"], name, "{path}");
            let allowed = refused["/params/allowed"].as_str().unwrap_or_default();
            assert!(allowed.contains("percent-encoded"), "{path}: {}", refused.text);
        }
    }
    // Whoever encodes the percent sign means it.
    shop.post(&shop.storefront, "/v1/accounts/%25zz/orders", &order).is(201);
    assert_eq!(shop.get(&shop.operator, "/v1/orders?account=%25zz").is(200).column("id"), ["A"]);
    let both = shop.get(&shop.operator, "/v1/accounts/%ff/orders/%zz").refused(400, "invalid_field");
    assert_eq!((&both["/errors/0/parameter"], &both["/errors/1/parameter"]), (&json!("account"), &json!("order")));
}
