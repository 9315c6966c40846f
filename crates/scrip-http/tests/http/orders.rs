//! Orders: placed, paid, closed, cancelled, timed out.

use serde_json::{Value, json};

use crate::shop::{NOON, Shop, buckets, cart, off, seller_off, shipped, terms, with};

#[test]
fn a_placed_order_has_the_quotes_figures_and_holds_its_coupon() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let asked = shipped(cart(&[("luma", 3_000, 2)]), &[("luma", 500)]);
    let quote = shop.quote("ana", &json!({"cart": asked}));
    let body =
        json!({"id": "A-1001", "cart": asked, "use": "best", "codes": [], "expect_discount": 500, "hold_minutes": 30});
    let placed = shop.order("ana", &body).is(201);
    for member in ["currency", "subtotal", "shipping", "discount", "total", "applied", "sellers", "lines"] {
        assert_eq!(placed.body[member], quote.body[member], "{member}");
    }
    assert_eq!(placed["/id"], "A-1001");
    assert_eq!((&placed["/status"], &placed["/refunded"]), (&json!("placed"), &json!("none")));
    assert_eq!(placed["/transactions"], json!([{"seller": "luma", "status": "open"}]));
    assert_eq!(placed["/placed_at"], NOON);
    assert_eq!(placed["/hold_expires_at"], "2026-11-10T12:30:00Z");
    assert_eq!(placed.header("location"), Some("/v1/accounts/ana/orders/A-1001"));
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A-1001").is(200).body, placed.body);
    let held = shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}"));
    assert_eq!((&held["/status"], &held["/order"]), (&json!("inactive"), &json!("A-1001")));
}

#[test]
fn an_order_is_paid_and_closed_and_repeating_that_changes_nothing() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1), ("tako", 2_000, 1)])})).is(201);
    shop.step("ana", "A", "close", &json!({})).refused(409, "order_state");
    shop.minutes_pass(1);
    let paid = shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!((&paid["/status"], &paid["/paid_at"]), (&json!("paid"), &json!("2026-11-10T12:01:00Z")));
    shop.minutes_pass(60);
    assert_eq!(shop.step("ana", "A", "pay", &json!({})).is(200).body, paid.body, "and no hold runs out");
    let half = shop.step("ana", "A", "close", &json!({"seller": "luma"})).is(200);
    assert_eq!(half["/status"], "paid");
    assert_eq!(
        half["/transactions"],
        json!([{"seller": "luma", "status": "closed"}, {"seller": "tako", "status": "open"}])
    );
    assert_eq!(shop.step("ana", "A", "close", &json!({"seller": "luma"})).is(200).body, half.body);
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
    let closed = shop.step("ana", "A", "close", &json!({})).is(200);
    assert_eq!(closed["/status"], "closed");
    assert_eq!(shop.step("ana", "A", "close", &json!({})).is(200).body, closed.body);
    assert_eq!(shop.step("ana", "A", "pay", &json!({})).is(200).body, closed.body);
    assert_eq!(shop.coupon_status("ana", &coupon), "used");
    shop.step("ana", "A", "close", &json!({"seller": "nobody"})).refused(422, "not_in_order").pointing("/seller");
}

#[test]
fn no_body_at_all_says_the_same_as_an_empty_object() {
    let shop = Shop::new();
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    for step in ["pay", "close"] {
        shop.ask("POST", &format!("/v1/accounts/ana/orders/A/{step}")).by(&shop.storefront).send().is(200);
    }
}

#[test]
fn another_discount_than_expected_is_refused_with_the_new_quote() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    for expected in [499, 501] {
        let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "expect_discount": expected});
        let refused = shop.order("ana", &body).refused(409, "quote_changed");
        assert_eq!(refused["/params"], json!({"expected": expected, "discount": 500}));
        assert_eq!((&refused["/quote/discount"], &refused["/quote/total"]), (&json!(500), &json!(2_500)));
        assert_eq!(refused["/quote/applied/0/discount"], 500);
    }
    shop.get(&shop.storefront, "/v1/accounts/ana/orders/A").refused(404, "not_found");
}

