//! Every reason that can occur now, with the status and the parameters that the rules promise.

use std::collections::BTreeSet;

use scrip_core::reason::Reason;
use serde_json::{Value, json};

use crate::shop::{Answer, Shop, cart, off, seller_off, with};

const COUPONS: &str = "/v1/accounts/ana/coupons";
const NOBODYS: &str = "cpn_00000000000000000000000000";

/// Collects which codes were said.
#[derive(Default)]
struct Heard(BTreeSet<String>);

impl Heard {
    /// A refusal with this status, code and parameters, all three exactly.
    #[track_caller]
    fn says(&mut self, answer: Answer, status: u16, code: &str, params: &Value) -> Answer {
        let answer = answer.refused(status, code);
        assert_eq!(answer["/params"], *params, "{}", answer.text);
        assert_eq!(answer["/errors/0/code"], code, "{}", answer.text);
        for (name, value) in params.as_object().expect("an object") {
            assert_eq!(answer.body["errors"][0][name], *value, "beside the code too: {}", answer.text);
        }
        self.0.insert(code.to_owned());
        answer
    }

    /// A quote that gives exactly this reason for the coupon.
    #[track_caller]
    fn quotes(&mut self, quote: &Answer, coupon: &str, reason: &Value) {
        let entries = quote["/not_applied"].as_array().expect("a quote");
        let entry = entries.iter().find(|entry| entry["coupon"] == coupon);
        let entry = entry.unwrap_or_else(|| panic!("{coupon} isn't in {}", quote.text));
        assert_eq!(entry["reasons"], json!([reason]), "{}", quote.text);
        self.0.insert(reason["code"].as_str().expect("a code").to_owned());
    }
}

fn one() -> Value {
    cart(&[("luma", 3_000, 1)])
}

fn naming(id: &str, coupons: &[&str]) -> Value {
    json!({"id": id, "cart": one(), "use": {"coupons": coupons}})
}

/// Reasons that cannot occur over HTTP with a store in memory, and why.
const NOT_YET: &[(&str, &str)] = &[
    ("coupon_reclaimed", "no case can reclaim yet (S4)"),
    ("coupon_frozen", "no case can freeze yet (S4)"),
    ("condition_not_met", "every condition there is has a reason of its own"),
    ("request_timeout", "a body in memory is there at once; the binary's tests send one slowly"),
];

#[test]
fn every_reason_has_its_status_and_its_parameters() {
    let mut heard = Heard::default();
    of_the_wallet(&mut heard);
    of_the_cart(&mut heard);
    of_combinations(&mut heard);
    of_orders(&mut heard);
    of_claims(&mut heard);
    of_codes(&mut heard);
    of_refunds(&mut heard);
    of_terms(&mut heard);
    of_requests(&mut heard);
    let not_yet: BTreeSet<String> = NOT_YET.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert!(heard.0.is_disjoint(&not_yet), "{:?}", heard.0.intersection(&not_yet));
    let all: BTreeSet<String> = Reason::ALL.iter().map(|(code, _)| (*code).to_owned()).collect();
    let either: BTreeSet<String> = heard.0.union(&not_yet).cloned().collect();
    assert_eq!(either, all);
}

