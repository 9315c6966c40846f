use scrip_core::{
    campaign::{Campaign, CampaignStatus, Counters, Terms},
    code::Job,
    id::{CampaignId, JobId},
    money::{Amount, Currency},
    name::{AccountId, SourceName},
    time::Timestamp,
};
use scrip_store::people::DistributionRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CouponDocument, EnteredCode, ProblemDocument};

/// A campaign: its terms and where it is in its life.
#[derive(Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignDocument {
    pub id: CampaignId,
    #[serde(flatten)]
    pub terms: Terms,
    pub status: CampaignStatus,
    pub terms_version: u32,
    pub counters: CountersDocument,
    pub created_at: Timestamp,
}

/// What was given out. The budget's figures are the issuer's and the operator's only.
#[derive(Serialize, ToSchema)]
pub struct CountersDocument {
    pub claimed: u32,
    pub on_orders: u32,
    pub used: u32,
    pub returned: u32,
    pub reclaimed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_held: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_spent: Option<Amount>,
}

impl CampaignDocument {
    pub fn new(campaign: &Campaign, counters: Counters, with_budget: bool, now: Timestamp) -> Self {
        Self {
            id: campaign.id,
            terms: campaign.terms.clone(),
            status: campaign.status(now),
            terms_version: campaign.terms_version,
            counters: CountersDocument {
                claimed: counters.claimed,
                on_orders: counters.on_orders,
                used: counters.used,
                returned: counters.returned,
                reclaimed: counters.reclaimed,
                budget_held: with_budget.then_some(counters.budget_held),
                budget_spent: with_budget.then_some(counters.budget_spent),
            },
            created_at: campaign.created_at,
        }
    }
}

/// New codes: one shared string, or many unique ones.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CodesRequest {
    /// One string for many people.
    Shared {
        #[schema(value_type = EnteredCode)]
        code: String,
        #[serde(default)]
        #[schema(minimum = 1)]
        max_uses: Option<u32>,
        #[serde(default)]
        source: Option<SourceName>,
    },
    /// Many strings, each for one person: 1 to 5,000,000, made in the background.
    Unique {
        #[schema(minimum = 1, maximum = 5_000_000)]
        count: u32,
        /// 1 to 10 letters and digits.
        #[serde(default)]
        #[schema(pattern = "^[A-Za-z0-9]{1,10}$")]
        prefix: Option<String>,
        #[serde(default)]
        source: Option<SourceName>,
    },
}

/// A shared code.
#[derive(Serialize, ToSchema)]
#[schema(as = SharedCode)]
pub struct SharedCodeDocument {
    pub campaign: CampaignId,
    /// As compared: without case, spaces and dashes.
    pub code: String,
    pub max_uses: Option<u32>,
}

/// Work in the background.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobDocument {
    pub id: JobId,
    pub campaign: CampaignId,
    pub status: JobStatus,
    pub done: u32,
    pub total: u32,
    pub created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Running,
    Done,
}

impl JobDocument {
    pub fn new(job: &Job) -> Self {
        let status = if job.done < job.total { JobStatus::Running } else { JobStatus::Done };
        Self {
            id: job.id,
            campaign: job.campaign,
            status,
            done: job.done,
            total: job.total,
            created_at: job.created_at,
        }
    }
}

/// What can be collected: the campaign, what is left of it, what is mine already.
#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferDocument {
    pub campaign: CampaignId,
    pub name: String,
    pub issuer: scrip_core::campaign::Issuer,
    pub currency: Currency,
    pub benefit: scrip_core::benefit::Benefit,
    pub minimum_spend: Option<scrip_core::campaign::MinimumSpend>,
    pub scope: scrip_core::campaign::Scope,
    pub validity: scrip_core::campaign::Validity,
    pub claims_end_at: Option<Timestamp>,
    /// null: no limit.
    pub left: Option<u32>,
    pub total: Option<u32>,
    /// How many this account has had.
    pub mine: u32,
    pub per_individual: Option<u32>,
    /// Whether a claim would be refused for this account's count.
    pub limit_reached: bool,
}

impl OfferDocument {
    pub fn new(campaign: &Campaign, claimed: u32, mine: u32) -> Self {
        let terms = &campaign.terms;
        Self {
            campaign: campaign.id,
            name: terms.name.clone(),
            issuer: terms.issuer.clone(),
            currency: terms.currency,
            benefit: terms.benefit.clone(),
            minimum_spend: terms.minimum_spend,
            scope: terms.scope.clone(),
            validity: terms.validity.clone(),
            claims_end_at: terms.claims.ends_at,
            left: terms.limits.stock.map(|stock| stock.saturating_sub(claimed)),
            total: terms.limits.stock,
            mine,
            per_individual: terms.limits.per_individual,
            limit_reached: terms.limits.per_individual.is_some_and(|limit| mine >= limit),
        }
    }
}

/// Coupons for many accounts.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsRequest {
    /// 1 to 1,000, each once.
    #[schema(min_items = 1, max_items = 1_000)]
    pub accounts: Vec<AccountId>,
    /// `system` unless said otherwise.
    #[serde(default)]
    pub channel: Option<scrip_core::campaign::Channel>,
    #[serde(default)]
    pub source: Option<SourceName>,
}

/// One account's answer: `coupon` or `problem`.
#[derive(Serialize, ToSchema)]
pub struct GrantDocument {
    pub account: AccountId,
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<CouponDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDocument>)]
    pub problem: Option<serde_json::Value>,
}

/// What a channel and source brought.
#[derive(Serialize, ToSchema)]
#[schema(as = Distribution)]
pub struct DistributionDocument {
    pub campaign: CampaignId,
    pub channel: String,
    pub source: Option<SourceName>,
    pub claimed: u64,
    /// Coupons that count on orders.
    pub redeemed: u64,
    /// Discounts of paid orders less what refunds reversed, in the campaign's currency.
    pub cost: Amount,
    pub currency: Option<Currency>,
}

impl DistributionDocument {
    pub fn new(row: DistributionRow, currency: Option<Currency>) -> Self {
        Self {
            campaign: row.campaign,
            channel: row.channel,
            source: row.source,
            claimed: row.claimed,
            redeemed: row.redeemed,
            cost: row.cost,
            currency,
        }
    }
}
