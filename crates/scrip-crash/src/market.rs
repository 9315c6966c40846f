//! What the clients shop at: campaigns of every kind, with codes.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Trouble,
    answered::{Answered, Fact},
    caller::Caller,
    server::{Program, Server},
};

/// The campaigns and codes, and the key of who may do everything.
#[derive(Clone, Debug)]
pub struct Market {
    pub operator: String,
    /// Coupons without a limit that is reached: of the platform, of a seller, for shipping.
    pub campaigns: Vec<String>,
    /// Ends soon: little stock, little budget.
    pub scarce: String,
    /// Is paused and resumed all the time.
    pub paused: String,
    /// Shared codes; one with few uses.
    pub shared: Vec<&'static str>,
    unique: Arc<Mutex<VecDeque<String>>>,
}

impl Market {
    /// Makes it on an empty server, with so many unique codes. What is answered goes to the log.
    ///
    /// Errors: something of it is refused.
    pub async fn open(
        program: &Program,
        data: &Path,
        server: &Server,
        unique_codes: u32,
        log: &Answered,
    ) -> Result<Self, Trouble> {
        let operator = program.key(data, &["operator"])?;
        let luma = program.key(data, &["seller", "--seller", "luma"])?;
        let owner = Caller::new(&server.base, &operator);
        let seller = Caller::new(&server.base, &luma);
        let many = json!({"per_individual": null, "budget": 1_000_000_000_000_i64});
        let few = json!({"per_individual": null, "stock": 40, "budget": 3_000});
        let platform = json!({"type": "platform"});
        let off = |amount: u32| json!({"type": "amount_off", "amount": amount});
        let percent = json!({"type": "percent_off", "percent_bp": 1_250, "cap": 900});
        let of_luma = json!({"type": "seller", "seller": "luma"});
        let shipping = json!({"type": "free_shipping", "cap": 400});
        let welcome = publish(&owner, &platform, &off(500), &many, log).await?;
        let lanes = vec![
            welcome.clone(),
            publish(&owner, &platform, &percent, &many, log).await?,
            publish(&seller, &of_luma, &off(301), &many, log).await?,
            publish(&owner, &platform, &shipping, &many, log).await?,
        ];
        let scarce = publish(&owner, &platform, &off(100), &few, log).await?;
        let paused = publish(&owner, &platform, &off(700), &many, log).await?;
        for (code, uses) in [("SAVE10", 1_000_000), ("FEW", 25)] {
            let body = json!({"kind": "shared", "code": code, "max_uses": uses});
            owner.must(Method::POST, &format!("/v1/campaigns/{welcome}/codes"), Some(&body)).await?;
        }
        let unique = make_codes(&owner, &welcome, unique_codes).await?;
        Ok(Self {
            operator,
            campaigns: lanes,
            scarce,
            paused,
            shared: vec!["SAVE10", "FEW"],
            unique: Arc::new(Mutex::new(unique)),
        })
    }

    /// One that nobody was given yet.
    pub fn unique_code(&self) -> Option<String> {
        self.unique.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

async fn publish(
    caller: &Caller,
    issuer: &Value,
    benefit: &Value,
    limits: &Value,
    log: &Answered,
) -> Result<String, Trouble> {
    let terms = json!({"name": "Crash", "issuer": issuer, "currency": "USD", "benefit": benefit, "limits": limits,
        "validity": {"type": "after_claim", "days": 30}});
    let made = caller.must(Method::POST, "/v1/campaigns", Some(&terms)).await?;
    let id = made.text("/id").to_owned();
    let published = caller.must(Method::POST, &format!("/v1/campaigns/{id}/publish"), Some(&json!({}))).await?;
    let revision = published.revision.or(made.revision).unwrap_or_default();
    log.note(Fact::Campaign { campaign: id.clone(), revision });
    Ok(id)
}

async fn make_codes(owner: &Caller, campaign: &str, count: u32) -> Result<VecDeque<String>, Trouble> {
    let path = format!("/v1/campaigns/{campaign}/codes");
    let body = json!({"kind": "unique", "count": count});
    let job = owner.must(Method::POST, &path, Some(&body)).await?;
    let path = format!("/v1/jobs/{}", job.text("/id"));
    let started = Instant::now();
    while owner.must(Method::GET, &path, None).await?.text("/status") != "done" {
        if started.elapsed() > Duration::from_secs(30) {
            return Err(Trouble::other("the making of codes doesn't end"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let csv = owner.must(Method::GET, &format!("/v1/campaigns/{campaign}/codes.csv"), None).await?;
    let rows = csv.body.as_str().unwrap_or_default().lines().skip(1);
    Ok(rows.filter(|row| row.contains(",unique,")).filter_map(|row| row.split(',').next()).map(str::to_owned).collect())
}