fn of_the_wallet(heard: &mut Heard) {
    let shop = Shop::new();
    let coupon = shop.coupon("ana", &off(500));
    let early = shop.coupon(
        "ana",
        &with(
            off(500),
            &json!({"validity": {"type": "fixed", "starts_at": "2026-11-20T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z"}}),
        ),
    );
    let quote = |coupon: &str| shop.quote("ana", &json!({"cart": one(), "use": {"coupons": [coupon]}}));
    heard.says(shop.order("ana", &naming("X", &[NOBODYS])), 422, "coupon_not_found", &json!({}));
    heard.quotes(&quote(NOBODYS), NOBODYS, &json!({"code": "coupon_not_found"}));
    let starts = json!({"starts_at": "2026-11-20T00:00:00Z"});
    heard.says(shop.order("ana", &naming("X", &[&early])), 422, "not_started", &starts);
    shop.order("ana", &naming("A", &[&coupon])).is(201);
    heard.says(shop.order("ana", &naming("X", &[&coupon])), 409, "coupon_on_order", &json!({"order": "A"}));
    heard.quotes(&quote(&coupon), &coupon, &json!({"code": "coupon_on_order", "order": "A"}));
    shop.step("ana", "A", "pay", &json!({})).is(200);
    shop.step("ana", "A", "close", &json!({})).is(200);
    heard.says(shop.order("ana", &naming("X", &[&coupon])), 409, "coupon_used", &json!({}));
    let late = shop.coupon("ana", &off(500));
    shop.set_time("2026-12-01T00:00:00Z");
    let expired = json!({"expires_at": "2026-12-01T00:00:00Z"});
    heard.says(shop.order("ana", &naming("X", &[&late])), 422, "coupon_expired", &expired);
}

fn of_the_cart(heard: &mut Heard) {
    let shop = Shop::new();
    let mut refused = |terms: &Value, status: u16, code: &str, params: &Value| {
        let coupon = shop.coupon("ana", terms);
        heard.says(shop.order("ana", &naming("X", &[&coupon])), status, code, params);
    };
    let euro = with(off(500), &json!({"currency": "EUR"}));
    refused(&euro, 422, "currency_mismatch", &json!({"coupon": "EUR", "cart": "USD"}));
    refused(&seller_off("tako", 500), 422, "seller_not_in_cart", &json!({"seller": "tako"}));
    for (scope, because) in [
        (json!({"products": ["vase"]}), "scope"),
        (json!({"categories": ["garden"]}), "scope"),
        (json!({"exclude_products": ["lamp"]}), "excluded"),
        (json!({"exclude_categories": ["home"]}), "excluded"),
    ] {
        let terms = with(off(500), &json!({"scope": scope}));
        refused(&terms, 422, "no_eligible_line", &json!({"because": because}));
    }
    for base in ["after_earlier_lanes", "before_discounts"] {
        let terms = with(off(500), &json!({"minimum_spend": {"amount": 4_200, "base": base}}));
        let params = json!({"missing": 1_201, "amount": 4_200, "base": base});
        refused(&terms, 422, "minimum_spend_not_met", &params);
    }
    let terms = with(off(500), &json!({"limits": {"budget": 499}}));
    refused(&terms, 409, "campaign_budget_exhausted", &json!({"left": 499}));
    let campaign = shop.live(&off(500));
    let coupon = shop.collect("ana", &campaign);
    shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/pause"), &json!({})).is(200);
    heard.says(shop.order("ana", &naming("X", &[&coupon])), 422, "campaign_paused", &json!({}));
}

fn of_combinations(heard: &mut Heard) {
    let shop = Shop::new();
    let alone = shop.coupon("ana", &with(off(500), &json!({"stacking": {"exclusive": true}})));
    let (small, large) = (shop.coupon("ana", &off(400)), shop.coupon("ana", &off(450)));
    let all = shop.coupon("ana", &seller_off("luma", 3_000));
    let answer = shop.order("ana", &naming("X", &[&small, &alone]));
    heard.says(answer, 422, "exclusive_coupon_applied", &json!({"coupon": alone})).pointing("/use/coupons/0");
    let answer = shop.order("ana", &naming("X", &[&small, &large]));
    heard.says(answer, 422, "stacking_group_taken", &json!({"coupon": large})).pointing("/use/coupons/0");
    let answer = shop.order("ana", &naming("X", &[&all, &large]));
    heard.says(answer, 422, "nothing_left_to_discount", &json!({})).pointing("/use/coupons/1");
    let lumas = shop.coupon("ben", &seller_off("luma", 100));
    shop.coupon("ben", &with(off(1_000), &json!({"minimum_spend": {"amount": 2_950}})));
    let quote = shop.quote("ben", &json!({"cart": one()}));
    heard.quotes(&quote, &lumas, &json!({"code": "not_in_best_combination"}));
}

