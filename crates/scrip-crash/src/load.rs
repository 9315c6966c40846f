//! Clients that do all that a marketplace does, at once, and remember what they were answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    answered::{Answered, Fact, Keyed, Known},
    caller::{Answer, Caller},
    market::Market,
};

const SELLERS: [&str; 3] = ["luma", "tako", "nori"];
/// Steps of an account's life before its client becomes another.
const STEPS_PER_ACCOUNT: u32 = 6;

/// Clients at work.
#[derive(Debug)]
pub struct Load {
    clients: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Starts so many clients; their accounts' names begin with `name`.
    pub fn start(clients: u32, base: &str, name: &str, seed: u64, market: &Market, log: &Arc<Answered>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut set = JoinSet::new();
        for number in 0..clients {
            let client = Client {
                caller: Caller::new(base, &market.operator),
                market: market.clone(),
                log: log.clone(),
                rng: StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(u64::from(number))),
                name: format!("{name}-{number}"),
                account: String::new(),
                coupons: Vec::new(),
                sent: 0,
            };
            set.spawn(client.run(stop.clone(), number == 0));
        }
        Self { clients: set, stop }
    }

    /// Lets every client finish its request, and waits for that.
    pub async fn end(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        while self.clients.join_next().await.is_some() {}
    }

    /// Works for so long, then ends.
    pub async fn run_for(self, time: Duration) {
        tokio::time::sleep(time).await;
        self.end().await;
    }
}

/// One client. It alone acts for its accounts, so that what it was answered is all that is known of them.
struct Client {
    caller: Caller,
    market: Market,
    log: Arc<Answered>,
    rng: StdRng,
    name: String,
    account: String,
    /// The account's coupons by id, as far as answered.
    coupons: Vec<String>,
    /// Requests so far, for keys and ids.
    sent: u32,
}

impl Client {
    async fn run(mut self, stop: Arc<AtomicBool>, pauses: bool) {
        for step in 0_u32.. {
            if stop.load(Ordering::SeqCst) {
                return;
            }
            if step % STEPS_PER_ACCOUNT == 0 {
                self.account = format!("{}-{}", self.name, step / STEPS_PER_ACCOUNT);
                self.coupons.clear();
            }
            if self.step(pauses, &stop).await.is_none() {
                return;
            }
        }
    }

    /// `None`: the connection broke or the server takes nothing any more.
    async fn step(&mut self, pauses: bool, stop: &AtomicBool) -> Option<()> {
        if pauses && self.rng.random_ratio(1, 6) {
            self.pause_and_resume().await?;
        }
        match self.rng.random_range(0..10) {
            0..=3 => self.claim().await,
            4 => self.enter_code().await,
            5 => self.quote().await,
            _ => self.order(stop).await,
        }
    }

    async fn claim(&mut self) -> Option<()> {
        let market = self.market.clone();
        let campaign = match self.rng.random_range(0..8) {
            0 => &market.scarce,
            1 => &market.paused,
            _ => &market.campaigns[self.rng.random_range(0..market.campaigns.len())],
        };
        self.collect(json!({"campaign": campaign, "channel": "web", "source": "homepage"})).await
    }

    async fn enter_code(&mut self) -> Option<()> {
        let code = self.a_code();
        self.collect(json!({"code": code})).await
    }

    fn a_code(&mut self) -> String {
        let unique = if self.rng.random_ratio(1, 2) { self.market.unique_code() } else { None };
        unique.unwrap_or_else(|| self.market.shared[self.rng.random_range(0..self.market.shared.len())].to_owned())
    }

    async fn collect(&mut self, body: Value) -> Option<()> {
        self.may_come_to_a_coupon();
        let path = format!("/v1/accounts/{}/coupons", self.account);
        let answer = self.ask("claim", &path, body, true).await?;
        if answer.is_done() {
            let coupon = answer.text("/id").to_owned();
            self.log.note(Fact::Coupon { account: self.account.clone(), coupon: coupon.clone() });
            self.coupons.push(coupon);
        }
        Some(())
    }

    fn may_come_to_a_coupon(&self) {
        *self.log.log().coupons_max.entry(self.account.clone()).or_default() += 1;
    }

    async fn quote(&mut self) -> Option<()> {
        let body = json!({"cart": self.cart(), "use": "best"});
        self.ask("quote", &format!("/v1/accounts/{}/quotes", self.account), body, false).await.map(drop)
    }

    fn cart(&mut self) -> Value {
        let sellers = &SELLERS[..self.rng.random_range(1..=SELLERS.len())];
        let lines: Vec<Value> = sellers
            .iter()
            .enumerate()
            .map(|(place, seller)| {
                let quantity = self.rng.random_range(1..=3);
                let price = self.rng.random_range(1_000..6_000);
                json!({"id": format!("l{place}"), "seller": seller, "product": "lamp", "unit_price": price,
                    "quantity": quantity, "on_sale": place == 2})
            })
            .collect();
        json!({"currency": "USD", "lines": lines, "shipping": [{"seller": sellers[0], "amount": 450}]})
    }

