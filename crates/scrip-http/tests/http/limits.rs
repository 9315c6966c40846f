//! Whatever a caller can grow has a bound: texts, requests, exports.

use std::time::Duration;

use scrip_desk::{ExportLimits, WaitLimits};
use scrip_http::{Limits, RequestRates};
use serde_json::{Value, json};

use crate::shop::{Answer, Shop, off};

/// Longer than anything that is ever shown of a caller's text.
const LONG: usize = 1_000_000;

fn campaign() -> Value {
    json!({"name": "Welcome", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": "unlimited"},
        "validity": {"type": "after_claim", "days": 30}})
}

#[track_caller]
fn is_short(answer: &Answer) {
    assert!(answer.text.len() < 4_000, "{} bytes: {:.200}", answer.text.len(), answer.text);
}

#[test]
fn what_a_caller_wrote_is_neither_echoed_nor_kept_at_length() {
    let shop = Shop::new();
    let ana = shop.shopper("ana");
    let long = "x".repeat(LONG);
    let quotes = "/v1/accounts/ana/quotes";
    let claims = "/v1/accounts/ana/coupons";
    let line = |product: &str| {
        json!({"currency": "USD", "lines": [
            {"id": "l1", "seller": "luma", "product": product, "unit_price": 1, "quantity": 1}]})
    };
    let refused = [
        // What the parser expected is looked for in its words, which repeat what was sent.
        shop.post(&ana, quotes, &json!({"cart": line(&format!("expected {long}"))})),
        shop.post(&ana, quotes, &json!({"cart": line(&format!("x at line 1 column 1, expected {long}"))})),
        shop.post(&ana, quotes, &json!({"cart": line("lamp"), "use": format!("expected {long}")})),
        shop.post(&ana, quotes, &json!({"cart": line("lamp"), long.as_str(): 1})),
        shop.post(&ana, quotes, &json!({"cart": {long.as_str(): {"expected ": [1]}}})),
        shop.post(&ana, claims, &json!({"campaign": format!("expected {long}")})),
        shop.post(&ana, claims, &json!({"campaign": "cmp_x", "channel": format!("expected {long}")})),
        shop.post(&ana, claims, &json!({"code": format!("expected {long}")})),
        shop.get(&ana, &format!("/v1/accounts/ana/coupons?{}=1", "y".repeat(30_000))),
        shop.get(&ana, &format!("/v1/accounts/ana/coupons?status=expected%20{}", "y".repeat(30_000))),
        shop.get(&ana, &format!("/v1/accounts/ana/coupons?=%ff{}", "y".repeat(30_000))),
        shop.get(&ana, &format!("/v1/accounts/expected%20{}/coupons", "y".repeat(30_000))),
        shop.post(&ana, &format!("/v1/accounts/{}/quotes", "y".repeat(30_000)), &json!({})),
    ];
    for answer in refused {
        assert!(matches!(answer.status, 400 | 404 | 422), "{} {:.200}", answer.status, answer.text);
        is_short(&answer);
    }
    let attempts = shop.get(&shop.operator, "/v1/attempts?limit=100").is(200);
    assert!(attempts.body["data"].as_array().is_some_and(|rows| rows.len() >= 8), "{}", attempts.text);
    for row in attempts.body["data"].as_array().expect("a list") {
        assert!(row.to_string().len() < 3_000, "{row}");
    }
    // What is cut says so.
    assert!(attempts.text.contains("xxx…"), "{}", attempts.text);
}