fn of_orders(heard: &mut Heard) {
    let shop = Shop::new();
    let plain = |id: &str| json!({"id": id, "cart": one()});
    let answer = shop.order("ana", &with(plain("A"), &json!({"expect_discount": 7})));
    heard.says(answer, 409, "quote_changed", &json!({"expected": 7, "discount": 0}));
    shop.order("ana", &plain("A")).is(201);
    let other = with(plain("A"), &json!({"hold_minutes": 31}));
    heard.says(shop.order("ana", &other), 409, "order_exists", &json!({})).pointing("/id");
    for (step, status) in [("close", "placed"), ("cancel", ""), ("pay", "cancelled"), ("close", "cancelled")] {
        let answer = shop.step("ana", "A", step, &json!({}));
        if status.is_empty() {
            answer.is(200);
        } else {
            heard.says(answer, 409, "order_state", &json!({"order_status": status}));
        }
    }
    let hold = json!({"hold_minutes": 60});
    heard.says(shop.step("ana", "A", "extend", &hold), 409, "order_state", &json!({"order_status": "cancelled"}));
    shop.paid("ana", "B", &one());
    heard.says(shop.step("ana", "B", "extend", &hold), 409, "order_state", &json!({"order_status": "paid"}));
    shop.step("ana", "B", "close", &json!({})).is(200);
    heard.says(shop.step("ana", "B", "cancel", &json!({})), 409, "order_state", &json!({"order_status": "closed"}));
    let answer = shop.step("ana", "B", "close", &json!({"seller": "tako"}));
    heard.says(answer, 422, "not_in_order", &json!({"seller": "tako"}));
    let coupon = shop.coupon("ana", &off(500));
    shop.order("ana", &plain("C")).is(201);
    shop.minutes_pass(30);
    shop.order("ana", &json!({"id": "D", "cart": one()})).is(201);
    let gone = json!({"gone": "coupon", "coupon": coupon});
    heard.says(shop.step("ana", "C", "pay", &json!({})), 409, "hold_expired", &gone);
    shop.minutes_pass(60 * 24 * 30);
    heard.says(shop.step("ana", "C", "pay", &json!({})), 409, "hold_expired", &json!({"gone": "time"}));
}

fn of_claims(heard: &mut Heard) {
    let shop = Shop::new();
    let claim = |body: &Value| shop.post(&shop.storefront, COUPONS, body);
    let of = |campaign: &str| claim(&json!({"campaign": campaign}));
    heard.says(of("cmp_00000000000000000000000000"), 404, "campaign_not_found", &json!({}));
    let draft = shop.draft(&off(1));
    heard.says(of(&draft), 409, "campaign_not_live", &json!({"campaign_status": "draft"}));
    let campaign = shop.live(&off(1));
    of(&campaign).is(201);
    heard.says(of(&campaign), 409, "individual_limit_reached", &json!({"limit": 1}));
    for (step, status) in [("pause", "paused"), ("end", "ended")] {
        shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/{step}"), &json!({})).is(200);
        heard.says(of(&campaign), 409, "campaign_not_live", &json!({"campaign_status": status}));
    }
    let later = shop.live(&with(off(1), &json!({"claims": {"starts_at": "2026-11-20T00:00:00Z"}})));
    heard.says(of(&later), 409, "claims_not_open", &json!({"starts_at": "2026-11-20T00:00:00Z"}));
    let closing = shop.live(&with(off(1), &json!({"claims": {"ends_at": "2026-11-11T00:00:00Z"}})));
    let social = shop.live(&with(off(1), &json!({"claims": {"channels": ["social"]}})));
    heard.says(of(&social), 422, "channel_not_offered", &json!({}));
    let system = json!({"campaign": social, "channel": "system"});
    heard.says(claim(&system), 403, "channel_not_allowed", &json!({}));
    let last = shop.live(&with(off(1), &json!({"limits": {"stock": 1, "budget": "unlimited"}})));
    shop.collect("ben", &last);
    heard.says(of(&last), 409, "sold_out", &json!({}));
    let many = shop.live(&with(off(1), &json!({"limits": {"per_individual": null, "budget": "unlimited"}})));
    let claims = vec![json!({"account": "ana", "campaign": many}); 1_000];
    let full = loop {
        shop.post(&shop.storefront, "/v1/claims/batch", &json!({"claims": claims})).is(200);
        let answer = of(&many);
        if answer.status != 201 {
            break answer;
        }
    };
    let valid = shop.get(&shop.storefront, "/v1/accounts/ana/coupons/summary")["/valid"].clone();
    heard.says(full, 409, "wallet_full", &json!({"limit": valid}));
    shop.set_time("2026-11-11T00:00:00Z");
    let answer = shop.post(&shop.storefront, "/v1/accounts/cleo/coupons", &json!({"campaign": closing}));
    heard.says(answer, 409, "claims_not_open", &json!({"ends_at": "2026-11-11T00:00:00Z"}));
}

