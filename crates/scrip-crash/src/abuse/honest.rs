//! Honest shoppers: they claim at a steady pace, look at their wallet and ask what a cart would cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::JoinSet;

use super::market::Market;
use crate::{
    caller::{Answer, Caller},
    server::Server,
};

/// Clients that claim.
const CLAIMING: u32 = 4;
/// Between two claims of one client.
const CLAIM_PACE: Duration = Duration::from_millis(6);
/// Between two reads of the client that reads.
const READ_PACE: Duration = Duration::from_millis(25);

/// How long a shopper waits for its wallet or a quote.
const READ_PATIENCE: Duration = Duration::from_secs(5);

/// Shoppers at work.
pub struct Honest {
    claiming: JoinSet<Claims>,
    reading: JoinSet<u32>,
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct Claims {
    took: Vec<Duration>,
    failed: u32,
}

/// What a window came to.
pub struct Window {
    pub claims_p99: Duration,
    pub claims_failed: u32,
    /// Wallets and quotes that were answered.
    pub reads: u32,
}

impl Honest {
    /// Their accounts' names begin with `name`.
    pub fn start(server: &Server, market: &Market, name: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut claiming = JoinSet::new();
        for number in 0..CLAIMING {
            let caller = Caller::new(&server.base, &market.storefront);
            let name = format!("{name}-{number}");
            claiming.spawn(claim(caller, market.campaign.clone(), name, stop.clone()));
        }
        let mut reading = JoinSet::new();
        reading.spawn(read(Caller::new(&server.base, &market.storefront), format!("{name}-0-0"), stop.clone()));
        Self { claiming, reading, stop }
    }

    /// Lets them work for so long.
    pub async fn window(mut self, time: Duration) -> Window {
        tokio::time::sleep(time).await;
        self.stop.store(true, Ordering::SeqCst);
        let (mut took, mut failed, mut reads) = (Vec::new(), 0, 0);
        while let Some(Ok(claims)) = self.claiming.join_next().await {
            took.extend(claims.took);
            failed += claims.failed;
        }
        while let Some(read) = self.reading.join_next().await {
            reads += read.unwrap_or(0);
        }
        took.sort_unstable();
        let claims_p99 = took.get(took.len() * 99 / 100).copied().unwrap_or(Duration::MAX);
        Window { claims_p99, claims_failed: failed, reads }
    }
}

async fn claim(caller: Caller, campaign: String, name: String, stop: Arc<AtomicBool>) -> Claims {
    let mut claims = Claims::default();
    let body = json!({"campaign": campaign});
    for number in 0_u32.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let asked = Instant::now();
        let answer = caller.post(&format!("/v1/accounts/{name}-{number}/coupons"), None, &body).await;
        let took = asked.elapsed();
        claims.took.push(took);
        claims.failed += u32::from(answer.is_none_or(|answer| answer.status != 201));
        tokio::time::sleep(CLAIM_PACE.saturating_sub(took)).await;
    }
    claims
}

/// 1 if it was answered as it should be, before a shopper would have given up.
async fn in_time(answer: impl Future<Output = Option<Answer>>) -> u32 {
    let answer = tokio::time::timeout(READ_PATIENCE, answer).await.ok().flatten();
    u32::from(answer.is_some_and(|answer| answer.status == 200))
}

/// Whether a shopper who comes when all is over sees its wallet.
pub async fn is_served(server: &Server, market: &Market) -> bool {
    let caller = Caller::new(&server.base, &market.storefront);
    let mut served = false;
    for _ in 0..3 {
        served = served || in_time(caller.get("/v1/accounts/late/coupons")).await == 1;
    }
    served
}

async fn read(caller: Caller, account: String, stop: Arc<AtomicBool>) -> u32 {
    let mut answered = 0;
    let line = json!({"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3_000, "quantity": 2});
    let quote = json!({"cart": {"currency": "USD", "lines": [line]}});
    while !stop.load(Ordering::SeqCst) {
        let wallet = format!("/v1/accounts/{account}/coupons");
        let quotes = format!("/v1/accounts/{account}/quotes");
        answered += in_time(caller.get(&wallet)).await;
        answered += in_time(caller.post(&quotes, None, &quote)).await;
        tokio::time::sleep(READ_PACE).await;
    }
    answered
}
