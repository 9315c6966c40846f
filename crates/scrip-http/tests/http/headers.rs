//! What HTTP itself demands, and how cursors, tokens and faults behave.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use scrip_engine::PEOPLE;
use scrip_store::{Followed, Rebuild, Store, TableSet, frame::Frame, memory::MemoryStore};
use serde_json::json;

use crate::shop::{Shop, buckets, cart, off};

#[test]
fn a_second_host_or_none_is_refused() {
    let shop = Shop::new();
    shop.ask("GET", "/livez").header("host", "other").send().refused(400, "invalid_field").about("Host");
    shop.ask("GET", "/livez").without_host().send().refused(400, "invalid_field").about("Host");
    shop.ask("GET", "/livez").send().is(200);
}

#[test]
fn a_body_that_says_it_is_compressed_is_refused() {
    let shop = Shop::new();
    let send = |encoding: &str| {
        let ask = shop.ask("POST", "/v1/campaigns").by(&shop.operator).header("content-encoding", encoding);
        ask.json(&off(500)).send()
    };
    for encoding in ["gzip", "br", "identity, gzip", ""] {
        send(encoding).refused(400, "invalid_field").about("Content-Encoding");
    }
    send("identity").is(201);
}

#[test]
fn a_fault_of_ours_is_told_as_one() {
    let shop = Shop::new();
    shop.break_metrics();
    let answer = shop.ask("GET", "/metrics").send().refused(500, "internal_fault");
    assert_eq!(answer.header("retry-after"), None);
    assert!(answer.text_at("/detail").contains("asking again"), "{}", answer.text);
}

#[test]
fn a_cursor_that_a_list_never_gave_is_refused() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    for places in [
        "{\"0\":18446744073709551615}",
        "{\"0\":9223372036854775807}",
        "{\"0\":1000000}",
        "{\"65535\":1}",
        "{\"0\":-1}",
        "[]",
    ] {
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(places);
        for (path, pointer) in [
            (format!("/v1/events?cursor={cursor}"), "/cursor"),
            (format!("/v1/events?after={cursor}"), "/after"),
            (format!("/v1/ledger/entries?cursor={cursor}"), "/cursor"),
        ] {
            shop.get(&shop.operator, &path).refused(400, "invalid_field").about(&pointer[1..]);
        }
    }
    for place in ["[9223372036854775807,\"a\",\"b\"]", "[-9223372036854775808,\"a\",\"b\"]"] {
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(place);
        let answer = shop.get(&shop.operator, &format!("/v1/orders?cursor={cursor}"));
        assert!(matches!(answer.status, 200 | 400), "{}", answer.text);
    }
}

#[test]
fn a_loop_over_the_feed_ends_with_has_more_and_its_cursor_goes_on() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    let first = shop.get(&shop.operator, "/v1/events?limit=1").is(200);
    assert_eq!((first.column("id").len(), &first["/has_more"]), (1, &json!(true)));
    let mut path = "/v1/events?limit=1".to_owned();
    let mut pages = 0;
    let end = loop {
        let page = shop.get(&shop.operator, &path).is(200);
        path = format!("/v1/events?limit=1&cursor={}", page.text_at("/next_cursor"));
        pages += 1;
        assert!(pages < 100, "it never ends");
        if page["/has_more"] == false {
            break path;
        }
    };
    assert_eq!(shop.get(&shop.operator, &end).is(200).column("id"), Vec::<&str>::new());
    shop.coupon("ben", &off(100));
    assert_eq!(shop.get(&shop.operator, &end).is(200).column("id").len(), 1);
    let both = end.replace("cursor=", "after=x&cursor=");
    shop.get(&shop.operator, &both).refused(400, "invalid_field").about("after");
}

#[test]
fn a_token_ends_with_the_key_that_minted_it() {
    let shop = Shop::new();
    let key = shop.post(&shop.operator, "/v1/keys", &json!({"role": "storefront"})).is(201);
    let minted = shop.post(key.text_at("/secret"), "/v1/shopper-tokens", &json!({"account": "ana"})).is(201);
    let token = minted.text_at("/token");
    let path = "/v1/accounts/ana/coupons";
    shop.get(token, path).is(200);
    shop.post(&shop.operator, &format!("/v1/keys/{}/revoke", key.text_at("/id")), &json!({})).is(200);
    shop.get(token, path).refused(401, "unauthenticated");
    shop.get(&shop.shopper("ana"), path).is(200);
}

#[test]
fn lists_say_that_they_answer_from_tables_of_older_rules() {
    const LISTS: [&str; 4] =
        ["/v1/orders", "/v1/accounts/ana/orders", "/v1/ledger/entries", "/v1/reports/distribution"];
    let store = MemoryStore::new(buckets());
    let shop = Shop::over(store.clone());
    let coupon = shop.coupon("ana", &off(500));
    let cart = cart(&[("luma", 5_000, 1)]);
    shop.order("ana", &json!({"id": "A-1", "cart": cart})).is(201);
    for list in LISTS {
        assert_eq!(shop.get(&shop.operator, list).is(200).header("tables-rebuilding"), None, "{list}");
    }
    drop(shop);

    // Rebuilt to the middle of a batch, from where nobody can go on: so it stays.
    store.made_by_older_rules(PEOPLE);
    let mut projection = store.projection(PEOPLE).expect("follows");
    assert_eq!(projection.rebuild(1).expect("of older rules"), Rebuild::Underway);
    for bucket in store.buckets().all() {
        let frames = store.snapshot().and_then(|mut snapshot| snapshot.frames(bucket, 0, usize::MAX)).expect("reads");
        let frames = frames.iter().map(|frame| Frame::decode(frame).expect("whole").0);
        let Some(several) = frames.into_iter().find(|frame| frame.count > 1) else { continue };
        let (rows, added) = (Vec::new(), Vec::new());
        let followed = Followed { bucket, from: 0, to: several.first, rows, added };
        projection.write(TableSet::Rebuilt, &followed).expect("writes");
    }
    let shop = Shop::over(store.of_another_process());
    for list in LISTS {
        let answer = shop.get(&shop.operator, list).is(200);
        assert_eq!(answer.header("tables-rebuilding"), Some("true"), "{list}");
    }
    let found = shop.get(&shop.operator, &format!("/v1/coupons/{coupon}")).is(200);
    assert_eq!(found.header("tables-rebuilding"), Some("true"));
    assert_eq!(shop.get(&shop.operator, "/v1/orders").is(200).body["data"][0]["id"], "A-1");
    // What answers from documents says nothing of it, and neither does a refusal.
    assert_eq!(shop.get(&shop.operator, "/v1/accounts/ana/orders/A-1").is(200).header("tables-rebuilding"), None);
    let refused = shop.get(&shop.operator, "/v1/orders?limit=none");
    assert_eq!(refused.refused(400, "invalid_field").header("tables-rebuilding"), None);
}
