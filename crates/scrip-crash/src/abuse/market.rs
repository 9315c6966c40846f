//! What is abused: a shop's keys, a seller's, a wallet of coupons with long lists, throw-away accounts.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Trouble,
    caller::Caller,
    server::{Program, Server},
};

/// Coupons in the wallet whose quotes are expensive, each of a campaign of its own.
const EXPENSIVE: usize = 50;
/// The seller's campaigns with as long lists as it may have: more than a page of them.
const WIDE: usize = 6;
/// Entries of each of a scope's four lists.
const LISTED: usize = 1_000;
/// Codes of the campaign that is exported: more than a socket's buffers take.
const CODES: u32 = 12_000;
/// Longer than the seller's jobs take.
const JOB_PATIENCE: Duration = Duration::from_secs(120);
/// Throw-away accounts that have a token.
const ACCOUNTS: usize = 60;

/// Keys, tokens and what they may be used on.
#[derive(Clone, Debug)]
pub struct Market {
    operator: String,
    pub storefront: String,
    /// The seller's whose key is abused.
    pub seller: String,
    /// Honest shoppers collect it.
    pub campaign: String,
    /// The seller's campaign with many codes.
    pub exported: String,
    /// A code that works.
    pub code: &'static str,
    /// Whose wallet is full of coupons with long lists.
    pub rich: &'static str,
    /// A cart of a hundred lines with fifty categories each, as a quote's body.
    pub expensive: [String; 2],
    /// A paid order of `rich` with a line of many small refunds.
    pub order: &'static str,
    pub tokens: Vec<String>,
}

impl Market {
    /// Makes it on an empty server.
    ///
    /// Errors: something of it is refused.
    pub async fn open(program: &Program, data: &Path, server: &Server) -> Result<Self, Trouble> {
        let operator = program.key(data, &["operator"])?;
        let storefront = program.key(data, &["storefront"])?;
        let seller = program.key(data, &["seller", "--seller", "nori"])?;
        let owner = Caller::new(&server.base, &operator);
        let nori = Caller::new(&server.base, &seller);
        let shop = Caller::new(&server.base, &storefront);
        let campaign = publish(&owner, &terms(&json!({"type": "platform"}))).await?;
        let code = "SAVE10";
        let body = json!({"kind": "shared", "code": code, "max_uses": 1_000_000});
        let coded = publish(&owner, &terms(&json!({"type": "platform"}))).await?;
        owner.must(Method::POST, &format!("/v1/campaigns/{coded}/codes"), Some(&body)).await?;
        let exported = publish(&nori, &terms(&json!({"type": "seller", "seller": "nori"}))).await?;
        make_codes(&nori, &exported).await?;
        for number in 0..WIDE {
            let mut terms = terms(&json!({"type": "seller", "seller": "nori"}));
            let long = |kind: &str| names(&format!("{kind}-{}", "x".repeat(100)), number);
            terms["scope"] = json!({"products": long("p"), "categories": long("c")});
            publish(&nori, &terms).await?;
        }
        let rich = "rich";
        for number in 0..EXPENSIVE {
            let mut terms = terms(&json!({"type": "platform"}));
            terms["scope"] = json!({
                "products": names("p", number), "categories": names("c", number),
                "exclude_products": names("x", number), "exclude_categories": names("y", number)});
            let campaign = publish(&owner, &terms).await?;
            let claim = json!({"campaign": campaign});
            shop.must(Method::POST, &format!("/v1/accounts/{rich}/coupons"), Some(&claim)).await?;
        }
        let order = "A-1";
        pay(&shop, rich, order).await?;
        let mut tokens = Vec::new();
        for number in 0..ACCOUNTS {
            let body = json!({"account": format!("throwaway-{number}")});
            let minted = shop.must(Method::POST, "/v1/shopper-tokens", Some(&body)).await?;
            tokens.push(minted.text("/token").to_owned());
        }
        let expensive =
            [(40, 20), (100, 50)].map(|(lines, categories)| json!({"cart": cart(lines, categories)}).to_string());
        Ok(Self { operator, storefront, seller, campaign, exported, code, rich, expensive, order, tokens })
    }
}