fn of_codes(heard: &mut Heard) {
    let shop = Shop::new();
    let enter = |account: &str, code: &str| {
        shop.post(&shop.storefront, &format!("/v1/accounts/{account}/coupons"), &json!({"code": code}))
    };
    let campaign = shop.live(&off(1));
    let unique = shop.unique_codes(&campaign, 1).remove(0);
    enter("ben", &unique).is(201);
    heard.says(enter("ben", &unique), 409, "code_used", &json!({}));
    heard.says(enter("ana", &unique), 422, "code_not_usable", &json!({}));
    shop.shared_code(&shop.live(&off(2)), "ONCE", Some(1));
    enter("ben", "ONCE").is(201);
    heard.says(enter("ana", "once"), 409, "code_uses_exhausted", &json!({}));
    let order = json!({"id": "A", "cart": one(), "use": "none", "codes": ["ONCE"]});
    heard.says(shop.order("ana", &order), 409, "code_uses_exhausted", &json!({})).pointing("/codes/0");
    for number in 1..5 {
        enter("ana", &format!("WRONG{number}")).refused(422, "code_not_usable");
    }
    let path = format!("/v1/campaigns/{campaign}/codes.csv");
    let begun = [(); 2].map(|()| shop.ask("GET", &path).by(&shop.operator).begin());
    heard.says(shop.get(&shop.operator, &path), 429, "rate_limited", &json!({}));
    drop(begun);
    let answer = heard.says(enter("ana", "WRONG5"), 429, "too_many_attempts", &json!({"limit": 5}));
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{seconds:?}");
    let revoked = shop.live(&off(4));
    let codes = format!("/v1/campaigns/{revoked}/codes");
    let added = shop.post(&shop.operator, &codes, &json!({"kind": "shared", "code": "GONE"})).is(201);
    enter("dora", "GONE").is(201);
    shop.post(&shop.operator, &format!("{codes}/{}/revoke", added.text_at("/id")), &json!({})).is(200);
    heard.says(enter("dora", "GONE"), 409, "code_revoked", &json!({}));
    let claim = || shop.post(&shop.storefront, COUPONS, &json!({"campaign": revoked}));
    shop.set_clock("2026-12-20T12:00:00Z");
    heard.says(claim(), 503, "store_unavailable", &json!({}));
    shop.set_clock(crate::shop::NOON);
    shop.shared_code(&shop.live(&off(3)), "LATE", None);
    shop.set_time("2026-12-01T00:00:00Z");
    heard.says(enter("cleo", "LATE"), 409, "code_expired", &json!({}));
}