#[test]
fn a_shopper_is_slowed_down_and_told_when_to_come_again_and_others_are_not() {
    let requests = RequestRates { per_shopper: 1, ..RequestRates::NONE };
    let shop = Shop::with_limits(Limits { requests, ..Limits::default() });
    let (ana, ben) = (shop.shopper("ana"), shop.shopper("ben"));
    let again = shop.shopper("ana");
    let offers = |key: &str, account: &str| shop.get(key, &format!("/v1/accounts/{account}/offers"));
    let answers: Vec<Answer> = (0..20).map(|_| offers(&ana, "ana")).collect();
    assert!(answers[..5].iter().all(|answer| answer.status == 200), "five seconds' worth at once");
    let refused = answers.iter().find(|answer| answer.status != 200).expect("not twenty");
    assert_eq!((refused.status, refused.text_at("/code")), (429, "rate_limited"));
    let wait: u32 = refused.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
    assert!((1..=5).contains(&wait), "{wait}");
    // Another token of the same account is the same shopper.
    assert!((0..3).any(|_| offers(&again, "ana").status == 429));
    offers(&ben, "ben").is(200);
    for _ in 0..50 {
        offers(&shop.storefront, "ana").is(200);
    }
    // Slowing somebody down displaces nothing in the log of attempts.
    let attempts = shop.get(&shop.operator, "/v1/attempts?reason=rate_limited").is(200);
    assert_eq!(attempts.body["data"], json!([]));
}

