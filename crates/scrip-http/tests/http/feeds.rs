//! Lists that others read: events, ledger, reports, offers, codes, batches, grants.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::shop::{Shop, cart, off, seller_off, with};

/// The whole feed for a caller, page by page.
fn feed(shop: &Shop, key: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut path = format!("/v1/events?limit={limit}");
    loop {
        let page = shop.get(key, &path).is(200);
        let data = page["/data"].as_array().expect("events").clone();
        assert!(data.len() <= limit);
        if data.is_empty() {
            return all;
        }
        all.extend(data);
        path = format!("/v1/events?limit={limit}&after={}", page.text_at("/next_cursor"));
    }
}

fn bought(shop: &Shop) -> String {
    let campaign = shop.live(&off(500));
    shop.collect("ana", &campaign);
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.step("ana", "A", "close", &json!({})).is(200);
    shop.step("ana", "A", "refunds", &json!({"id": "r-1", "all": true})).is(201);
    campaign
}

#[test]
fn the_events_of_a_coupons_life_come_in_order_and_go_on_after_a_cursor() {
    let shop = Shop::new();
    bought(&shop);
    let all = feed(&shop, &shop.operator, 100);
    let types: Vec<&str> = all.iter().filter_map(|event| event["type"].as_str()).collect();
    // The clock stands still, so what happened in another bucket may stand before or after.
    assert!(types.contains(&"campaign.published"));
    let wanted = ["coupon.claimed", "coupon.held", "order.paid", "coupon.used", "order.refunded", "coupon.returned"];
    let mut rest = types.iter();
    for kind in wanted {
        assert!(rest.any(|seen| *seen == kind), "{kind} in order in {types:?}");
    }
    assert_eq!(feed(&shop, &shop.operator, 2), all);
    let claimed = all.iter().find(|event| event["type"] == "coupon.claimed").expect("one");
    assert_eq!(claimed["account"], "ana");
    assert!(claimed["id"].as_str().is_some_and(|id| id.starts_with("evt_")));
    let end = shop.get(&shop.operator, "/v1/events?limit=100").text_at("/next_cursor").to_owned();
    shop.coupon("ben", &off(100));
    let after = shop.get(&shop.operator, &format!("/v1/events?after={end}")).is(200);
    let mut types = after.column("type");
    types.sort_unstable();
    assert_eq!(types, ["campaign.created", "campaign.published", "coupon.claimed"]);
}

#[test]
fn a_machine_whose_clock_is_behind_what_is_written_is_not_ready() {
    let shop = Shop::new();
    shop.minutes_pass(1);
    shop.live(&off(100));
    shop.get("", "/readyz").is(200);
    shop.set_time(crate::shop::NOON);
    let why = shop.get("", "/readyz").is(503);
    assert!(why.text_at("/why").contains("the last batch was written at 2026-11-10T12:01:00Z"), "{}", why.text);
    shop.minutes_pass(1);
    shop.get("", "/readyz").is(200);
}

#[test]
fn a_storefront_reads_events_without_whose_they_are() {
    let shop = Shop::new();
    bought(&shop);
    let all = feed(&shop, &shop.storefront, 10);
    assert_eq!(all.len(), feed(&shop, &shop.operator, 10).len());
    assert!(all.iter().all(|event| event.get("account").is_none()));
    assert!(!serde_json::to_string(&all).expect("JSON").contains("ana"));
}

#[test]
fn every_ledger_entry_balances_and_says_who_paid() {
    let shop = Shop::new();
    shop.coupon("ana", &off(500));
    shop.coupon("ana", &seller_off("luma", 300));
    shop.paid("ana", "A", &cart(&[("luma", 600, 1), ("tako", 100, 1)]));
    shop.step("ana", "A", "refunds", &json!({"id": "r-1", "all": true})).is(201);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut path = "/v1/ledger/entries?limit=1".to_owned();
    loop {
        let page = shop.get(&shop.operator, &path).is(200);
        for entry in page["/data"].as_array().expect("entries") {
            let (mut debit, mut credit) = (0, 0);
            for posting in entry["postings"].as_array().expect("postings") {
                let (d, c) =
                    (posting["debit"].as_i64().expect("a number"), posting["credit"].as_i64().expect("a number"));
                debit += d;
                credit += c;
                *sums.entry(posting["ledger_account"].as_str().expect("a name").to_owned()).or_default() += d - c;
            }
            assert_eq!(debit, credit, "{entry}");
            assert!(debit > 0);
            assert_eq!((&entry["currency"], &entry["order"]), (&json!("USD"), &json!("A")));
        }
        let Some(cursor) = page["/next_cursor"].as_str() else { break };
        path = format!("/v1/ledger/entries?limit=1&cursor={cursor}");
    }
    assert!(sums.len() >= 3, "{sums:?}");
    assert!(sums.values().all(|sum| *sum == 0), "a full refund reverses everything: {sums:?}");
}