fn of_refunds(heard: &mut Heard) {
    let shop = Shop::new();
    let refund = |order: &str, body: &Value| shop.step("ana", order, "refunds", body);
    let units =
        |id: &str, line: &str, quantity: u32| json!({"id": id, "lines": [{"line": line, "quantity": quantity}]});
    shop.order("ana", &json!({"id": "A", "cart": one()})).is(201);
    heard.says(refund("A", &units("r", "l1", 1)), 409, "order_not_paid", &json!({}));
    shop.paid("ana", "B", &cart(&[("luma", 1_000, 3)]));
    heard.says(refund("B", &units("r", "l7", 1)), 422, "not_in_order", &json!({"line": "l7"}));
    refund("B", &units("r", "l1", 2)).is(201);
    let left = json!({"line": "l1", "left": 1});
    heard.says(refund("B", &units("r-2", "l1", 2)), 422, "units_already_refunded", &left);
    heard.says(refund("B", &units("r", "l1", 1)), 409, "refund_exists", &json!({})).pointing("/id");
    let amount = json!({"id": "r-3", "amounts": [{"line": "l1", "amount": 1_001}]});
    heard.says(refund("B", &amount), 422, "amount_exceeds_paid", &json!({"left": 1_000}));
    let shipping = json!({"id": "r-4", "shipping": [{"seller": "luma", "amount": 1}]});
    heard.says(refund("B", &shipping), 422, "amount_exceeds_paid", &json!({"left": 0}));
}

