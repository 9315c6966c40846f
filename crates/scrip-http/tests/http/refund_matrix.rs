//! The refund matrix as a table (S8, S18, S19), and what the single examples of `tests/http` leave open.

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, terms, with};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Issuer {
    Platform,
    Seller,
}

/// How the account came to the coupon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Got {
    Collected,
    Activated,
    Direct,
}

/// What happens to the order of two units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Pay,
    Close,
    Cancel,
    /// The hold runs out.
    TimeOut,
    /// One unit.
    Unit,
    All,
    /// The coupon's validity ends.
    Expire,
}

use Step::{All, Cancel, Close, Expire, Pay, TimeOut, Unit};

/// What became of the coupon. `Back`: to valid, or the use of a direct code is given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Back,
    BackExpired,
    Inactive,
    Used,
}

/// Steps, and the fate of: a platform's coupon, a seller's, a code used directly.
const MATRIX: &[(&[Step], Fate, Fate, Fate)] = &[
    (&[], Fate::Inactive, Fate::Inactive, Fate::Inactive),
    (&[Pay], Fate::Inactive, Fate::Inactive, Fate::Inactive),
    (&[Pay, Close], Fate::Used, Fate::Used, Fate::Used),
    (&[Cancel], Fate::Back, Fate::Back, Fate::Back),
    (&[TimeOut], Fate::Back, Fate::Back, Fate::Back),
    (&[Pay, Cancel], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Unit], Fate::Inactive, Fate::Inactive, Fate::Inactive),
    (&[Pay, Unit, Close], Fate::Used, Fate::Used, Fate::Used),
    (&[Pay, Close, Unit], Fate::Used, Fate::Used, Fate::Used),
    (&[Pay, All], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Unit, Unit], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Unit, All], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Unit, Cancel], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Close, All], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Close, Unit, Unit], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Unit, Close, Unit], Fate::Back, Fate::Used, Fate::Used),
    (&[Pay, Expire], Fate::Inactive, Fate::Inactive, Fate::Inactive),
    (&[Pay, Expire, Close], Fate::Used, Fate::Used, Fate::Used),
    (&[Pay, Expire, All], Fate::BackExpired, Fate::Used, Fate::Used),
    (&[Pay, Close, Expire, All], Fate::BackExpired, Fate::Used, Fate::Used),
];

#[test]
fn s18_s19_the_matrix_of_cancels_and_refunds() {
    for (steps, platform, seller, direct) in MATRIX {
        for issuer in [Issuer::Platform, Issuer::Seller] {
            for got in [Got::Collected, Got::Activated, Got::Direct] {
                let fate = match (got, issuer) {
                    (Got::Direct, _) => direct,
                    (_, Issuer::Platform) => platform,
                    (_, Issuer::Seller) => seller,
                };
                plays(issuer, got, steps, *fate);
            }
        }
    }
}

