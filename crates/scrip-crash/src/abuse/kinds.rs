//! What strangers, and people with a key, may do to others. Each kind is one function that goes on until it is told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    market::{Market, terms},
    wire,
};
use crate::{caller::Caller, server::Server};

/// One kind of abuse.
pub struct Kind {
    pub name: &'static str,
    /// What is done at once.
    deeds: &'static [Deed],
    /// Between two of a deed: where many are done at once each is a little slower, or the abuser's own work is what is measured.
    pace: Duration,
}

impl Kind {
    pub fn refunds(&self) -> bool {
        self.deeds.iter().any(|deed| matches!(deed, ManyRefunds))
    }
}

/// So many of a deed are done however slow the machine is: what they would do to memory or threads shows only then.
mod at_least {
    pub const LONG_TEXTS: usize = 200;
    pub const QUOTES_HUNG_UP: usize = 150;
    pub const EXPORTS: usize = 20;
    pub const SLOW_BODIES: usize = 300;
    pub const SLOW_HEADS: usize = 1_600;
    pub const SLOW_ANSWERS: usize = 400;
    pub const REFUNDS: usize = 200;
    pub const GRANTS: usize = 64;
}

const fn alone(name: &'static str, deeds: &'static [Deed]) -> Kind {
    Kind { name, deeds, pace: Duration::ZERO }
}

#[derive(Clone, Copy)]
enum Deed {
    LongTexts,
    QuotesHungUp,
    SlowExports,
    WrongCodes,
    DotIds,
    SellersCampaigns,
    ManyRefunds,
    CodesSquatted,
    SlowBodies,
    SlowHeads,
    SlowAnswers,
    Grants,
}

use Deed::{
    CodesSquatted, DotIds, Grants, LongTexts, ManyRefunds, QuotesHungUp, SellersCampaigns, SlowAnswers, SlowBodies,
    SlowExports, SlowHeads, WrongCodes,
};

pub const KINDS: &[Kind] = &[
    alone("long_texts", &[LongTexts]),
    alone("quotes_hung_up", &[QuotesHungUp]),
    alone("slow_exports", &[SlowExports]),
    alone("wrong_codes", &[WrongCodes]),
    alone("dot_ids", &[DotIds]),
    alone("sellers_campaigns", &[SellersCampaigns]),
    alone("many_refunds", &[ManyRefunds]),
    alone("codes_squatted", &[CodesSquatted]),
    alone("slow_bodies", &[SlowBodies]),
    alone("slow_heads", &[SlowHeads]),
    alone("slow_answers", &[SlowAnswers]),
    alone("grants", &[Grants]),
    Kind {
        name: "mixed",
        deeds: &[LongTexts, QuotesHungUp, WrongCodes, SellersCampaigns, ManyRefunds, CodesSquatted],
        pace: Duration::from_millis(20),
    },
];

/// What a slow client leaves where it is.
#[derive(Clone, Copy)]
enum Left {
    /// The rest of its request.
    Unfinished,
    /// The rest of the answer.
    Unread,
}

/// Expensive quotes of one window, and at once.
const QUOTES: usize = 768;
const BURST: usize = 192;
/// Who refund at once.
const CLIENTS: usize = 8;
/// Who grant at once: what they have underway is more than may wait for one bucket.
const GRANTERS: usize = 12;
/// Of each of a seller's jobs.
const JOB_CODES: u32 = 4_000;

/// How many clients, how often each at most, and how often all together at least.
#[derive(Clone, Copy)]
struct Many {
    clients: usize,
    of_each: usize,
    at_least: usize,
}

/// What the hostile side did and found.
#[derive(Clone, Debug, Default)]
pub struct Hostile {
    pub sent: u32,
    /// Answers that it shouldn't have got.
    pub wrong: Vec<String>,
    /// Jobs that it had the server begin.
    pub jobs: Vec<String>,
}

impl Hostile {
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.jobs.extend(other.jobs.iter().cloned());
        self.wrong.extend(other.wrong.iter().take(3).cloned());
    }
}