#[test]
fn the_report_counts_claims_redemptions_and_cost_by_channel_and_source() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    for (account, channel, source) in [("ana", "social", Some("insta")), ("ben", "web", None), ("cleo", "web", None)] {
        let path = format!("/v1/accounts/{account}/coupons");
        let claim = json!({"campaign": campaign, "channel": channel, "source": source});
        shop.post(&shop.storefront, &path, &claim).is(201);
    }
    shop.paid("ana", "A", &cart(&[("luma", 3_000, 1)]));
    shop.paid("ben", "B", &cart(&[("luma", 3_000, 2)]));
    shop.step("ben", "B", "refunds", &json!({"id": "r", "lines": [{"line": "l1", "quantity": 1}]})).is(201);
    let report = shop.get(&shop.operator, &format!("/v1/reports/distribution?campaign={campaign}")).is(200);
    let row = |channel: &str| {
        let data = report["/data"].as_array().expect("rows");
        let row = data.iter().find(|row| row["channel"] == channel).expect("a row");
        (
            row["source"].clone(),
            row["claimed"].clone(),
            row["redeemed"].clone(),
            row["cost"].clone(),
            row["currency"].clone(),
        )
    };
    assert_eq!(row("social"), (json!("insta"), json!(1), json!(1), json!(500), json!("USD")));
    assert_eq!(row("web"), (Value::Null, json!(2), json!(1), json!(250), json!("USD")));
    assert_eq!(report["/data/0/on_unpaid"], 0);
    assert_eq!(shop.get(&shop.operator, "/v1/reports/distribution").is(200).body, report.body);
    // On an order that isn't paid a coupon isn't redeemed.
    shop.order("cleo", &json!({"id": "C", "cart": cart(&[("luma", 3_000, 1)])})).is(201);
    let report = shop.get(&shop.operator, &format!("/v1/reports/distribution?campaign={campaign}")).is(200);
    let web = report["/data"].as_array().expect("rows").iter().find(|row| row["channel"] == "web").cloned();
    let web = web.expect("a row");
    assert_eq!((&web["redeemed"], &web["on_unpaid"], &web["cost"]), (&json!(1), &json!(1), &json!(250)));
}

#[test]
fn offers_say_what_can_be_collected_what_is_left_and_what_is_mine() {
    let shop = Shop::new();
    let platform = shop.live(&with(off(500), &json!({"limits": {"stock": 10, "budget": "unlimited"}})));
    let luma = shop.live(&seller_off("luma", 100));
    let scoped = shop.live(&with(seller_off("tako", 100), &json!({"scope": {"products": ["vase"]}})));
    shop.live(&with(off(500), &json!({"claims": {"channels": ["code", "system"]}})));
    shop.draft(&off(500));
    shop.collect("ana", &platform);
    let offers = |query: &str| {
        let page = shop.get(&shop.shopper("ana"), &format!("/v1/accounts/ana/offers{query}")).is(200);
        page.column("campaign").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut all = offers("");
    all.sort();
    let mut expected = vec![platform.clone(), luma.clone(), scoped.clone()];
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(offers("?seller=luma").len(), 2);
    assert!(!offers("?product=lamp").contains(&scoped));
    assert!(offers("?product=vase").contains(&scoped));
    let page = shop.get(&shop.storefront, "/v1/accounts/ana/offers").is(200);
    let mine = page["/data"].as_array().expect("offers").iter().find(|offer| offer["campaign"] == *platform).cloned();
    let mine = mine.expect("the platform's");
    for (member, value) in
        [("left", json!(9)), ("total", json!(10)), ("mine", json!(1)), ("limit_reached", json!(true))]
    {
        assert_eq!(mine[member], value, "{member}");
    }
    assert_eq!(offers("?limit=1").len(), 1);
}

#[test]
fn unique_codes_are_made_by_a_job_and_exported_once_each() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = format!("/v1/campaigns/{campaign}/codes");
    let body = json!({"kind": "unique", "count": 1_500, "prefix": "ACME", "source": "acme"});
    let job = shop.post(&shop.operator, &path, &body).is(202);
    assert_eq!((&job["/total"], &job["/done"]), (&json!(1_500), &json!(0)));
    let path = format!("/v1/jobs/{}", job.text_at("/id"));
    assert_eq!(job.header("location"), Some(path.as_str()));
    let started = std::time::Instant::now();
    let done = loop {
        let job = shop.get(&shop.operator, &path).is(200);
        if job["/status"] == "done" {
            break job;
        }
        assert!(started.elapsed().as_secs() < 30);
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(done["/done"], 1_500);
    let csv = shop.get(&shop.operator, &format!("/v1/campaigns/{campaign}/codes.csv")).is(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut rows = csv.text.lines();
    assert_eq!(rows.next(), Some("code,kind,source,job,id"));
    let codes: std::collections::BTreeSet<&str> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            assert_eq!((cells[1], cells[2], cells[3]), ("unique", "acme", job.text_at("/id")));
            assert!(cells[4].starts_with("code_") && !cells[4].to_uppercase().contains(&cells[0][5..10]), "{row}");
            assert!(cells[0].starts_with("ACME-") && cells[0].len() == 22, "{row}");
            cells[0]
        })
        .collect();
    assert_eq!(codes.len(), 1_500);
    let first = codes.first().expect("a code");
    let claim = json!({"code": first.to_lowercase().replace('-', " ")});
    let coupon = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim).is(201);
    assert_eq!((&coupon["/channel"], &coupon["/source"]), (&json!("code"), &json!("acme")));
    let again = shop.post(&shop.storefront, "/v1/accounts/ana/coupons", &claim);
    again.refused(409, "code_used");
}