/// Plays the steps, and compares wallet, counters, budget and code with the fate.
fn plays(issuer: Issuer, got: Got, steps: &[Step], fate: Fate) {
    let what = format!("{issuer:?} {got:?} {steps:?}");
    let shop = Shop::new();
    let base = if issuer == Issuer::Platform { off(500) } else { seller_off("luma", 500) };
    let campaign = shop.live(&with(base, &json!({"limits": {"stock": 5, "budget": 500}})));
    if got != Got::Collected {
        shop.shared_code(&campaign, "SAVE5", Some(1));
    }
    let coupon = got_and_ordered(&shop, got, &campaign);
    let back = steps.iter().enumerate().filter_map(|(place, step)| played(&shop, *step, place)).last();
    let path = format!("/v1/accounts/ana/coupons/{coupon}");
    let counters = shop.counters(&campaign);
    let count = |name: &str| counters[name].as_u64().unwrap_or_else(|| panic!("{what}: no {name}"));
    let gone = got == Got::Direct && fate == Fate::Back;
    if gone {
        shop.get(&shop.storefront, &path).refused(404, "not_found");
    } else {
        let seen = shop.get(&shop.storefront, &path).is(200);
        let (status, order) = match fate {
            Fate::Back => ("valid", Value::Null),
            Fate::BackExpired => ("expired", Value::Null),
            Fate::Inactive => ("inactive", json!("A")),
            Fate::Used => ("used", json!("A")),
        };
        assert_eq!((&seen["/status"], &seen["/order"]), (&json!(status), &order), "{what}");
    }
    let came_back = matches!(fate, Fate::Back | Fate::BackExpired);
    let paid = steps.contains(&Pay);
    assert_eq!(count("claimed"), u64::from(!gone), "{what}: {counters}");
    assert_eq!(count("on_orders"), u64::from(fate == Fate::Inactive), "{what}: {counters}");
    assert_eq!(count("used"), u64::from(fate == Fate::Used), "{what}: {counters}");
    assert_eq!(count("returned"), u64::from(came_back && paid), "{what}: {counters}");
    let units = steps.iter().filter(|step| **step == Unit).count() as u64;
    let all = steps.contains(&All) || paid && steps.contains(&Cancel);
    let spent = if paid && !all { 500 - 250 * units } else { 0 };
    assert_eq!(count("budget_spent"), spent, "{what}: {counters}");
    assert_eq!(count("budget_held"), if steps.is_empty() { 500 } else { 0 }, "{what}: {counters}");
    if let Some(refund) = back.filter(|_| matches!(steps.last(), Some(Unit | All))) {
        let outcome = match fate {
            Fate::Back => "returned",
            Fate::BackExpired => "expired",
            Fate::Inactive | Fate::Used => "kept",
        };
        assert_eq!(refund["/coupons/0/outcome"], outcome, "{what}: {}", refund.text);
    }
    if got != Got::Collected && !steps.contains(&Expire) {
        let other = shop.post(&shop.storefront, "/v1/accounts/ben/coupons", &json!({"code": "SAVE5"}));
        if gone {
            other.is(201)
        } else {
            other.refused(409, "code_uses_exhausted")
        };
    }
}

/// The coupon that is on order `A` then.
fn got_and_ordered(shop: &Shop, got: Got, campaign: &str) -> String {
    let body = json!({"id": "A", "cart": cart(&[("luma", 3_000, 2)])});
    let body = match got {
        Got::Collected => {
            shop.collect("ana", campaign);
            body
        }
        Got::Activated => {
            shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"code": "save 5"})).is(201);
            body
        }
        Got::Direct => with(body, &json!({"use": "none", "codes": ["save-5"]})),
    };
    let placed = shop.order("ana", &body).is(201);
    assert_eq!(placed["/discount"], 500);
    placed.text_at("/applied/0/coupon").to_owned()
}

/// The sweeper gives counts and budget back within 5 s of real time.
fn swept(shop: &Shop) {
    let started = std::time::Instant::now();
    let coupons = || shop.get(&shop.operator, "/v1/campaigns").is(200)["/data/0/counters/on_orders"].clone();
    while coupons() != 0 {
        assert!(started.elapsed().as_secs() < 10, "nobody sweeps");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Does a step; a refund's answer.
fn played(shop: &Shop, step: Step, place: usize) -> Option<Answer> {
    let id = format!("r-{place}");
    match step {
        Pay => drop(shop.step("ana", "A", "pay", &json!({})).is(200)),
        Close => drop(shop.step("ana", "A", "close", &json!({})).is(200)),
        Cancel => drop(shop.step("ana", "A", "cancel", &json!({})).is(200)),
        TimeOut => {
            // Strictly after the second in which it falls due, or the sweeper waits with the clock.
            shop.set_time("2026-11-10T12:30:01Z");
            swept(shop);
        }
        Expire => shop.set_time("2026-12-01T00:00:00Z"),
        Unit => {
            let body = json!({"id": id, "lines": [{"line": "l1", "quantity": 1}]});
            return Some(shop.step("ana", "A", "refunds", &body).is(201));
        }
        All => return Some(shop.step("ana", "A", "refunds", &json!({"id": id, "all": true})).is(201)),
    }
    None
}

#[test]
fn s3_a_code_used_directly_counts_as_the_individuals_one() {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"claims": {"channels": ["web", "code"]}})));
    shop.shared_code(&campaign, "SAVE5", None);
    let order = |id: &str| json!({"id": id, "cart": cart(&[("luma", 3_000, 1)]), "use": "none", "codes": ["SAVE5"]});
    shop.order("ana", &order("A")).is(201);
    let collect = || shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &json!({"campaign": campaign}));
    collect().refused(409, "individual_limit_reached");
    shop.step("ana", "A", "cancel", &json!({})).is(200);
    collect().is(201);
    shop.order("ana", &order("B")).refused(409, "individual_limit_reached").pointing("/codes/0");
}