#[test]
fn an_order_that_names_what_does_not_apply_is_refused_whole_with_every_reason() {
    let shop = Shop::new();
    let good = shop.coupon("ana", &off(500));
    let short = shop.coupon("ana", &with(seller_off("tako", 100), &json!({"minimum_spend": {"amount": 9_000}})));
    let before = shop.journal_end();
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [good, short]}});
    let refused = shop.order("ana", &body).refused(422, "seller_not_in_cart").pointing("/use/coupons/1");
    assert_eq!(refused["/params"], json!({"seller": "tako"}));
    assert_eq!(shop.journal_end(), before);
    assert_eq!(shop.coupon_status("ana", &good), "valid");
}

#[test]
fn a_coupon_on_one_order_is_not_for_another() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let body = |id: &str| json!({"id": id, "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.order("ana", &body("A")).is(201);
    let refused = shop.order("ana", &body("B")).refused(409, "coupon_on_order");
    assert_eq!(refused["/params"], json!({"order": "A"}));
    shop.step("ana", "A", "pay", &json!({})).is(200);
    shop.step("ana", "A", "close", &json!({})).is(200);
    shop.order("ana", &body("B")).refused(409, "coupon_used");
}

#[test]
fn cancelled_before_payment_everything_comes_back_and_the_id_stays_taken() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 500}})));
    let coupon = shop.collect("ana", &campaign);
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])});
    shop.order("ana", &body).is(201);
    let cancelled = shop.step("ana", "A", "cancel", &json!({})).is(200);
    assert_eq!((&cancelled["/status"], &cancelled["/refunded"]), (&json!("cancelled"), &json!("none")));
    assert_eq!(cancelled["/transactions/0/status"], "cancelled");
    assert_eq!(shop.step("ana", "A", "cancel", &json!({})).is(200).body, cancelled.body);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    assert_eq!(shop.counters(&campaign)["budget_held"], 0);
    assert_eq!(shop.order("ana", &body).is(200)["/status"], "cancelled");
    let refused = shop.step("ana", "A", "pay", &json!({})).refused(409, "order_state");
    assert_eq!(refused["/params"], json!({"order_status": "cancelled"}));
    shop.step("ana", "A", "extend", &json!({"hold_minutes": 5})).refused(409, "order_state");
    shop.order("ana", &with(body, &json!({"id": "B"}))).is(201);
}

#[test]
fn one_seller_cancelled_before_payment_leaves_the_rest_judged_anew() {
    let shop = Shop::new();
    let platform = shop.coupon("ana", &with(off(600), &json!({"minimum_spend": {"amount": 4_000}})));
    let tako = shop.coupon("ana", &seller_off("tako", 100));
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)])})).is(201);
    let left = shop.step("ana", "A", "cancel", &json!({"seller": "luma"})).is(200);
    assert_eq!(left["/status"], "placed");
    assert_eq!((&left["/subtotal"], &left["/discount"], &left["/total"]), (&json!(3_000), &json!(100), &json!(2_900)));
    assert_eq!(shop.coupon_status("ana", &platform), "valid", "under its minimum now, it comes off");
    assert_eq!(shop.coupon_status("ana", &tako), "inactive");
    shop.step("ana", "A", "pay", &json!({})).is(200);
    assert_eq!(shop.step("ana", "A", "close", &json!({})).is(200)["/status"], "closed");
}

#[test]
fn cancelling_after_payment_is_a_full_refund() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    shop.paid("ana", "A", &shipped(cart(&[("luma", 3_000, 1)]), &[("luma", 400)]));
    let cancelled = shop.step("ana", "A", "cancel", &json!({})).is(200);
    assert_eq!((&cancelled["/status"], &cancelled["/refunded"]), (&json!("cancelled"), &json!("full")));
    assert_eq!(cancelled["/refunds/0/amount"], 2_900);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    shop.step("ana", "A", "close", &json!({})).refused(409, "order_state");
}

#[test]
fn extending_counts_from_now_never_shortens_and_ends_after_seven_days() {
    let shop = Shop::new();
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    shop.minutes_pass(20);
    let extend = |minutes: u32| {
        let answer = shop.step("ana", "A", "extend", &json!({"hold_minutes": minutes})).is(200);
        answer.text_at("/hold_expires_at").to_owned()
    };
    assert_eq!(extend(5), "2026-11-10T12:30:00Z");
    assert_eq!(extend(60), "2026-11-10T13:20:00Z");
    assert_eq!(extend(10_080), "2026-11-17T12:00:00Z");
}