impl Market {
    /// Where one refunds an order of `rich`.
    pub fn refunds(&self, order: &str) -> String {
        format!("/v1/accounts/{}/orders/{order}/refunds", self.rich)
    }

    /// Waits until the seller's jobs have ended.
    ///
    /// Errors: they don't.
    pub async fn jobs_end(&self, server: &Server, jobs: &[String]) -> Result<(), Trouble> {
        let owner = Caller::new(&server.base, &self.operator);
        for job in jobs {
            ended(&owner, job).await?;
        }
        Ok(())
    }

    /// A refund of 0.01.
    pub fn cent(id: &str) -> Value {
        json!({"id": id, "amounts": [{"line": "l1", "amount": 1, "reason": "dispute"}]})
    }
}

/// A paid order of an account with a line of a million cents.
///
/// Errors: it is refused.
pub async fn pay(shop: &Caller, account: &str, order: &str) -> Result<(), Trouble> {
    let line = json!({"id": "l1", "seller": "nori", "product": "lamp", "unit_price": 1_000_000, "quantity": 1});
    let placed = json!({"id": order, "cart": {"currency": "USD", "lines": [line]}, "use": "none"});
    shop.must(Method::POST, &format!("/v1/accounts/{account}/orders"), Some(&placed)).await?;
    shop.must(Method::POST, &format!("/v1/accounts/{account}/orders/{order}/pay"), Some(&json!({}))).await?;
    Ok(())
}

/// Without a limit that honest load reaches.
pub fn terms(issuer: &Value) -> Value {
    json!({"name": "Abuse", "issuer": issuer, "currency": "USD", "benefit": {"type": "amount_off", "amount": 100},
        "limits": {"per_individual": null, "budget": "unlimited"},
        "claims": {"channels": ["web", "code"]}, "validity": {"type": "after_claim", "days": 30}})
}

async fn publish(caller: &Caller, terms: &Value) -> Result<String, Trouble> {
    let made = caller.must(Method::POST, "/v1/campaigns", Some(terms)).await?;
    let id = made.text("/id").to_owned();
    caller.must(Method::POST, &format!("/v1/campaigns/{id}/publish"), Some(&json!({}))).await?;
    Ok(id)
}

async fn make_codes(seller: &Caller, campaign: &str) -> Result<(), Trouble> {
    let body = json!({"kind": "unique", "count": CODES});
    let job = seller.must(Method::POST, &format!("/v1/campaigns/{campaign}/codes"), Some(&body)).await?;
    ended(seller, job.text("/id")).await
}

/// Waits for a job's end.
async fn ended(caller: &Caller, job: &str) -> Result<(), Trouble> {
    let path = format!("/v1/jobs/{job}");
    let began = Instant::now();
    while caller.must(Method::GET, &path, None).await?.text("/status") != "done" {
        if began.elapsed() > JOB_PATIENCE {
            return Err(Trouble::other("the making of codes doesn't end"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Names of which none is in the cart but the last.
fn names(kind: &str, number: usize) -> Vec<String> {
    (0..LISTED).map(|entry| format!("{kind}-{number}-{entry}")).chain([format!("{kind}-last")]).skip(1).collect()
}

fn cart(lines: usize, categories: usize) -> Value {
    let line = |number: usize| {
        let categories: Vec<String> = (0..categories).map(|of| format!("k{}", number * categories + of)).collect();
        json!({"id": format!("l{number}"), "seller": "luma", "product": format!("p{number}"), "categories": categories,
            "unit_price": 3_000, "quantity": 2})
    };
    json!({"currency": "USD", "lines": (0..lines).map(line).collect::<Vec<_>>()})
}
