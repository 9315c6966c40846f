//! API keys: names, ends, and when they were used.

use std::time::{Duration, Instant};

use scrip_core::event::Event;
use scrip_engine::Positions;
use serde_json::{Value, json};

use crate::shop::{NOON, Shop};

fn made(shop: &Shop, body: &Value) -> crate::shop::Answer {
    shop.post(&shop.operator, "/v1/keys", body).is(201)
}

#[test]
fn a_key_has_a_name_and_without_one_none() {
    let shop = Shop::new();
    let key = made(&shop, &json!({"role": "storefront", "name": "Shop, Madrid", "expires_at": "2026-12-01T00:00:00Z"}));
    assert_eq!((&key["/name"], &key["/expires_at"]), (&json!("Shop, Madrid"), &json!("2026-12-01T00:00:00Z")));
    let read = shop.get(&shop.operator, &format!("/v1/keys/{}", key.text_at("/id"))).is(200);
    assert_eq!((&read["/name"], &read["/role"]), (&json!("Shop, Madrid"), &json!("storefront")));
    assert!(!read.text.contains(key.text_at("/secret")));
    let plain = made(&shop, &json!({"role": "operator"}));
    assert_eq!(
        (&plain["/name"], &plain["/expires_at"], &plain["/last_used_at"]),
        (&json!(null), &json!(null), &json!(null))
    );
    shop.get(&shop.operator, "/v1/keys/key_00000000000000000000000000").refused(404, "not_found");
    for name in ["", "  ", "a\nb", &"x".repeat(201)] {
        let body = json!({"role": "operator", "name": name});
        shop.post(&shop.operator, "/v1/keys", &body).refused(400, "invalid_field").pointing("/name");
    }
    for at in [NOON, "2026-11-10T11:59:59Z", "1970-01-01T00:00:00Z", "tomorrow", "10000-01-01T00:00:00Z"] {
        let body = json!({"role": "operator", "expires_at": at});
        shop.post(&shop.operator, "/v1/keys", &body).refused(400, "invalid_field").pointing("/expires_at");
    }
    shop.post(&shop.operator, "/v1/keys", &json!({"role": "shopper"})).refused(400, "invalid_field").pointing("/role");
}

#[test]
fn an_expired_key_is_told_when_it_ended_and_its_tokens_end_with_it() {
    let shop = Shop::new();
    let body = json!({"role": "storefront", "expires_at": "2026-11-10T12:05:00Z"});
    let secret = made(&shop, &body).text_at("/secret").to_owned();
    let token = shop.post(&secret, "/v1/shopper-tokens", &json!({"account": "ana"})).is(201);
    assert_eq!(token["/expires_at"], "2026-11-10T12:05:00Z");
    shop.minutes_pass(4);
    shop.get(token.text_at("/token"), "/v1/accounts/ana/coupons").is(200);
    shop.get(&secret, "/v1/campaigns").is(200);
    shop.minutes_pass(1);
    let refused = shop.get(&secret, "/v1/campaigns").refused(401, "unauthenticated");
    assert!(refused.text_at("/detail").contains("expired at 2026-11-10T12:05:00Z"), "{}", refused.text);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    shop.get(token.text_at("/token"), "/v1/accounts/ana/coupons").refused(401, "unauthenticated");
    // Whoever hasn't the secret learns nothing of the key.
    let wrong = format!("{}0000", &secret[..secret.len() - 4]);
    let told = shop.get(&wrong, "/v1/campaigns").refused(401, "unauthenticated");
    assert!(!told.text.contains("expired"), "{}", told.text);
}

/// Events that note when a key was used.
fn noted(shop: &Shop, id: &str) -> Vec<String> {
    let events =
        shop.engine.read(|reader| reader.events(&Positions::default(), 1_000_000, usize::MAX)).expect("readable");
    let of_key = |event: &Event| match event {
        Event::ApiKeySeen { key, at } if key.to_string() == id => Some(at.to_string()),
        _ => None,
    };
    events.expect("its beginning is there").events.iter().filter_map(|(_, recorded)| of_key(&recorded.event)).collect()
}

#[test]
fn when_a_key_was_used_is_shown_at_once_and_noted_in_the_journal() {
    let shop = Shop::new();
    let key = made(&shop, &json!({"role": "seller", "seller": "luma"}));
    let (id, secret) = (key.text_at("/id"), key.text_at("/secret"));
    let shown = || shop.get(&shop.operator, &format!("/v1/keys/{id}")).is(200)["/last_used_at"].clone();
    assert_eq!(shown(), json!(null));
    shop.minutes_pass(1);
    shop.get(secret, "/v1/keys").refused(403, "forbidden");
    assert_eq!(shown(), "2026-11-10T12:01:00Z");
    let started = Instant::now();
    while noted(&shop, id).is_empty() {
        assert!(started.elapsed().as_secs() < 30, "nothing is noted");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(noted(&shop, id), ["2026-11-10T12:01:00Z"]);
    // And known to be noted, or it would be noted again at every use.
    let known = || shop.engine.registry().api_key(id.parse().expect("an id")).expect("known").key.last_used_at;
    while known().is_none() {
        assert!(started.elapsed().as_secs() < 30, "what is noted isn't known");
        std::thread::sleep(Duration::from_millis(20));
    }
    shop.minutes_pass(10);
    shop.get(secret, "/v1/campaigns").is(200);
    assert_eq!(shown(), "2026-11-10T12:11:00Z");
    let listed = shop.get(&shop.operator, "/v1/keys?limit=100").is(200);
    let row = listed["/data"].as_array().expect("keys").iter().find(|row| row["id"] == *id).expect("listed");
    assert_eq!(row["last_used_at"], "2026-11-10T12:11:00Z");
    // Half a secret is no use of it.
    shop.minutes_pass(10);
    shop.get(&secret[..secret.len() - 4], "/v1/campaigns").refused(401, "unauthenticated");
    assert_eq!(shown(), "2026-11-10T12:11:00Z");
}

#[test]
fn keys_are_listed_in_pages_oldest_first() {
    let shop = Shop::new();
    for number in 0..30 {
        shop.minutes_pass(1);
        made(&shop, &json!({"role": "storefront", "name": format!("key {number}")}));
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&shop.operator, &format!("/v1/keys?{cursor}")).is(200);
        let data = page["/data"].as_array().expect("keys").clone();
        assert!(data.len() <= 25);
        names.extend(data.iter().filter_map(|key| key["name"].as_str().map(str::to_owned)));
        let Some(next) = page["/next_cursor"].as_str() else { break };
        cursor = format!("cursor={next}");
    }
    let all: Vec<String> = (0..30).map(|number| format!("key {number}")).collect();
    assert_eq!(names, all);
}