#[test]
fn s6_the_order_is_refused_with_what_is_missing() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &with(off(500), &json!({"minimum_spend": {"amount": 5_000}})));
    let order = |price: i64| {
        let cart = cart(&[("luma", price, 1)]);
        shop.order("ana", &json!({"id": "A", "cart": cart, "use": {"coupons": [coupon]}}))
    };
    let refused = order(5_000).refused(422, "minimum_spend_not_met").pointing("/use/coupons/0");
    assert_eq!(refused["/params"], json!({"missing": 1, "amount": 5_000, "base": "after_earlier_lanes"}));
    order(5_001).is(201);
}

#[test]
fn s8_no_call_changes_validity_in_any_state_after_publishing() {
    let shop = Shop::new();
    let fixed = shop.live(&off(500));
    let days = shop.live(&with(off(500), &json!({"validity": {"type": "after_claim", "days": 7}})));
    for step in ["pause", "resume", "end"] {
        for (campaign, change) in [
            (&fixed, json!({"expires_at": "2027-01-01T00:00:00Z"})),
            (&fixed, json!({"expires_at": "2026-11-20T00:00:00Z"})),
            (&fixed, json!({"starts_at": "2026-10-01T00:00:00Z"})),
            (&days, json!({"days": 8})),
            (&days, json!({"time_zone": "Asia/Shanghai"})),
        ] {
            let path = format!("/v1/campaigns/{campaign}");
            let ask = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*");
            ask.json(&json!({"validity": change})).send().refused(422, "validity_is_fixed");
        }
        for campaign in [&fixed, &days] {
            shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/{step}"), &json!({})).is(200);
        }
    }
}

#[test]
fn s8_pausing_and_ending_never_touch_orders_placed() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let coupon = shop.collect("ana", &campaign);
    shop.order("ana", &json!({"id": "A", "cart": cart(&[("luma", 3_000, 2)])})).is(201);
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/pause"), &json!({})).is(200);
    assert_eq!(shop.step("ana", "A", "pay", &json!({})).is(200)["/discount"], 500);
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/end"), &json!({})).is(200);
    shop.step("ana", "A", "refunds", &json!({"id": "r", "all": true})).is(201);
    assert_eq!(shop.coupon_status("ana", &coupon), "valid");
    shop.paid("ana", "B", &cart(&[("luma", 3_000, 1)]));
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
}

#[test]
fn s9_refunds_never_give_back_more_than_the_cash_whatever_the_discount() {
    for amount in [1, 99, 100, 101, 1_999, 2_999, 3_000, 9_000] {
        let shop = Shop::new();
        shop.coupon("ana", &off(amount));
        let total = shop.paid("ana", "A", &cart(&[("luma", 1_000, 3)]))["/total"].as_i64().expect("a total");
        let mut back = 0;
        for number in 0..3 {
            let body = json!({"id": format!("r-{number}"), "lines": [{"line": "l1", "quantity": 1}]});
            back += shop.step("ana", "A", "refunds", &body).is(201)["/amount"].as_i64().expect("an amount");
        }
        assert_eq!((back, total), (total, 3_000 - amount.min(3_000)), "{amount} off");
        let more = json!({"id": "r-9", "amounts": [{"line": "l1", "amount": 1}]});
        shop.step("ana", "A", "refunds", &more).refused(422, "amount_exceeds_paid");
    }
}