/// A kind of abuse at work.
pub struct Abuse {
    tasks: JoinSet<Hostile>,
    stop: Arc<AtomicBool>,
}

impl Abuse {
    pub async fn end(mut self) -> Hostile {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Hostile::default();
        while let Some(done) = self.tasks.join_next().await {
            all.add(&done.unwrap_or_default());
        }
        all
    }
}

/// Begins it. `round` tells names of one round from another's.
pub fn start(kind: &Kind, server: &Server, market: &Market, round: u32) -> Abuse {
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for &deed in kind.deeds {
        let one = One {
            base: server.base.clone(),
            market: market.clone(),
            round,
            kind: kind.name,
            pace: kind.pace,
            stop: stop.clone(),
        };
        tasks.spawn(one.does(deed));
    }
    Abuse { tasks, stop }
}

struct One {
    base: String,
    market: Market,
    round: u32,
    kind: &'static str,
    pace: Duration,
    stop: Arc<AtomicBool>,
}

impl One {
    async fn does(self, deed: Deed) -> Hostile {
        match deed {
            LongTexts => self.long_texts().await,
            QuotesHungUp => self.quotes_hung_up().await,
            SlowExports => self.slow_exports().await,
            WrongCodes => self.wrong_codes().await,
            DotIds => self.dot_ids().await,
            SellersCampaigns => self.sellers_campaigns().await,
            ManyRefunds => self.many_refunds().await,
            CodesSquatted => self.codes_squatted().await,
            SlowBodies => self.slow_bodies().await,
            SlowHeads => self.slow_heads().await,
            SlowAnswers => self.slow_answers().await,
            Grants => self.grants().await,
        }
    }