    async fn order(&mut self, stop: &AtomicBool) -> Option<()> {
        let (id, cart) = (format!("A-{}", self.sent), self.cart());
        let direct = self.rng.random_ratio(1, 4);
        let mut body = json!({"id": id, "cart": cart, "hold_minutes": 1, "use": "best"});
        if direct {
            self.may_come_to_a_coupon();
            body["codes"] = json!([self.a_code()]);
        } else if let (Some(coupon), true) = (self.coupons.last(), self.rng.random_ratio(1, 4)) {
            body["use"] = json!({"coupons": [coupon]});
        }
        let answer = self.ask("order", &format!("/v1/accounts/{}/orders", self.account), body, true).await?;
        if !answer.is_done() {
            return Some(());
        }
        self.know(&id, Known::Placed);
        let sellers: Vec<String> = answer.body["transactions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|transaction| transaction["seller"].as_str().map(str::to_owned))
            .collect();
        match self.rng.random_range(0..10) {
            // Left alone: its hold runs out.
            0 | 1 => Some(()),
            2 => {
                let cancelled = self.on_order(&id, "cancel", json!({})).await?;
                if cancelled.is_done() {
                    self.know(&id, Known::Cancelled);
                }
                Some(())
            }
            3 => {
                let half = self.on_order(&id, "cancel", json!({"seller": sellers.last()})).await?;
                if half.is_done() {
                    self.know(&id, Known::Ended(sellers.last().cloned().into_iter().collect()));
                }
                self.pay_and_settle(&id, &sellers, stop).await
            }
            4 => {
                self.on_order(&id, "extend", json!({"hold_minutes": 1})).await?;
                self.pay_and_settle(&id, &sellers, stop).await
            }
            _ => self.pay_and_settle(&id, &sellers, stop).await,
        }
    }

    async fn pay_and_settle(&mut self, id: &str, sellers: &[String], stop: &AtomicBool) -> Option<()> {
        if !self.on_order(id, "pay", json!({})).await?.is_done() {
            return Some(());
        }
        self.know(id, Known::Paid);
        for _ in 0..self.rng.random_range(0..4) {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let seller = sellers[self.rng.random_range(0..sellers.len())].clone();
            match self.rng.random_range(0..7) {
                0 => self.close(id, json!({"seller": seller}), &[seller]).await?,
                1 => self.close(id, json!({}), sellers).await?,
                2 => self.refund(id, json!({"seller": seller})).await?,
                3 => self.refund(id, json!({"all": true})).await?,
                4 => self.refund(id, json!({"amounts": [{"line": "l0", "amount": 101, "reason": "dispute"}]})).await?,
                5 => {
                    self.refund(id, json!({"shipping": [{"seller": sellers[0], "amount": 50}]})).await?;
                }
                _ => self.refund(id, json!({"lines": [{"line": "l0", "quantity": 1}]})).await?,
            }
        }
        Some(())
    }

    async fn close(&mut self, id: &str, body: Value, sellers: &[String]) -> Option<()> {
        if self.on_order(id, "close", body).await?.is_done() {
            self.know(id, Known::Ended(sellers.to_vec()));
        }
        Some(())
    }

    async fn refund(&mut self, order: &str, mut body: Value) -> Option<()> {
        let refund = format!("r-{}", self.sent);
        body["id"] = json!(refund);
        let path = format!("/v1/accounts/{}/orders/{order}/refunds", self.account);
        let answer = self.ask("refund", &path, body, true).await?;
        if answer.is_done() {
            let amount = answer.body["amount"].as_i64().unwrap_or(-1);
            self.log.note(Fact::Refund { account: self.account.clone(), order: order.to_owned(), refund, amount });
        }
        Some(())
    }

    async fn on_order(&mut self, id: &str, step: &str, body: Value) -> Option<Answer> {
        let path = format!("/v1/accounts/{}/orders/{id}/{step}", self.account);
        self.ask(step, &path, body, true).await
    }

    fn know(&self, order: &str, known: Known) {
        self.log.note(Fact::Order { account: self.account.clone(), order: order.to_owned(), known });
    }

    async fn pause_and_resume(&mut self) -> Option<()> {
        let campaign = self.market.paused.clone();
        for step in ["pause", "resume"] {
            let path = format!("/v1/campaigns/{campaign}/{step}");
            let answer = self.ask(step, &path, json!({}), false).await?;
            if let (true, Some(revision)) = (answer.is_done(), answer.revision) {
                self.log.note(Fact::Campaign { campaign: campaign.clone(), revision });
            }
        }
        Some(())
    }

    /// Asks, half of the time under a key where one is wanted, and then at times once more at once.
    async fn ask(&mut self, what: &str, path: &str, body: Value, wants_key: bool) -> Option<Answer> {
        self.sent += 1;
        let key = (wants_key && self.rng.random_ratio(1, 2)).then(|| format!("{}-{}", self.name, self.sent));
        let answer = self.caller.post(path, key.as_deref(), &body).await;
        if let Some(key) = key {
            let done = answer.as_ref().filter(|answer| answer.is_done());
            if done.is_some() || answer.is_none() {
                let answered = done.map(|answer| answer.body.clone());
                let made = done.is_some_and(|answer| answer.status == 201);
                let keyed = Keyed { path: path.to_owned(), key: key.clone(), body: body.clone(), answered, made };
                self.log.log().keyed.push(keyed);
            }
            if let Some(done) = done
                && done.status == 201
                && self.rng.random_ratio(1, 5)
            {
                let again = self.caller.post(path, Some(&key), &body).await?;
                self.judge(what, path, &again)?;
                if !again.replayed || again.body != done.body {
                    let text = format!("{path} under the key {key}: {}, then {}", done.body, again.body);
                    self.log.log().wrong.push(text);
                }
            }
        }
        let answer = answer?;
        self.judge(what, path, &answer)?;
        Some(answer)
    }

    /// `None`: the server takes nothing any more, and says so.
    fn judge(&self, what: &str, path: &str, answer: &Answer) -> Option<()> {
        match answer.status {
            200..=299 => self.log.count(what),
            503 => {
                self.log.count("unavailable");
                return None;
            }
            400..=499 => self.log.count("refused"),
            status => self.log.log().wrong.push(format!("{path} was answered {status}: {}", answer.body)),
        }
        Some(())
    }
}