#[test]
fn a_shared_code_is_taken_once() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = format!("/v1/campaigns/{campaign}/codes");
    let body = json!({"kind": "shared", "code": "save-10", "max_uses": 1_000});
    let made = shop.post(&shop.operator, &path, &body).is(201);
    for (member, value) in [("campaign", json!(campaign)), ("code", json!("SAVE10")), ("max_uses", json!(1_000))] {
        assert_eq!(made.body[member], value, "{member}");
    }
    let other = shop.live(&off(100));
    let body = json!({"kind": "shared", "code": "SAVE 10"});
    let refused = shop.post(&shop.operator, &format!("/v1/campaigns/{other}/codes"), &body);
    refused.refused(409, "code_exists").pointing("/code");
}

#[test]
fn each_claim_of_a_batch_stands_alone() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let claim = |account: &str| json!({"account": account, "campaign": campaign, "channel": "web", "key": "k-1"});
    let body = json!({"claims": [claim("ana"), claim("ben"), {"account": "ana", "campaign": campaign}]});
    let first = shop.post(&shop.storefront, "/v1/claims/batch", &body).is(200);
    let statuses: Vec<&Value> =
        first["/results"].as_array().expect("results").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [201, 201, 409]);
    assert_eq!(first["/results/0/coupon/account"], "ana");
    assert_eq!(first["/results/2/problem/code"], "individual_limit_reached");
    let again = shop.post(&shop.storefront, "/v1/claims/batch", &body).is(200);
    assert_eq!(again["/results/0"], first["/results/0"], "its own key protects each");
    assert_eq!(shop.counters(&campaign)["claimed"], 2);
    let body = json!({"claims": [{"account": "ana", "campaign": campaign, "channel": "system"}]});
    let refused = shop.post(&shop.storefront, "/v1/claims/batch", &body).refused(403, "channel_not_allowed");
    refused.pointing("/claims/0/channel");
}

#[test]
fn grants_give_to_many_and_each_stands_alone() {
    let shop = Shop::new();
    let campaign = shop.live(&off(500));
    let path = format!("/v1/campaigns/{campaign}/grants");
    shop.collect("ben", &campaign);
    let body = json!({"accounts": ["ana", "ben"], "channel": "system"});
    let granted = shop.ask("POST", &path).by(&shop.operator).once("g-1").json(&body).send().is(200);
    assert_eq!((&granted["/data/0/status"], &granted["/data/1/status"]), (&json!(201), &json!(409)));
    assert_eq!(granted["/data/0/coupon/channel"], "system");
    assert_eq!(granted["/data/1/problem/code"], "individual_limit_reached");
    let again = shop.ask("POST", &path).by(&shop.operator).once("g-1").json(&body).send().is(200);
    assert_eq!(again["/data/0"], granted["/data/0"]);
    assert_eq!(shop.counters(&campaign)["claimed"], 2);
    let twice = json!({"accounts": ["ana", "ana"]});
    shop.post(&shop.operator, &path, &twice).refused(400, "invalid_field").pointing("/accounts/1");
    shop.post(&shop.operator, &path, &json!({"accounts": []})).refused(400, "invalid_field").pointing("/accounts");
}

#[test]
fn a_seller_grants_its_own_coupons_in_its_store() {
    let shop = Shop::new();
    let own = shop.live(&seller_off("luma", 100));
    let path = |campaign: &str| format!("/v1/campaigns/{campaign}/grants");
    let body = json!({"accounts": ["ana"], "channel": "seller_store"});
    shop.post(&shop.luma, &path(&own), &body).is(200);
    let system = json!({"accounts": ["ana"], "channel": "system"});
    shop.post(&shop.luma, &path(&own), &system).refused(403, "channel_not_allowed");
    let foreign = shop.live(&off(100));
    shop.post(&shop.luma, &path(&foreign), &body).refused(404, "not_found");
}

#[test]
fn a_token_is_for_one_account_and_says_when_it_ends() {
    let shop = Shop::new();
    let minted = shop.post(&shop.storefront, "/v1/shopper-tokens", &json!({"account": "ana"})).is(201);
    assert_eq!(minted["/expires_at"], "2026-11-10T12:10:00Z");
    let token = minted.text_at("/token");
    shop.get(token, "/v1/accounts/ana/coupons").is(200);
    shop.get(token, "/v1/accounts/ben/coupons").refused(404, "not_found");
}
