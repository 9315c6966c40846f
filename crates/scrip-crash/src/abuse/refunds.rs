//! Whether the next refund of an order costs more when it has had many: in the server's own processor time, which what else the
//! machine does hardly touches, and in turn with orders that have had none.

use crate::{Trouble, caller::Caller, server::Server};

use super::{
    market::{Market, pay},
    process,
};

/// Turns of both kinds, and refunds in each.
const TURNS: u32 = 6;
const REFUNDS: u32 = 40;
/// How much more processor time the median turn of the old order may take.
const RATIO_MAX: u64 = 2;

/// What both cost, in microseconds of the server's processor time for a refund.
pub struct Cost {
    pub new_order: u64,
    pub old_order: u64,
}

impl Cost {
    /// # Errors
    /// A refund is refused.
    pub async fn measure(server: &Server, market: &Market, name: &str) -> Result<Self, Trouble> {
        let shop = Caller::new(&server.base, &market.storefront);
        let (mut of_new, mut of_old) = (Vec::new(), Vec::new());
        for turn in 0..TURNS {
            let order = format!("{name}-{turn}");
            pay(&shop, market.rich, &order).await?;
            of_new.push(one(server, &shop, &market.refunds(&order), &format!("n-{name}-{turn}")).await?);
            of_old.push(one(server, &shop, &market.refunds(market.order), &format!("o-{name}-{turn}")).await?);
        }
        Ok(Self { new_order: median(of_new), old_order: median(of_old) })
    }

    pub fn wrong(&self) -> Option<String> {
        (self.old_order > self.new_order * RATIO_MAX).then(|| {
            format!("a refund of an order with many takes {} µs, of a new one {} µs", self.old_order, self.new_order)
        })
    }
}

async fn one(server: &Server, shop: &Caller, path: &str, name: &str) -> Result<u64, Trouble> {
    let before = process::cpu_nanoseconds(server);
    for number in 0..REFUNDS {
        shop.must(reqwest::Method::POST, path, Some(&Market::cent(&format!("{name}-{number}")))).await?;
    }
    let took = process::cpu_nanoseconds(server).saturating_sub(before);
    Ok(took / 1_000 / u64::from(REFUNDS))
}

fn median(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all[all.len() / 2]
}