#[test]
fn an_unpaid_order_is_cancelled_from_the_instant_its_hold_runs_out() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 500}})));
    let coupon = shop.collect("ana", &campaign);
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    shop.set_time("2026-11-10T12:29:59Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
    shop.set_time("2026-11-10T12:30:00Z");
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    let order = shop.get(&shop.storefront, "/v1/accounts/ana/orders/A");
    assert_eq!((&order["/status"], &order["/transactions/0/status"]), (&json!("cancelled"), &json!("cancelled")));
    let listed = |status: &str| {
        let page = shop.get(&shop.operator, &format!("/v1/orders?status={status}")).is(200);
        page.column("id").len()
    };
    assert_eq!((listed("placed"), listed("cancelled")), (0, 1));
    shop.order("ana", &json!({"id": "B", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}})).is(201);
    shop.step("ana", "A", "pay", &json!({})).refused(409, "hold_expired");
}

#[test]
fn an_order_of_total_zero_is_paid_too() {
    let shop = Shop::new();
    shop.coupon("ana", &off(5_000));
    let paid = shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    assert_eq!((&paid["/total"], &paid["/discount"], &paid["/status"]), (&json!(0), &json!(3_000), &json!("paid")));
}

#[test]
fn a_code_used_directly_is_a_coupon_of_the_order_and_gone_when_that_is_cancelled() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 1, "budget": 500}})));
    shop.shared_code(&campaign, "SAVE5", Some(1));
    let body = |id: &str| json!({"id": id, "cart": cart(&[("luma", 3_000, 1)]), "use": "none", "codes": ["save5"]});
    let placed = shop.order("ana", &body("A")).is(201);
    assert_eq!(placed["/applied/0/code"], "SAVE5");
    let coupon = placed.text_at("/applied/0/coupon").to_owned();
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
    assert_eq!(shop.counters(&campaign)["claimed"], 1);
    shop.order("ben", &body("B")).refused(409, "code_uses_exhausted").pointing("/codes/0");
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    shop.get(&shop.storefront, &format!("/v1/accounts/ana/coupons/{coupon}")).refused(404, "not_found");
    assert_eq!(shop.counters(&campaign)["claimed"], 0);
    shop.order("ben", &body("B")).is(201);
}

#[test]
fn the_budget_is_held_from_place_order_and_the_next_is_refused_whole() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"budget": 900}})));
    let first = shop.collect("ana", &campaign);
    let second = shop.collect("ben", &campaign);
    let body = |coupon: &str| json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)]), "use": {"coupons": [coupon]}});
    shop.order("ana", &body(&first)).is(201);
    let refused = shop.order("ben", &body(&second)).refused(409, "campaign_budget_exhausted");
    assert_eq!(refused["/params"], json!({"left": 400}));
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    shop.order("ben", &body(&second)).is(201);
}

#[test]
fn one_sellers_group_is_ordered_alone() {
    let shop = Shop::new();
    let asked = shipped(cart(&[("luma", 3_000, 1), ("tako", 2_000, 1)]), &[("luma", 100), ("tako", 200)]);
    let placed = shop.order("ana", &json!({"id": "A", "cart": asked, "only_seller": "tako"})).is(201);
    assert_eq!((&placed["/subtotal"], &placed["/shipping"]), (&json!(2_000), &json!(200)));
    assert_eq!(placed["/transactions"], json!([{"seller": "tako", "status": "open"}]));
    assert_eq!(placed["/cart/lines"].as_array().map(Vec::len), Some(1));
}

#[test]
fn orders_are_found_newest_first_by_account_seller_status_and_time() {
    let shop = Shop::new();
    for (account, id, seller) in [("ana", "A", "luma"), ("ben", "B", "tako"), ("ana", "C", "tako")] {
        shop.order(account, &json!({"id": id, "cart": cart(&[(seller, 3_000, 1)])})).is(201);
        shop.minutes_pass(1);
    }
    shop.step("ana", "A", "pay", &json!({})).is(200);
    let find = |query: &str| {
        let page = shop.get(&shop.storefront, &format!("/v1/orders?{query}")).is(200);
        page.column("id").into_iter().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find(""), "C B A");
    assert_eq!(find("account=ana"), "C A");
    assert_eq!(find("seller=tako"), "C B");
    assert_eq!(find("status=paid"), "A");
    assert_eq!(find("from=2026-11-10T12:01:00Z"), "C B");
    assert_eq!(find("account=ana&seller=tako&status=placed"), "C");
    let first = shop.get(&shop.storefront, "/v1/orders?limit=2").is(200);
    assert_eq!(first.column("id"), ["C", "B"]);
    let cursor = first.text_at("/next_cursor");
    let second = shop.get(&shop.storefront, &format!("/v1/orders?limit=2&cursor={cursor}")).is(200);
    assert_eq!((second.column("id"), &second["/next_cursor"]), (vec!["A"], &Value::Null));
    let own = shop.get(&shop.shopper("ana"), "/v1/accounts/ana/orders?status=placed").is(200);
    assert_eq!(own.column("id"), ["C"]);
}

