//! kill -9 in the middle of mixed load: what was answered is there after the restart, and nothing is left held.

mod support;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Caller, Server, assert_verified, cart, folder};

const KILLS: u32 = 20;
const CLIENTS: u32 = 8;

/// What the clients were answered: the only truth that counts.
#[derive(Default)]
struct Answered {
    coupons: Vec<(String, String)>,
    /// Path of an order → the furthest that it was answered to be.
    orders: BTreeMap<String, Known>,
    refunds: Vec<(String, Value)>,
    /// Key and body of answered claims, to be asked again.
    keyed: Vec<(String, String, Value, Value)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Known {
    Placed,
    Cancelled,
    Paid,
    Refunded,
}

async fn client(
    caller: Caller,
    round: u32,
    client: u32,
    campaign: String,
    log: Arc<Mutex<Answered>>,
    stop: Arc<AtomicBool>,
) {
    for step in 0.. {
        if stop.load(Ordering::SeqCst) || work(&caller, round, client, step, &campaign, &log).await.is_none() {
            return;
        }
    }
}

/// One order's life. `None`: the connection broke, so the server is gone.
async fn work(
    caller: &Caller,
    round: u32,
    client: u32,
    step: u32,
    campaign: &str,
    log: &Mutex<Answered>,
) -> Option<()> {
    let account = format!("k{round}-{client}-{step}");
    let note = |known: Known, order: &str| {
        log.lock().expect("no panic").orders.insert(order.to_owned(), known);
    };
    let ask = async |path: &str, key: Option<&str>, body: Value| -> Option<Answer> {
        caller.try_ask(Method::POST, path, key, Some(&body)).await.filter(|answer| answer.status < 500)
    };
    let coupons = format!("/v1/accounts/{account}/coupons");
    let claim = json!({"campaign": campaign});
    let coupon = ask(&coupons, Some(&account), claim.clone()).await?;
    assert_eq!(coupon.status, 201, "{}", coupon.body);
    {
        let mut log = log.lock().expect("no panic");
        log.coupons.push((account.clone(), coupon.text("/id").to_owned()));
        log.keyed.push((coupons, account.clone(), claim, coupon.body.clone()));
    }
    let orders = format!("/v1/accounts/{account}/orders");
    let order = format!("{orders}/A-1");
    let body = json!({"id": "A-1", "cart": cart(&["luma", "tako"]), "expect_discount": 500, "hold_minutes": 1});
    let placed = ask(&orders, None, body).await?;
    assert_eq!(placed.status, 201, "{}", placed.body);
    note(Known::Placed, &order);
    match step % 4 {
        0 => {}
        1 => {
            ask(&format!("{order}/cancel"), None, json!({})).await?;
            note(Known::Cancelled, &order);
        }
        _ => {
            ask(&format!("{order}/pay"), None, json!({})).await?;
            note(Known::Paid, &order);
            if step % 4 == 3 {
                let refund = ask(&format!("{order}/refunds"), None, json!({"id": "r-1", "all": true})).await?;
                assert_eq!(refund.status, 201, "{}", refund.body);
                note(Known::Refunded, &order);
                log.lock().expect("no panic").refunds.push((format!("{order}/refunds/r-1"), refund.body));
            }
        }
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i3_every_answered_write_is_there_after_twenty_kills_and_nothing_stays_held() {
    let data = folder();
    let log = Arc::new(Mutex::new(Answered::default()));
    let server = Server::start(data.path());
    let key = server.key(&["operator"]);
    let campaign =
        Caller::new(&server, &key).campaign(500, json!({"per_individual": 1, "budget": 1_000_000_000_000_i64})).await;
    let mut server = server;
    for round in 0..KILLS {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = tokio::task::JoinSet::new();
        for number in 0..CLIENTS {
            let caller = Caller::new(&server, &key);
            clients.spawn(client(caller, round, number, campaign.clone(), log.clone(), stop.clone()));
        }
        tokio::time::sleep(Duration::from_millis(150 + u64::from(round * 37 % 200))).await;
        server.kill();
        stop.store(true, Ordering::SeqCst);
        clients.join_all().await;
        server = Server::start(data.path());
    }
    let caller = Caller::new(&server, &key);
    let log = Arc::into_inner(log).expect("clients are gone").into_inner().expect("no panic");
    println!(
        "{KILLS} kills; answered: {} claims, {} orders, {} refunds",
        log.coupons.len(),
        log.orders.len(),
        log.refunds.len()
    );
    assert!(log.orders.len() > 50, "there was load");
    compare(&caller, &log).await;
    assert_verified(data.path());

    // Holds are of one minute; what they held is back within five seconds of their end.
    tokio::time::sleep(Duration::from_secs(66)).await;
    let counters = caller.get(&format!("/v1/campaigns/{campaign}")).await;
    assert_eq!(counters.number("/counters/budget_held"), 0, "nothing stays held");
    let mut orders = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = caller.get(&format!("/v1/orders?limit=100{cursor}")).await;
        orders.extend(page.body["data"].as_array().expect("a list").iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let paid = |order: &&Value| order["status"] == "paid";
    let on_orders = orders.iter().filter(paid).count();
    assert_eq!(counters.number("/counters/on_orders"), i64::try_from(on_orders).expect("few"));
    let spent: i64 = orders.iter().filter(paid).filter_map(|order| order["discount"].as_i64()).sum();
    assert_eq!(counters.number("/counters/budget_spent"), spent);
    assert!(orders.iter().all(|order| order["status"] != "placed"), "no unpaid order is left open");
    drop(server);
    assert_verified(data.path());
}

async fn compare(caller: &Caller, log: &Answered) {
    for (account, coupon) in &log.coupons {
        let found = caller.get(&format!("/v1/accounts/{account}/coupons/{coupon}")).await;
        assert_eq!(found.status, 200, "the coupon {coupon} of {account} was answered and is gone");
    }
    for (order, known) in &log.orders {
        let found = caller.get(order).await;
        assert_eq!(found.status, 200, "{order} was answered and is gone");
        let status = found.text("/status");
        // A client that was cut off may have come further than it was told.
        let holds = match known {
            Known::Placed => true,
            Known::Cancelled => status == "cancelled",
            Known::Paid => status == "paid" || status == "closed",
            Known::Refunded => status == "closed" && found.text("/refunded") == "full",
        };
        assert!(holds, "{order} was answered {known:?} and is {status}");
    }
    for (refund, answered) in &log.refunds {
        assert_eq!(&caller.get(refund).await.body, answered, "{refund}");
    }
    for (path, key, body, answered) in log.keyed.iter().step_by(7) {
        let again = caller.try_ask(Method::POST, path, Some(key), Some(body)).await.expect("an answer");
        assert!(again.replayed, "{path} was answered and is done again");
        assert_eq!(again.body["id"], answered["id"]);
    }
}