fn of_terms(heard: &mut Heard) {
    let shop = Shop::new();
    let campaign = shop.live(&with(off(500), &json!({"limits": {"stock": 10, "budget": 5_000}})));
    let path = format!("/v1/campaigns/{campaign}");
    let patch =
        |change: &Value| shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "*").json(change).send();
    let validity = json!({"validity": {"expires_at": "2027-01-01T00:00:00Z"}});
    heard.says(patch(&validity), 422, "validity_is_fixed", &json!({}));
    for change in [
        json!({"benefit": {"amount": 501}}),
        json!({"currency": "EUR"}),
        json!({"minimum_spend": {"amount": 1}}),
        json!({"scope": {"products": ["lamp"]}}),
        json!({"stacking": {"exclusive": true}}),
        json!({"refund_policy": {"full_refund": "keep"}}),
    ] {
        heard.says(patch(&change), 422, "terms_are_frozen", &json!({}));
    }
    for change in [json!({"stock": 9}), json!({"budget": 4_999}), json!({"per_individual": 0})] {
        let answer = patch(&json!({"limits": change}));
        if answer.status == 400 {
            continue;
        }
        heard.says(answer, 422, "limit_may_only_grow", &json!({}));
    }
    patch(&json!({"limits": {"stock": 11, "budget": 5_001, "per_individual": 2}})).is(200);
    let funding = with(seller_off("luma", 1), &json!({"funding": [{"funder": "platform", "share_bp": 10_000}]}));
    heard.says(shop.post(&shop.luma, "/v1/campaigns", &funding), 422, "funder_not_agreed", &json!({}));
    let draft = shop.draft(&with(off(1), &json!({"limits": {}})));
    let step = |id: &str, step: &str| shop.post(&shop.operator, &format!("/v1/campaigns/{id}/{step}"), &json!({}));
    heard.says(step(&draft, "publish"), 422, "budget_required", &json!({}));
    for name in ["pause", "resume", "end"] {
        heard.says(step(&draft, name), 409, "campaign_state", &json!({"campaign_status": "draft"}));
    }
    step(&campaign, "end").is(200);
    for name in ["publish", "pause", "resume"] {
        heard.says(step(&campaign, name), 409, "campaign_state", &json!({"campaign_status": "ended"}));
    }
    for _ in 0..100 {
        shop.draft(&seller_off("luma", 1));
    }
    let answer = shop.post(&shop.luma, "/v1/campaigns", &seller_off("luma", 1));
    heard.says(answer, 409, "limit_reached", &json!({"limit": 100, "of": "campaigns_draft"}));
    shop.order("ana", &json!({"id": "M", "cart": one(), "metadata": {"k": "v"}})).is(201);
    let note = |key: &str, metadata: &Value| {
        let ask = shop.ask("PATCH", "/v1/accounts/ana/orders/M").by(key);
        ask.json(&json!({"metadata": metadata})).send()
    };
    let twenty: Value =
        (0..20).map(|number| (format!("k{number}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    let full = note(&shop.storefront, &twenty);
    heard.says(full, 409, "limit_reached", &json!({"limit": 20, "of": "metadata"})).pointing("/metadata");
    note(&shop.operator, &json!({"note": "v"})).is(200);
    heard.says(note(&shop.storefront, &json!({"note": "w"})), 409, "metadata_key_taken", &json!({}));
    let other = shop.live(&off(1));
    shop.shared_code(&other, "SAVE", None);
    let code = json!({"kind": "shared", "code": "s-a v-e"});
    let answer = shop.post(&shop.operator, &format!("/v1/campaigns/{other}/codes"), &code);
    heard.says(answer, 409, "code_exists", &json!({}));
    let bare = shop.ask("PATCH", &path).by(&shop.operator).json(&json!({"name": "N"})).send();
    heard.says(bare, 428, "precondition_required", &json!({}));
    let stale = shop.ask("PATCH", &path).by(&shop.operator).header("if-match", "\"stale\"").json(&json!({"name": "N"}));
    heard.says(stale.send(), 412, "precondition_failed", &json!({}));
    let over = shop.draft(&off(1));
    shop.set_time("2026-12-01T00:00:00Z");
    heard.says(step(&over, "publish"), 422, "validity_over", &json!({}));
}

fn of_requests(heard: &mut Heard) {
    let shop = Shop::new();
    let by = |method: &str, path: &str| shop.ask(method, path).by(&shop.operator);
    heard.says(by("POST", COUPONS).bytes(b"{").send(), 400, "invalid_json", &json!({}));
    let answer = shop.get(&shop.operator, "/v1/campaigns?limit=101").refused(400, "invalid_field");
    assert_eq!(answer["/params"], json!({"limit": 100, "allowed": "an integer from 1 to 100"}));
    heard.0.insert("invalid_field".to_owned());
    heard.says(by("POST", COUPONS).json(&json!({"what": 1})).send(), 400, "unknown_field", &json!({}));
    heard.says(shop.get(&shop.operator, "/v1/keys?what=1"), 400, "unknown_parameter", &json!({}));
    let huge = json!({"cart": cart(&[("luma", 1_000_000_000_000_000, 2)])});
    heard.says(by("POST", "/v1/accounts/ana/quotes").json(&huge).send(), 422, "amount_out_of_range", &json!({}));
    shop.break_metrics();
    heard.says(shop.ask("GET", "/metrics").send(), 500, "internal_fault", &json!({}));
    heard.says(shop.ask("GET", "/v1/keys").send(), 401, "unauthenticated", &json!({}));
    heard.says(shop.get(&shop.storefront, "/v1/keys"), 403, "forbidden", &json!({}));
    heard.says(shop.get(&shop.operator, "/v1/nothing"), 404, "not_found", &json!({}));
    heard.says(by("PUT", "/v1/keys").send(), 405, "method_not_allowed", &json!({}));
    heard.says(by("POST", COUPONS).bytes(&vec![b' '; 1_100_000]).send(), 413, "payload_too_large", &json!({}));
    by("POST", "/v1/campaigns").once("k").json(&off(1)).send().is(201);
    let other = by("POST", "/v1/campaigns").once("k").json(&off(2)).send();
    heard.says(other, 422, "idempotency_key_reused", &json!({}));
}