#[test]
fn s11_every_usable_coupon_stands_before_the_others_and_by_saving() {
    let shop = Shop::new();
    let short = shop.coupon("ana", &with(off(900), &json!({"minimum_spend": {"amount": 9_000}})));
    for amount in [100, 500, 300] {
        shop.coupon("ana", &off(amount));
    }
    let quote = shop.quote("ana", &json!({"cart": cart(&[("luma", 3_000, 1)]), "use": "none"}));
    let entries = quote["/not_applied"].as_array().expect("four");
    let saves: Vec<i64> = entries.iter().filter_map(|entry| entry["would_save"].as_i64()).collect();
    assert_eq!(saves, [500, 300, 100, 0]);
    assert_eq!(quote.reasons_of(&short), ["minimum_spend_not_met"]);
    assert!(entries.iter().all(|entry| entry["reasons"] != json!([])), "{}", quote.text);
}

#[test]
fn s14_a_transaction_without_a_share_holds_no_coupon() {
    let shop = Shop::new();
    let narrow = shop.live(&with(off(500), &json!({"scope": {"products": ["vase"]}})));
    let coupon = shop.collect("ana", &narrow);
    let mut lines = cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]);
    lines["lines"][0]["product"] = json!("vase");
    shop.paid("ana", "A", &lines);
    shop.step("ana", "A", "close", &json!({"seller": "tako"})).is(200);
    assert_eq!(shop.coupon_status("ana", &coupon), "inactive");
    shop.step("ana", "A", "close", &json!({"seller": "luma"})).is(200);
    assert_eq!(shop.coupon_status("ana", &coupon), "used");
    let again = shop.coupon("ben", &with(off(500), &json!({"scope": {"products": ["vase"]}})));
    shop.paid("ben", "A", &lines);
    shop.step("ben", "A", "close", &json!({"seller": "luma"})).is(200);
    assert_eq!(shop.coupon_status("ben", &again), "used", "tako's open transaction has no share of it");
}

#[test]
fn s18_a_full_refund_of_the_discounted_part_alone_is_a_partial_refund() {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &with(off(500), &json!({"scope": {"products": ["vase"]}})));
    let mut lines = cart(&[("luma", 3_000, 1), ("tako", 3_000, 1)]);
    lines["lines"][0]["product"] = json!("vase");
    shop.paid("ana", "A", &lines);
    let first = shop.step("ana", "A", "refunds", &json!({"id": "r-1", "seller": "luma"})).is(201);
    assert_eq!((&first["/order_refunded"], &first["/coupons/0/outcome"]), (&json!("partial"), &json!("kept")));
    assert_eq!(shop.coupon_status("ana", &coupon), "used", "its only transaction has ended");
    let last = shop.step("ana", "A", "refunds", &json!({"id": "r-2", "seller": "tako"})).is(201);
    assert_eq!(last["/order_refunded"], "full");
    assert_eq!(shop.coupon_status("ana", &coupon), "valid", "the last of several refunds completes it");
}

#[test]
fn s20_shares_add_up_over_sellers_lines_and_units_for_every_discount() {
    for amount in [1, 2, 99, 1_000, 3_333, 5_000] {
        let shop = Shop::new();
        shop.coupon("ana", &terms(&json!({"type": "platform"}), &json!({"type": "amount_off", "amount": amount})));
        let lines = cart(&[("luma", 333, 3), ("tako", 1, 7), ("moby", 2_500, 1), ("luma", 0, 2)]);
        let quote = shop.quote("ana", &json!({"cart": lines}));
        let sum = |pointer: &str, member: &str| -> i64 {
            quote[pointer].as_array().expect("a list").iter().filter_map(|one| one[member].as_i64()).sum()
        };
        let discount = quote["/discount"].as_i64().expect("a discount");
        assert_eq!(discount, amount.min(3_506));
        for (pointer, member) in [
            ("/sellers", "discount"),
            ("/lines", "discount"),
            ("/applied/0/shares", "amount"),
            ("/applied/0/funding", "amount"),
        ] {
            assert_eq!(sum(pointer, member), discount, "{amount} off: {pointer}");
        }
        for share in quote["/applied/0/shares"].as_array().expect("shares") {
            let units = share["units"].as_array().expect("units");
            let placed: i64 =
                units.iter().filter_map(|run| Some(run["count"].as_i64()? * run["amount"].as_i64()?)).sum();
            assert_eq!(placed, share["amount"].as_i64().expect("an amount"), "{share}");
        }
    }
}
