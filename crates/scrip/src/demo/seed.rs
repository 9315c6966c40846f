use reqwest::Method;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::failure::Failure;

/// The demo's campaigns.
pub(crate) struct Campaigns {
    /// 5.00 off over 20.00, platform.
    pub welcome: String,
    /// 10 % off at Luma.
    pub luma: String,
    /// Shipping off, platform.
    pub shipping: String,
    /// 50 coupons, 2.00 off.
    pub rush: String,
    /// Code SAVE10: 10 % off, at most 3.00.
    pub code: String,
}

/// Makes and publishes them, the seller's by the seller.
pub(crate) async fn seed(shop: &Shop) -> Result<Campaigns, Failure> {
    let platform = json!({"type": "platform"});
    let fixed = json!({"type": "fixed", "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2036-01-01T00:00:00Z"});
    let weeks = json!({"type": "after_claim", "days": 14, "time_zone": "Europe/Madrid"});
    let make = |name: &str, issuer: &Value, benefit: Value, minimum: Value, limits: Value, validity: &Value| {
        json!({"name": name, "issuer": issuer, "currency": "USD", "benefit": benefit, "minimum_spend": minimum,
            "limits": limits, "validity": validity})
    };
    let operator = &shop.operator;
    let campaigns = Campaigns {
        welcome: publish(
            shop,
            operator,
            make(
                "Welcome 5.00",
                &platform,
                json!({"type": "amount_off", "amount": 500}),
                json!({"amount": 2000}),
                json!({"stock": 1000, "budget": 500_000, "per_individual": 1}),
                &fixed,
            ),
        )
        .await?,
        luma: publish(
            shop,
            &shop.luma,
            make(
                "Luma 10 %",
                &json!({"type": "seller", "seller": "luma"}),
                json!({"type": "percent_off", "percent_bp": 1000}),
                Value::Null,
                json!({"budget": 100_000, "per_individual": 3}),
                &fixed,
            ),
        )
        .await?,
        shipping: publish(
            shop,
            operator,
            make(
                "Free shipping",
                &platform,
                json!({"type": "free_shipping", "cap": 700}),
                Value::Null,
                json!({"budget": "unlimited", "per_individual": 3}),
                &weeks,
            ),
        )
        .await?,
        rush: publish(
            shop,
            operator,
            make(
                "Rush 2.00",
                &platform,
                json!({"type": "amount_off", "amount": 200}),
                Value::Null,
                json!({"stock": 50, "budget": 10_000}),
                &fixed,
            ),
        )
        .await?,
        code: publish(
            shop,
            operator,
            make(
                "Code SAVE10",
                &platform,
                json!({"type": "percent_off", "percent_bp": 1000, "cap": 300}),
                Value::Null,
                json!({"budget": 100_000}),
                &fixed,
            ),
        )
        .await?,
    };
    let path = format!("/v1/campaigns/{}/codes", campaigns.code);
    let code = json!({"kind": "shared", "code": "SAVE10", "max_uses": 1000});
    let made = shop.ask(Method::POST, &path, operator, Some(&code)).await?;
    expect(made.status == 201, &made.body)?;
    Ok(campaigns)
}

async fn publish(shop: &Shop, key: &str, terms: Value) -> Result<String, Failure> {
    let made = shop.ask(Method::POST, "/v1/campaigns", key, Some(&terms)).await?;
    expect(made.status == 201, &made.body)?;
    let id = made.text("/id");
    let published = shop.ask(Method::POST, &format!("/v1/campaigns/{id}/publish"), key, None).await?;
    expect(published.status == 200, &published.body)?;
    Ok(id)
}

fn expect(right: bool, body: &Value) -> Result<(), Failure> {
    if right { Ok(()) } else { Err(Failure::new(format!("seeding the demo failed: {body}"))) }
}
