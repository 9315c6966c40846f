use scrip_core::{
    benefit::Benefit,
    campaign::{Campaign, Channel, Issuer, Scope},
    id::{CampaignId, CouponId},
    minimum_spend::MinimumSpend,
    money::Currency,
    name::{AccountId, OrderId, SourceName},
    status::CouponStatus,
    time::Timestamp,
    wallet::Coupon,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EnteredCode, ProblemDocument};

/// The one copy that an account holds.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Coupon)]
pub struct CouponDocument {
    pub id: CouponId,
    pub account: AccountId,
    pub campaign: CampaignId,
    pub terms_version: u32,
    pub issuer: Issuer,
    pub currency: Currency,
    pub status: CouponStatus,
    /// The campaign's.
    pub name: String,
    /// Which lines it works on.
    pub scope: Scope,
    pub benefit: Benefit,
    pub minimum_spend: Option<MinimumSpend>,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub channel: Channel,
    pub source: Option<SourceName>,
    pub claimed_at: Timestamp,
    /// Whether it was imported with another start or end than the terms give.
    pub as_is: bool,
    /// The order that holds it or used it.
    pub order: Option<OrderId>,
    /// Of a reclaimed one.
    #[schema(value_type = Option<String>)]
    pub reason: Option<&'static str>,
}

impl CouponDocument {
    pub fn new(account: &AccountId, coupon: &Coupon, campaign: &Campaign, now: Timestamp) -> Self {
        let terms = &campaign.terms;
        Self {
            id: coupon.id,
            account: account.clone(),
            campaign: coupon.campaign,
            terms_version: coupon.terms_version,
            issuer: terms.issuer.clone(),
            currency: terms.currency,
            status: coupon.status(now),
            name: terms.name.clone(),
            scope: terms.scope.clone(),
            benefit: terms.benefit.clone(),
            minimum_spend: terms.minimum_spend,
            starts_at: coupon.starts_at,
            expires_at: coupon.expires_at,
            channel: coupon.channel,
            source: coupon.source.clone(),
            claimed_at: coupon.claimed_at,
            as_is: coupon.as_is,
            order: coupon.order(now).cloned(),
            reason: None,
        }
    }
}

/// Collect from a campaign, or activate a code: one of `campaign` and `code`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    #[serde(default)]
    pub campaign: Option<CampaignId>,
    /// `web` unless said otherwise.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// Which page, which partner.
    #[serde(default)]
    pub source: Option<SourceName>,
    #[serde(default)]
    #[schema(value_type = Option<EnteredCode>)]
    pub code: Option<String>,
}

/// Claims of many accounts, each standing alone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchClaims {
    /// 1 to 1,000.
    #[schema(min_items = 1, max_items = 1_000)]
    pub claims: Vec<BatchClaim>,
}

/// One claim of a batch.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchClaim {
    pub account: AccountId,
    pub campaign: CampaignId,
    #[serde(default)]
    pub channel: Option<Channel>,
    #[serde(default)]
    pub source: Option<SourceName>,
    /// An idempotency key of its own.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    pub key: Option<String>,
}

/// The answers, in the order of the claims.
#[derive(Serialize, ToSchema)]
pub struct BatchResults {
    pub results: Vec<BatchResult>,
}

/// One claim's answer: `coupon` or `problem`.
#[derive(Serialize, ToSchema)]
pub struct BatchResult {
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<CouponDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDocument>)]
    pub problem: Option<serde_json::Value>,
}

/// How many coupons the wallet has, by status.
#[derive(Serialize, ToSchema)]
pub struct SummaryDocument {
    pub valid: u32,
    pub inactive: u32,
    pub used: u32,
    pub expired: u32,
    pub reclaimed: u32,
}