#[test]
fn a_key_reads_few_exports_at_once_and_begins_another_when_one_is_over() {
    let exports = ExportLimits { per_key: 2, at_once: 3, time: Duration::from_secs(60) };
    let shop = Shop::with_desk(|desk| desk.exports = exports);
    let campaign = shop.live(&campaign());
    shop.shared_code(&campaign, "SAVE10", None);
    let path = format!("/v1/campaigns/{campaign}/codes.csv");
    let begin = |key: &str| shop.ask("GET", &path).by(key).begin();
    let (first, second) = (begin(&shop.operator), begin(&shop.operator));
    let refused = shop.get(&shop.operator, &path);
    assert_eq!((refused.status, refused.text_at("/code")), (429, "rate_limited"));
    assert!(refused.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
    // The reader of one leaves, the other reads to the end.
    drop(first);
    let third = begin(&shop.operator);
    for body in [second, third] {
        let text = shop.read_to_end(body).expect("whole");
        assert!(text.starts_with("code,kind,") && text.contains("\r\nSAVE10,shared,"), "{text}");
    }
    shop.get(&shop.operator, &path).is(200);
}

#[test]
fn an_export_is_broken_off_when_its_time_is_over() {
    let exports = ExportLimits { time: Duration::ZERO, ..ExportLimits::default() };
    let shop = Shop::with_desk(|desk| desk.exports = exports);
    let campaign = shop.live(&campaign());
    let path = format!("/v1/campaigns/{campaign}/codes.csv");
    let begun = shop.ask("GET", &path).by(&shop.operator).begin();
    assert!(shop.read_to_end(begun).is_err(), "a cut export must not look whole");
}

#[test]
fn readiness_waits_for_nobodys_reads() {
    let shop = Shop::new();
    shop.engine.limit_reads(scrip_engine::ReadLimits { at_once: 1, waiting: 1 });
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let engine = shop.engine.clone();
    let reading = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(engine.read_aside(move |_| {
            begun.send(()).expect("somebody waits");
            ends.recv().expect("somebody tells");
            Ok(())
        }))
    });
    has_begun.recv().expect("it begins");
    shop.ask("GET", "/readyz").send().is(200);
    shop.ask("GET", "/livez").send().is(200);
    // One may wait, the next is refused at once.
    let waits = shop.ask("GET", "/v1/accounts/ana/coupons").by(&shop.operator).sent();
    assert!(waits.is_waiting());
    let refused = shop.get(&shop.operator, "/v1/accounts/ana/coupons");
    assert_eq!((refused.status, refused.text_at("/code")), (429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    end.send(()).expect("it waits");
    reading.join().expect("no panic").expect("it was done");
    waits.answer(&shop).is(200);
}

/// A page of the feed that looks at as much of the journal as one may, and finds nothing.
#[test]
fn a_reader_of_rare_events_gets_an_empty_page_and_goes_on_from_there() {
    let shop = Shop::new();
    let campaign = shop.live(&campaign());
    let path = format!("/v1/campaigns/{campaign}/codes");
    // Each is two events: more in all than a page looks at.
    for number in 0..1_100 {
        let body = json!({"kind": "shared", "code": format!("CODE{number:04}"), "max_uses": 1});
        shop.post(&shop.operator, &path, &body).is(201);
    }
    let open = shop.live(&off(100));
    shop.collect("ana", &open);
    // Nobody orders: the first page ends before the journal does, and doesn't wait.
    let first = shop.get(&shop.operator, "/v1/events?types=order.placed&wait=30").is(200);
    assert!(first.column("type").is_empty());
    assert_eq!(first["/has_more"], true, "one request looked at the whole journal");
    let mut path = "/v1/events?types=coupon.claimed&wait=30".to_owned();
    let found = loop {
        let page = shop.get(&shop.operator, &path).is(200);
        if !page.column("type").is_empty() {
            break page;
        }
        assert_eq!(page["/has_more"], true, "whoever waits isn't answered with nothing at once");
        path = format!("/v1/events?types=coupon.claimed&wait=30&cursor={}", page.text_at("/next_cursor"));
    };
    assert_eq!(found.column("account"), ["ana"]);
}

#[test]
fn a_key_that_is_revoked_reads_no_further() {
    let shop = Shop::new();
    let campaign = shop.live(&campaign());
    let made = shop.post(&shop.operator, "/v1/keys", &json!({"role": "storefront"})).is(201);
    let end = shop.get(&shop.operator, "/v1/events?limit=100").is(200).text_at("/next_cursor").to_owned();
    let waits = shop.ask("GET", &format!("/v1/events?wait=30&cursor={end}")).by(made.text_at("/secret")).meanwhile();
    shop.goes_on_for(Duration::from_millis(300));
    shop.post(&shop.operator, &format!("/v1/keys/{}/revoke", made.text_at("/id")), &json!({})).is(200);
    shop.collect("ana", &campaign);
    waits.answer(&shop).refused(401, "unauthenticated");

    let made = shop.post(&shop.operator, "/v1/keys", &json!({"role": "operator"})).is(201);
    let begin = || shop.ask("GET", &format!("/v1/campaigns/{campaign}/codes.csv")).by(made.text_at("/secret")).begin();
    let (whole, begun) = (begin(), begin());
    assert!(shop.read_to_end(whole).is_ok());
    shop.post(&shop.operator, &format!("/v1/keys/{}/revoke", made.text_at("/id")), &json!({})).is(200);
    assert!(shop.read_to_end(begun).is_err(), "a cut export must not look whole");
}

#[test]
fn few_wait_at_once_with_one_key_and_a_commit_wakes_them() {
    let waits = WaitLimits { per_caller: 1, at_once: 2 };
    let shop = Shop::with_desk(|desk| desk.waits = waits);
    let campaign = shop.live(&campaign());
    let end = shop.get(&shop.operator, "/v1/events?limit=100").is(200).text_at("/next_cursor").to_owned();
    let path = |seconds: u32| format!("/v1/events?wait={seconds}&cursor={end}");
    let wait = |key: &str| {
        let waits = shop.ask("GET", &path(30)).by(key).meanwhile();
        shop.goes_on_for(Duration::from_millis(500));
        waits
    };
    let refused = |key: &str| shop.get(key, &path(1));
    let first = wait(&shop.operator);
    let answer = refused(&shop.operator);
    assert_eq!((answer.status, answer.text_at("/code")), (429, "rate_limited"));
    assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
    let second = wait(&shop.storefront);
    // Of a marketplace's own servers there are as many as may be; a seller isn't one of them.
    let other = shop.post(&shop.operator, "/v1/keys", &json!({"role": "storefront"})).is(201);
    assert_eq!(refused(other.text_at("/secret")).status, 429);
    assert_eq!(refused(&shop.luma).status, 200);
    let began = std::time::Instant::now();
    shop.collect("ana", &campaign);
    assert!(first.answer(&shop).is(200).column("type").contains(&"coupon.claimed"));
    assert!(second.answer(&shop).is(200).column("type").contains(&"coupon.claimed"));
    assert!(began.elapsed().as_secs() < 20, "they waited as long as they would have without it");
    // Both have gone, so there is room again.
    let end = shop.get(&shop.operator, "/v1/events?limit=100").is(200).text_at("/next_cursor").to_owned();
    shop.get(&shop.operator, &format!("/v1/events?wait=1&cursor={end}")).is(200);
}