#[test]
fn the_same_order_id_of_two_accounts_is_two_orders() {
    let shop = Shop::new();
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    shop.order("ben", &json!({"id": "A", "cart": cart(&[("luma", 4_000, 1)])})).is(201);
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ana/orders/A")["/total"], 3_000);
    assert_eq!(shop.get(&shop.storefront, "/v1/accounts/ben/orders/A")["/total"], 4_000);
}

#[test]
fn a_percent_coupon_with_a_cap_takes_the_cap() {
    let shop = Shop::new();
    let benefit = json!({"type": "percent_off", "percent_bp": 5_000, "cap": 700});
    shop.coupon("ana", &terms(&json!({"type": "platform"}), &benefit));
    let placed = shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    assert_eq!(placed["/discount"], 700);
}

#[test]
fn a_campaign_that_counts_no_more_keeps_its_coupon_off_and_no_order_back() {
    let shop = Shop::new();
    // Each bucket counts its part.
    let most = 1_000_000_000_000_000 / i64::from(buckets().count());
    let terms = with(off(1), &json!({"benefit": {"type": "percent_off", "percent_bp": 10_000}}));
    let campaign = shop.live(&with(terms, &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    let first = shop.collect("ana", &campaign);
    let all = cart(&[("luma", most, 1)]);
    let body = json!({"id": "A", "cart": all, "use": {"coupons": [first]}});
    assert_eq!(shop.order("ana", &body).is(201)["/discount"], most);
    shop.step("ana", "A", "pay", &json!({})).is(200);
    let second = shop.collect("ana", &campaign);
    for lines in [all, cart(&[("luma", 1, 1)])] {
        let quote = shop.quote("ana", &json!({"cart": lines}));
        assert_eq!((&quote["/discount"], quote.reasons_of(&second)), (&json!(0), vec!["amount_out_of_range"]));
        let named = json!({"id": "N", "cart": lines, "use": {"coupons": [second]}});
        shop.order("ana", &named).refused(422, "amount_out_of_range").pointing("/use/coupons/0");
        let id = format!("B-{}", lines["lines"][0]["unit_price"]);
        assert_eq!(shop.order("ana", &json!({"id": id, "cart": lines, "use": "best"})).is(201)["/discount"], 0);
        // Nor does a revision come to nothing.
        shop.step("ana", &id, "revise", &json!({"cart": lines, "use": "best"})).is(200);
    }
    // What fits beside what is counted is used, to the last unit.
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    let part = shop.order("ana", &json!({"id": "C", "cart": cart(&[("luma", most - 10, 1)])})).is(201);
    assert_eq!(part["/discount"], most - 10);
    assert_eq!(shop.quote("ana", &json!({"cart": cart(&[("luma", 11, 1)])}))["/discount"], 0);
    assert_eq!(shop.order("ana", &json!({"id": "D", "cart": cart(&[("luma", 10, 1)])})).is(201)["/discount"], 10);
}

#[test]
fn what_a_search_cant_mend_is_told_as_it_is() {
    let shop = Shop::new();
    let per_individual =
        json!({"limits": {"per_individual": null, "budget": "unlimited"}, "claims": {"channels": ["web", "code"]}});
    let wide = shop.live(&with(off(1), &per_individual));
    for _ in 0..499 {
        shop.collect("ana", &wide);
    }
    for (group, code) in [("a", "FIRST"), ("b", "SECOND")] {
        let terms = with(with(off(500), &per_individual), &json!({"stacking": {"group": group}}));
        shop.shared_code(&shop.live(&terms), code, None);
    }
    let body = json!({"id": "A", "cart": cart(&[("luma", 9_000, 1)]), "use": "best", "codes": ["FIRST", "SECOND"]});
    shop.order("ana", &body).refused(409, "wallet_full");
}