    async fn is_over_after_a_pause(&self) -> bool {
        if !self.pace.is_zero() {
            tokio::time::sleep(self.pace).await;
        }
        self.is_over()
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Fields of nearly a megabyte that nobody knows, by throw-away accounts.
    async fn long_texts(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let long = "x".repeat(950_000);
        let bodies = [format!("{{\"{long}\": 1}}"), format!("{{\"campaign\": \"expected {long}\"}}")];
        for number in 0..300 {
            if self.is_over_after_a_pause().await && number >= at_least::LONG_TEXTS {
                break;
            }
            let account = number % self.market.tokens.len();
            let line = format!("POST /v1/accounts/throwaway-{account}/coupons");
            let bytes = wire::request(&line, &self.market.tokens[account], &bodies[number % bodies.len()]);
            wire::status(&self.base, &bytes).await;
            hostile.sent += 1;
        }
        hostile
    }

    /// Expensive quotes by many clients at once, half of which are gone before the answer.
    async fn quotes_hung_up(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let line = format!("POST /v1/accounts/{}/quotes", self.market.rich);
        let bytes = self
            .market
            .expensive
            .each_ref()
            .map(|body| -> Arc<[u8]> { wire::request(&line, &self.market.storefront, body).into() });
        for burst in 0..QUOTES / BURST {
            if self.is_over_after_a_pause().await && burst * BURST >= at_least::QUOTES_HUNG_UP {
                break;
            }
            let mut clients = JoinSet::new();
            for number in 0..BURST {
                // Most are small enough to need no room for their bodies.
                let (base, bytes) = (self.base.clone(), bytes[usize::from(number % 8 == 0)].clone());
                clients.spawn(async move {
                    if number % 2 == 1 {
                        wire::send_and_hang_up(&base, &bytes).await.is_ok()
                    } else {
                        wire::status(&base, &bytes).await.is_some()
                    }
                });
            }
            hostile.sent += clients.join_all().await.into_iter().map(u32::from).sum::<u32>();
        }
        hostile
    }

    /// Begins so many requests, some at least, and leaves them where they are until it is over.
    async fn hold(&self, most: usize, at_least: usize, left: Left, request: impl Fn(usize) -> Vec<u8>) -> Hostile {
        let mut hostile = Hostile::default();
        let mut begun = Vec::new();
        for number in 0..most {
            if self.is_over_after_a_pause().await && number >= at_least {
                break;
            }
            let bytes = request(number);
            begun.extend(match left {
                Left::Unfinished => wire::begin(&self.base, &bytes).await,
                Left::Unread => wire::begin_reading(&self.base, &bytes, 512).await,
            });
            hostile.sent += 1;
        }
        while !self.is_over() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        hostile
    }

    /// Exports begun by one seller's key and read no further.
    async fn slow_exports(&self) -> Hostile {
        let line = format!("GET /v1/campaigns/{}/codes.csv", self.market.exported);
        let bytes = wire::request(&line, &self.market.seller, "");
        self.hold(540, at_least::EXPORTS, Left::Unread, |_| bytes.clone()).await
    }

    /// Guesses by accounts that nobody needs.
    async fn wrong_codes(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let shop = Caller::new(&self.base, &self.market.storefront);
        let line = json!({"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3_000, "quantity": 2});
        for number in 0..400_u32 {
            if self.is_over_after_a_pause().await {
                break;
            }
            let codes: Vec<String> = (0..10).map(|code| format!("GUESS{}X{number}X{code}", self.round)).collect();
            let body = json!({"cart": {"currency": "USD", "lines": [line]}, "codes": codes});
            let path = format!("/v1/accounts/guesser-{}-{}-{number}/quotes", self.kind, self.round);
            shop.post(&path, None, &body).await;
            hostile.sent += 1;
        }
        hostile
    }

    /// Ids that a client or proxy turns into another path.
    async fn dot_ids(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let ids = ["..", ".", "%2e%2e", "%2E", "..%2f..", "a%2f..%2fb"];
        for number in 0..2_000 {
            if self.is_over_after_a_pause().await {
                break;
            }
            let line = format!("GET /v1/accounts/{}/orders", ids[number % ids.len()]);
            let bytes = wire::request(&line, &self.market.storefront, "");
            if let Some(status @ 200..=299) = wire::status(&self.base, &bytes).await {
                hostile.wrong.push(format!("{line} was answered {status}"));
            }
            hostile.sent += 1;
        }
        hostile
    }

    /// Campaigns and codes by one seller's key, as fast as it goes.
    async fn sellers_campaigns(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let seller = Caller::new(&self.base, &self.market.seller);
        let listed: Vec<String> = (0..1_000).map(|entry| format!("entry-{entry}")).collect();
        let mut terms = terms(&json!({"type": "seller", "seller": "nori"}));
        terms["scope"] = json!({"products": listed, "categories": listed});
        for _ in 0..100 {
            if self.is_over_after_a_pause().await {
                break;
            }
            hostile.sent += 1;
            let Some(made) = seller.post("/v1/campaigns", None, &terms).await.filter(|made| made.status == 201) else {
                continue;
            };
            let path = format!("/v1/campaigns/{}", made.text("/id"));
            seller.post(&format!("{path}/publish"), None, &json!({})).await;
            let made =
                seller.post(&format!("{path}/codes"), None, &json!({"kind": "unique", "count": JOB_CODES})).await;
            hostile.jobs.extend(made.filter(|made| made.status == 202).map(|job| job.text("/id").to_owned()));
            hostile.sent += 2;
        }
        hostile
    }

    /// Nearly all of a large body and no more of it, by throw-away accounts and with a seller's key.
    async fn slow_bodies(&self) -> Hostile {
        let body = " ".repeat(950_000);
        let request = |number: usize| {
            let account = number % self.market.tokens.len();
            let (line, key) = if number % 10 == 9 {
                ("POST /v1/campaigns".to_owned(), &self.market.seller)
            } else {
                (format!("POST /v1/accounts/throwaway-{account}/quotes"), &self.market.tokens[account])
            };
            let mut bytes = wire::request(&line, key, &body);
            bytes.pop();
            bytes
        };
        self.hold(600, at_least::SLOW_BODIES, Left::Unfinished, request).await
    }

    /// Pages of a megabyte with a seller's key, begun and read no further, and the document, which needs no key.
    async fn slow_answers(&self) -> Hostile {
        let page = wire::request("GET /v1/campaigns?limit=100", &self.market.seller, "");
        let document = wire::request("GET /openapi.json", "", "");
        let request = |number: usize| if number % 8 == 7 { document.clone() } else { page.clone() };
        self.hold(1_000, at_least::SLOW_ANSWERS, Left::Unread, request).await
    }

    /// Headers without an end and without any key: some too long, some just not.
    async fn slow_heads(&self) -> Hostile {
        let header = format!("X-Slow: {}\r\n", "x".repeat(1_000));
        let bytes = format!("GET /livez HTTP/1.1\r\nHost: shop\r\n{}", header.repeat(60)).into_bytes();
        let request = |number: usize| bytes[..if number.is_multiple_of(4) { 14_000 } else { bytes.len() }].to_vec();
        self.hold(2_000, at_least::SLOW_HEADS, Left::Unfinished, request).await
    }

    /// Cents given back one by one on one order, by eight clients at once.
    async fn many_refunds(&self) -> Hostile {
        let path = self.market.refunds(self.market.order);
        let name = format!("{}-{}", self.kind, self.round);
        let cent = move |client, number| Market::cent(&format!("r-{name}-{client}-{number}"));
        self.post_by_many(
            Many { clients: CLIENTS, of_each: 400, at_least: at_least::REFUNDS },
            &self.market.storefront,
            &path,
            cent,
        )
        .await
    }

    /// Grants of a thousand each with a seller's key, by many clients at once.
    async fn grants(&self) -> Hostile {
        let path = format!("/v1/campaigns/{}/grants", self.market.exported);
        let round = self.round;
        let thousand = move |client, number| {
            let accounts: Vec<String> =
                (0..1_000).map(|account| format!("g{round}-{client}-{number}-{account}")).collect();
            json!({"accounts": accounts})
        };
        self.post_by_many(
            Many { clients: GRANTERS, of_each: 200, at_least: at_least::GRANTS },
            &self.market.seller,
            &path,
            thousand,
        )
        .await
    }

    /// Bodies posted by many clients with one key, each one after the other, until it is over.
    async fn post_by_many(
        &self,
        many: Many,
        key: &str,
        path: &str,
        body: impl Fn(usize, usize) -> Value + Clone + Send + 'static,
    ) -> Hostile {
        let mut clients = JoinSet::new();
        for client in 0..many.clients {
            let (caller, path, body) = (Caller::new(&self.base, key), path.to_owned(), body.clone());
            let (pace, stop) = (self.pace, self.stop.clone());
            clients.spawn(async move {
                let mut sent = 0;
                for number in 0..many.of_each {
                    if number >= many.at_least / many.clients && stop.load(Ordering::SeqCst) {
                        break;
                    }
                    tokio::time::sleep(pace).await;
                    caller.post(&path, None, &body(client, number)).await;
                    sent += 1;
                }
                sent
            });
        }
        Hostile { sent: clients.join_all().await.into_iter().sum(), ..Hostile::default() }
    }

    /// Shared codes that others would want, and whether they are taken.
    async fn codes_squatted(&self) -> Hostile {
        let mut hostile = Hostile::default();
        let seller = Caller::new(&self.base, &self.market.seller);
        let path = format!("/v1/campaigns/{}/codes", self.market.exported);
        for number in 0..400 {
            if self.is_over_after_a_pause().await {
                break;
            }
            // Every other one is somebody's.
            let code =
                if number % 2 == 0 { format!("SALE{}{number}", self.round) } else { self.market.code.to_owned() };
            seller.post(&path, None, &json!({"kind": "shared", "code": code, "max_uses": 10})).await;
            hostile.sent += 1;
        }
        hostile
    }
}
