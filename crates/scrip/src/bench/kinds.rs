//! What is measured.

use super::{
    connection::{NUMBER, Prepared},
    server::{ACCOUNTS, BenchServer},
};
use crate::{
    cli::{BenchArguments, BenchKind},
    failure::Failure,
};

/// A kind of round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An endpoint with the middleware and the body of a claim, which does nothing: what all others are measured by.
    Noop,
    /// A claim, durable, each by an account of its own.
    Claim,
    /// A claim that is refused, as nothing is left.
    SoldOut,
    /// A cart of three lines with the best of six coupons.
    Quote,
    /// An order with a coupon, placed, paid and closed: three requests.
    Order,
    /// My Coupons, six of them.
    Wallet,
}

/// Orders that one measurement has room for, each second.
const ORDERS_A_SECOND: u32 = 8_000;

impl Kind {
    const ALL: [Self; 6] = [Self::Noop, Self::Claim, Self::SoldOut, Self::Quote, Self::Order, Self::Wallet];

    /// The no-op, and what was asked for.
    pub fn asked(arguments: &BenchArguments) -> Vec<Self> {
        let is_asked = |kind: Self| match kind {
            Self::Noop => true,
            Self::Claim => arguments.only.contains(&BenchKind::Claim),
            Self::SoldOut => arguments.only.contains(&BenchKind::SoldOut),
            Self::Quote => arguments.only.contains(&BenchKind::Quote),
            Self::Order => arguments.only.contains(&BenchKind::Order),
            Self::Wallet => arguments.only.contains(&BenchKind::Wallet),
        };
        Self::ALL.into_iter().filter(|kind| arguments.only.is_empty() || is_asked(*kind)).collect()
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Noop => "no-op",
            Self::Claim => "claim",
            Self::SoldOut => "sold out",
            Self::Quote => "quote",
            Self::Order => "place + pay + close",
            Self::Wallet => "wallet",
        }
    }

    /// Its requests, each with the status that it should be answered with.
    pub fn requests(self, server: &BenchServer) -> Vec<(Prepared, u16)> {
        let prepared = |path: &str, body: Option<&str>| Prepared::new(server.address, &server.key, path, body);
        let post = |path: &str, body: &str, status: u16| (prepared(path, Some(body)), status);
        let order = format!("/v1/accounts/p{NUMBER}/orders");
        match self {
            Self::Noop => vec![post("/noop", &server.claim_body(), 201)],
            Self::Claim => vec![post(&format!("/v1/accounts/c{NUMBER}/coupons"), &server.claim_body(), 201)],
            Self::SoldOut => vec![post(&format!("/v1/accounts/s{NUMBER}/coupons"), &server.sold_out_body(), 409)],
            Self::Quote => {
                let body = serde_json::json!({"cart": BenchServer::cart()}).to_string();
                vec![post(&format!("/v1/accounts/w{NUMBER}/quotes"), &body, 200)]
            }
            Self::Order => vec![
                post(&order, &BenchServer::order_body(), 201),
                post(&format!("{order}/o-{NUMBER}/pay"), "{}", 200),
                post(&format!("{order}/o-{NUMBER}/close"), "{}", 200),
            ],
            Self::Wallet => vec![(prepared(&format!("/v1/accounts/w{NUMBER}/coupons"), None), 200)],
        }
    }

    /// The numbers of a measurement's rounds. `measured` counts those that had one before.
    pub fn numbers<'n>(
        self,
        server: &mut BenchServer,
        seconds: u64,
        measured: &'n mut u32,
    ) -> Result<Box<dyn FnMut() -> Option<u32> + 'n>, Failure> {
        if self == Self::Order {
            let count = ORDERS_A_SECOND.saturating_mul(u32::try_from(seconds).unwrap_or(u32::MAX));
            let first = server.prepare_orders(count)?;
            let mut left = first..first + count;
            return Ok(Box::new(move || left.next()));
        }
        let once_each = !matches!(self, Self::Quote | Self::Wallet);
        Ok(Box::new(move || {
            *measured += 1;
            Some(if once_each { *measured } else { *measured % ACCOUNTS })
        }))
    }
}
