//! Races through HTTP: separate connections, released by a barrier.

mod support;

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Caller, Server, assert_verified, cart, folder};
use tempfile::TempDir;
use tokio::{sync::Barrier, task::JoinSet};

struct Race {
    data: TempDir,
    _server: Server,
    operator: Caller,
}

impl Race {
    fn start() -> Self {
        let data = folder();
        let server = Server::start(data.path());
        let operator = Caller::new(&server, &server.key(&["operator"]));
        Self { data, _server: server, operator }
    }

    /// Sends all at the same moment, each on its own connection.
    async fn at_once(&self, requests: Vec<(String, Option<String>, Value)>) -> Vec<Answer> {
        let barrier = Arc::new(Barrier::new(requests.len()));
        let mut tasks = JoinSet::new();
        for (path, key, body) in requests {
            let caller = self.operator.apart().await;
            let barrier = barrier.clone();
            tasks.spawn(async move {
                barrier.wait().await;
                caller.try_ask(Method::POST, &path, key.as_deref(), Some(&body)).await.expect("an answer")
            });
        }
        tasks.join_all().await
    }
}

impl Drop for Race {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_verified(self.data.path());
        }
    }
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_as_many_clients_win_as_there_is_stock() {
    let race = Race::start();
    for stock in [1_usize, 7] {
        let campaign = race.operator.campaign(500, json!({"stock": stock, "budget": "unlimited"})).await;
        let claims = (0..64)
            .map(|account| (format!("/v1/accounts/s{stock}-{account}/coupons"), None, json!({"campaign": campaign})));
        let answers = race.at_once(claims.collect()).await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (stock, 64 - stock));
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.text("/code") == "sold_out"));
        let counters = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
        assert_eq!(counters.number("/counters/claimed"), i64::try_from(stock).expect("small"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_sixty_four_clients_take_a_stock_of_two_thousand_exactly() {
    let race = Race::start();
    let campaign = race.operator.campaign(500, json!({"stock": 2_000, "budget": "unlimited"})).await;
    let barrier = Arc::new(Barrier::new(64));
    let mut tasks = JoinSet::new();
    for client in 0..64 {
        let (caller, barrier, campaign) = (race.operator.apart().await, barrier.clone(), campaign.clone());
        tasks.spawn(async move {
            barrier.wait().await;
            let mut won = 0;
            for account in 0.. {
                let path = format!("/v1/accounts/c{client}-{account}/coupons");
                let answer = caller.post(&path, json!({"campaign": campaign})).await;
                match answer.status {
                    201 => won += 1,
                    _ => {
                        assert_eq!(answer.text("/code"), "sold_out");
                        break;
                    }
                }
            }
            won
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_one_individual_gets_no_more_than_its_limit() {
    let race = Race::start();
    let campaign = race.operator.campaign(500, json!({"per_individual": 3, "budget": "unlimited"})).await;
    let claim = || ("/v1/accounts/ana/coupons".to_owned(), None, json!({"campaign": campaign}));
    let answers = race.at_once((0..64).map(|_| claim()).collect()).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (3, 61));
}

#[tokio::test(flavor = "multi_thread")]
async fn r9_thirty_copies_of_an_order_are_one_order_with_one_answer() {
    let race = Race::start();
    let campaign = race.operator.campaign(500, json!({"budget": "unlimited"})).await;
    race.operator.post("/v1/accounts/ana/coupons", json!({"campaign": campaign})).await;
    let order = json!({"id": "A-1", "cart": cart(&["luma"]), "expect_discount": 500});
    let copies = (0..30).map(|_| ("/v1/accounts/ana/orders".to_owned(), None, order.clone()));
    let answers = race.at_once(copies.collect()).await;
    assert_eq!((count(&answers, 201), count(&answers, 200)), (1, 29));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));

    race.operator.post("/v1/accounts/ben/coupons", json!({"campaign": campaign})).await;
    let keyed = (0..30).map(|_| ("/v1/accounts/ben/orders".to_owned(), Some("k-1".to_owned()), order.clone()));
    let answers = race.at_once(keyed.collect()).await;
    assert_eq!(count(&answers, 201), 30);
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_one_coupon_goes_on_one_of_sixteen_orders() {
    let race = Race::start();
    let campaign = race.operator.campaign(500, json!({"budget": "unlimited"})).await;
    let coupon = race.operator.post("/v1/accounts/ana/coupons", json!({"campaign": campaign})).await;
    let orders = (0..16).map(|order| {
        let body =
            json!({"id": format!("A-{order}"), "cart": cart(&["luma"]), "use": {"coupons": [coupon.text("/id")]}});
        ("/v1/accounts/ana/orders".to_owned(), None, body)
    });
    let answers = race.at_once(orders.collect()).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 15));
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.text("/code") == "coupon_on_order"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_two_full_refunds_at_once_return_the_platform_coupon_exactly_once() {
    let race = Race::start();
    let campaign = race.operator.campaign(500, json!({"budget": "unlimited"})).await;
    let pair = [race.operator.apart().await, race.operator.apart().await];
    for round in 0..200 {
        let account = format!("/v1/accounts/r{round}");
        race.operator.post(&format!("{account}/coupons"), json!({"campaign": campaign})).await;
        let order = json!({"id": "A-1", "cart": cart(&["luma", "tako"])});
        assert_eq!(race.operator.post(&format!("{account}/orders"), order).await.number("/discount"), 500);
        race.operator.post(&format!("{account}/orders/A-1/pay"), json!({})).await;
        let refunds = format!("{account}/orders/A-1/refunds");
        let (luma, tako) = tokio::join!(
            pair[0].post(&refunds, json!({"id": "r-luma", "seller": "luma"})),
            pair[1].post(&refunds, json!({"id": "r-tako", "seller": "tako"})),
        );
        let returned = [&luma, &tako].iter().filter(|refund| refund.text("/coupons/0/outcome") == "returned").count();
        assert_eq!(returned, 1, "round {round}: {} {}", luma.body, tako.body);
        assert_eq!(luma.number("/amount") + tako.number("/amount"), 9_500);
    }
    let counters = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
    assert_eq!((counters.number("/counters/returned"), counters.number("/counters/budget_spent")), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_redeeming_and_refunding_at_once_keeps_the_budget_exact() {
    let race = Race::start();
    // Ten discounts of 5.00: with refunds giving back, more than ten orders get through, never more than ten at a time.
    let campaign = race.operator.campaign(500, json!({"budget": 5_000, "per_individual": null})).await;
    let barrier = Arc::new(Barrier::new(16));
    let mut tasks = JoinSet::new();
    for client in 0..16 {
        let (caller, barrier, campaign) = (race.operator.apart().await, barrier.clone(), campaign.clone());
        tasks.spawn(async move {
            let account = format!("/v1/accounts/b{client}");
            barrier.wait().await;
            let (mut granted, mut reversed) = (0, 0);
            for round in 0..12 {
                let coupon = caller.post(&format!("{account}/coupons"), json!({"campaign": campaign})).await;
                let order = json!({"id": format!("A-{round}"), "cart": cart(&["luma"]),
                    "use": {"coupons": [coupon.text("/id")]}});
                let placed = caller.post(&format!("{account}/orders"), order).await;
                if placed.status != 201 {
                    assert_eq!(placed.text("/code"), "campaign_budget_exhausted", "{}", placed.body);
                    continue;
                }
                granted += placed.number("/discount");
                let here = format!("{account}/orders/A-{round}");
                match round % 3 {
                    0 => {
                        assert_eq!(caller.post(&format!("{here}/cancel"), json!({})).await.status, 200);
                        reversed += 500;
                    }
                    1 => {
                        caller.post(&format!("{here}/pay"), json!({})).await;
                        let refund = caller.post(&format!("{here}/refunds"), json!({"id": "r", "all": true})).await;
                        assert_eq!(refund.number("/funding/0/amount"), -500);
                        reversed += 500;
                    }
                    _ => assert_eq!(caller.post(&format!("{here}/pay"), json!({})).await.status, 200),
                }
            }
            (granted, reversed)
        });
    }
    let totals = tasks.join_all().await;
    let granted: i64 = totals.iter().map(|total| total.0).sum();
    let reversed: i64 = totals.iter().map(|total| total.1).sum();
    let counters = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
    let (held, spent) = (counters.number("/counters/budget_held"), counters.number("/counters/budget_spent"));
    assert_eq!(held + spent, granted - reversed);
    assert!(held + spent <= 5_000 && granted > 5_000, "held {held}, spent {spent}, granted {granted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_eight_give_backs_at_once_leave_nothing_used() {
    let race = Race::start();
    let limits = json!({"budget": 4_000, "per_individual": null});
    let (campaign, coded) =
        (race.operator.campaign(500, limits.clone()).await, race.operator.campaign(500, limits).await);
    let code = json!({"kind": "shared", "code": "GIVEBACK", "max_uses": 8});
    assert_eq!(race.operator.post(&format!("/v1/campaigns/{coded}/codes"), code).await.status, 201);
    for round in 0..6 {
        // By a coupon of the wallet that is paid for and refunded, by a code that is used directly and cancelled.
        let mut back = Vec::new();
        for account in 0..8 {
            let here = format!("/v1/accounts/g{round}-{account}");
            let coupon = race.operator.post(&format!("{here}/coupons"), json!({"campaign": campaign})).await;
            let named = json!({"id": "W", "cart": cart(&["luma"]), "use": {"coupons": [coupon.text("/id")]}});
            let direct = json!({"id": "D", "cart": cart(&["luma"]), "use": "none", "codes": ["GIVEBACK"]});
            for order in [named, direct] {
                let placed = race.operator.post(&format!("{here}/orders"), order).await;
                assert_eq!((placed.status, placed.number("/discount")), (201, 500), "round {round}: {}", placed.body);
            }
            assert_eq!(race.operator.post(&format!("{here}/orders/W/pay"), json!({})).await.status, 200);
            back.push((format!("{here}/orders/W/refunds"), None, json!({"id": "r", "all": true})));
            back.push((format!("{here}/orders/D/cancel"), None, json!({})));
        }
        let answers = race.at_once(back).await;
        assert_eq!((count(&answers, 201), count(&answers, 200)), (8, 8), "round {round}");
        for campaign in [&campaign, &coded] {
            let shown = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
            for counter in ["on_orders", "used", "budget_held", "budget_spent"] {
                assert_eq!(shown.number(&format!("/counters/{counter}")), 0, "round {round}: {}", shown.body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_a_pause_between_quote_and_order_lets_no_coupon_through_once_it_is_answered() {
    let race = Race::start();
    for round in 0..6 {
        let terms = json!({"name": "Paused", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": "unlimited"},
            "claims": {"channels": ["web", "code"]}, "validity": {"type": "after_claim", "days": 30}});
        let campaign = race.operator.post("/v1/campaigns", terms).await.text("/id").to_owned();
        let published = race.operator.post(&format!("/v1/campaigns/{campaign}/publish"), json!({})).await;
        assert_eq!(published.status, 200, "{}", published.body);
        let code = format!("PAUSE{round}");
        let made = json!({"kind": "shared", "code": code, "max_uses": null});
        assert_eq!(race.operator.post(&format!("/v1/campaigns/{campaign}/codes"), made).await.status, 201);
        let mut asked = vec![(format!("/v1/campaigns/{campaign}/pause"), None, json!({}))];
        for account in 0..12 {
            let here = format!("/v1/accounts/p{round}-{account}");
            let order = if account % 2 == 0 {
                let coupon = race.operator.post(&format!("{here}/coupons"), json!({"campaign": campaign})).await;
                json!({"cart": cart(&["luma"]), "use": {"coupons": [coupon.text("/id")]}})
            } else {
                json!({"cart": cart(&["luma"]), "use": "none", "codes": [code]})
            };
            let quote = race.operator.post(&format!("{here}/quotes"), order.clone()).await;
            assert_eq!(quote.number("/discount"), 500, "{}", quote.body);
            let mut order = order;
            order["id"] = json!("A");
            order["expect_discount"] = json!(500);
            asked.push((format!("{here}/orders"), None, order));
        }
        let again = asked.clone();
        let answers = race.at_once(asked).await;
        let placed = i64::try_from(count(&answers, 201)).expect("small");
        let paused = ["campaign_paused", "campaign_not_live"];
        let refused = answers.iter().filter(|answer| answer.status >= 400);
        assert!(refused.clone().all(|answer| paused.contains(&answer.text("/code"))));
        assert_eq!(placed + i64::try_from(refused.count()).expect("small"), 12);
        let shown = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
        assert_eq!((shown.text("/status"), shown.number("/counters/on_orders")), ("paused", placed));
        // The pause is answered: whatever was quoted before, nothing more gets through.
        for (path, _, mut order) in again.into_iter().skip(1) {
            order["id"] = json!("B");
            let late = race.operator.post(&path, order).await;
            assert!(late.status >= 400, "round {round}: {}", late.body);
        }
        let shown = race.operator.get(&format!("/v1/campaigns/{campaign}")).await;
        assert_eq!(shown.number("/counters/on_orders"), placed);
    }
}
