use scrip_core::{
    campaign::{Availability, Campaign, Channel, Terms},
    code::{Code, Job},
    exchange::Pool,
    id::{CampaignId, CodeId, JobId},
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, SourceName},
    status::{CampaignStatus, PausedBy},
    time::Timestamp,
};
use scrip_desk::{DistributionRow, SeenCampaign};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;

use super::{CouponDocument, NewCodeText, ProblemDocument};
use crate::csv::Mistaken;

/// A new campaign: its terms, and what is attached to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignRequest {
    #[serde(flatten)]
    pub terms: Terms,
    /// What is attached to it: never interpreted, and no personal data.
    #[serde(skip_serializing_if = "Members::is_empty")]
    #[schema(required = false)]
    pub metadata: Members,
}

/// Terms refuse members that they don't know, so metadata is taken out of the object while they are read.
impl<'de> Deserialize<'de> for CampaignRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = CampaignRequest;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CampaignRequest, A::Error> {
                let mut metadata = None;
                let terms = Terms::deserialize(MapAccessDeserializer::new(Others { map, metadata: &mut metadata }))?;
                Ok(CampaignRequest { terms, metadata: metadata.unwrap_or_default() })
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The members of an object but `metadata`, which goes to its own place.
struct Others<'m, A> {
    map: A,
    metadata: &'m mut Option<Members>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Others<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(name) = self.map.next_key::<String>()? else { return Ok(None) };
            if name != "metadata" {
                return seed.deserialize(serde::de::value::StringDeserializer::new(name)).map(Some);
            }
            if self.metadata.is_some() {
                return Err(serde::de::Error::duplicate_field("metadata"));
            }
            *self.metadata = Some(self.map.next_value()?);
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A campaign: its terms and where it is in its life.
#[derive(Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignDocument {
    pub id: CampaignId,
    #[serde(flatten)]
    pub terms: Terms,
    pub status: CampaignStatus,
    /// Who paused it, while it is paused: only whoever did, or somebody above, resumes it.
    pub paused_by: Option<PausedBy>,
    /// The channels in force.
    pub offered_on: Vec<Channel>,
    /// What may surprise whoever runs it.
    pub warnings: Vec<WarningDocument>,
    pub terms_version: u32,
    pub counters: CountersDocument,
    pub created_at: Timestamp,
    /// To an operator all of it, to others what they wrote.
    pub metadata: Members,
}

/// Something that is as asked for, and may not be what was meant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Warning)]
pub struct WarningDocument {
    pub code: WarningCode,
    pub detail: &'static str,
}

/// What is warned of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The terms name no channels and there are codes: it is offered on `code` and `system` alone.
    CodeOnly,
    /// There are codes, and the terms name channels without `code`: nobody can enter them.
    CodesNotOffered,
    /// A spreadsheet that opens a file with this code makes another of it, such as 123 of `00123`.
    ChangedBySpreadsheets,
}

impl WarningDocument {
    /// Of a shared code as it is compared.
    pub fn of_code(code: &str) -> Option<Self> {
        let detail = match Mistaken::of(code)? {
            Mistaken::Number => {
                "A spreadsheet that opens a file with this code takes it for a number: zeros in front, digits after the \
                 fifteenth or an E are lost. It works as it is."
            }
            Mistaken::Date => {
                "A spreadsheet that opens a file with this code takes it for a date and writes another. It works as it is."
            }
            Mistaken::Word => {
                "A spreadsheet that opens a file with this code takes it for a truth value, and may write it in another \
                 language. It works as it is."
            }
        };
        Some(Self { code: WarningCode::ChangedBySpreadsheets, detail })
    }

    /// Of a campaign as it is now.
    pub fn of(campaign: &Campaign) -> Vec<Self> {
        if !campaign.coded {
            return Vec::new();
        }
        match campaign.terms.named_channels() {
            None => vec![Self {
                code: WarningCode::CodeOnly,
                detail: "The terms name no channels, and there are codes: it can be had by a code or as a grant of the \
                         operator, and not be collected. Name the channels in claims.channels to let it be collected too.",
            }],
            Some(named) if !named.contains(&Channel::Code) => vec![Self {
                code: WarningCode::CodesNotOffered,
                detail: "There are codes, and claims.channels names channels without code: nobody can enter them.",
            }],
            Some(_) => Vec::new(),
        }
    }
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
    pub fn new(seen: SeenCampaign, now: Timestamp) -> Self {
        let SeenCampaign { campaign, budget, .. } = seen;
        Self {
            id: campaign.id,
            terms: campaign.terms.clone(),
            status: campaign.status(now),
            paused_by: campaign.paused_by,
            offered_on: campaign.offered_on(),
            warnings: WarningDocument::of(&campaign),
            terms_version: campaign.terms_version,
            counters: CountersDocument {
                claimed: seen.claimed,
                on_orders: seen.on_orders,
                used: seen.used,
                returned: seen.returned,
                reclaimed: seen.reclaimed,
                budget_held: budget.map(|budget| budget.held),
                budget_spent: budget.map(|budget| budget.spent),
            },
            created_at: campaign.created_at,
            metadata: seen.metadata,
        }
    }
}

/// New codes: one shared string, or many unique ones.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CodesRequest {
    /// One string for many people.
    Shared {
        #[schema(value_type = NewCodeText)]
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
    pub id: CodeId,
    pub campaign: CampaignId,
    /// As compared: without case, spaces and dashes.
    pub code: String,
    pub max_uses: Option<u32>,
    /// Of its campaign, as it is from this answer on.
    pub warnings: Vec<WarningDocument>,
}

/// A code, without telling one that is secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Code)]
pub struct CodeDocument {
    pub id: CodeId,
    pub campaign: CampaignId,
    pub kind: KindOfCode,
    /// A shared code whole, of a unique one the end: `…7K2M`.
    pub label: String,
    pub source: Option<SourceName>,
    /// When it was taken back, if it was.
    pub revoked_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindOfCode {
    Shared,
    Unique,
}

impl CodeDocument {
    pub fn new(id: CodeId, code: &Code) -> Self {
        Self {
            id,
            campaign: code.campaign,
            kind: if code.is_shared() { KindOfCode::Shared } else { KindOfCode::Unique },
            label: code.label(),
            source: code.source.clone(),
            revoked_at: code.revoked_at,
        }
    }
}

/// Work in the background: the making of unique codes.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobDocument {
    pub id: JobId,
    /// Whose codes it makes.
    pub campaign: CampaignId,
    pub status: JobStatus,
    /// How many codes it has made.
    pub done: u32,
    /// How many were asked for.
    pub total: u32,
    /// Of those done, how many were refused.
    pub failed: u32,
    /// Codes a second since it was asked for, rounded down; null but while it runs.
    pub rate: Option<u32>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Of its campaign, as it is now.
    pub warnings: Vec<WarningDocument>,
}

/// `queued`: it has made none yet. `done`, `failed` and `cancelled` are for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobDocument {
    /// `campaign`: `None` once it was deleted, which ends its jobs.
    pub fn new(job: &Job, campaign: Option<&Campaign>, now: Timestamp) -> Self {
        let status = match job {
            _ if job.done >= job.total => JobStatus::Done,
            _ if job.cancelled || campaign.is_none() => JobStatus::Cancelled,
            _ if job.done == 0 => JobStatus::Queued,
            _ => JobStatus::Running,
        };
        Self {
            id: job.id,
            campaign: job.campaign,
            status,
            done: job.done,
            total: job.total,
            failed: 0,
            rate: (status == JobStatus::Running).then(|| Self::rate(job, now)),
            created_at: job.created_at,
            warnings: campaign.map(WarningDocument::of).unwrap_or_default(),
        }
    }

    fn rate(job: &Job, now: Timestamp) -> u32 {
        let millis = (now.millis() - job.created_at.millis()).max(1).unsigned_abs();
        u32::try_from(u64::from(job.done) * 1_000 / millis).unwrap_or(u32::MAX)
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
    pub minimum_spend: Option<scrip_core::minimum_spend::MinimumSpend>,
    pub scope: scrip_core::campaign::Scope,
    pub validity: scrip_core::campaign::Validity,
    pub claims_end_at: Option<Timestamp>,
    /// What anybody can still collect, without what is set aside for sources. null: no limit.
    pub left: Option<u64>,
    /// Of as many in all.
    pub total: Option<u64>,
    /// How many this account has had.
    pub mine: u32,
    pub per_individual: Option<u32>,
    /// Whether a claim would be refused for this account's count.
    pub limit_reached: bool,
}

impl OfferDocument {
    pub fn new(campaign: &Campaign, available: &Availability, mine: u32) -> Self {
        let terms = &campaign.terms;
        let open = Pool::Stock(campaign.id);
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
            left: available.left(terms, &open),
            total: terms.limit_of(&open),
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
    /// Unless said otherwise `system`, of a seller `seller_store`, which it may always give out on.
    #[serde(default)]
    pub channel: Option<Channel>,
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
    /// Coupons that count on paid orders.
    pub redeemed: u64,
    /// Coupons on orders that aren't paid.
    pub on_unpaid: u64,
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
            on_unpaid: row.on_unpaid,
            cost: row.cost,
            currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::id::Uid;

    use super::*;

    #[test]
    fn a_job_that_runs_says_how_many_codes_it_makes_a_second() {
        let campaign = CampaignId::from_uid(Uid::from_bytes([1; 16]));
        let created_at = Timestamp::from_micros(0);
        let id = JobId::from_uid(Uid::from_bytes([2; 16]));
        let (prefix, source, seller, cancelled) = (None, None, None, false);
        let job = |done| Job {
            id,
            campaign,
            total: 10_000,
            done,
            prefix: prefix.clone(),
            source: source.clone(),
            created_at,
            seller: seller.clone(),
            cancelled,
        };
        let rate = |job: &Job, millis: i64| JobDocument::rate(job, Timestamp::from_micros(millis * 1_000));
        assert_eq!(rate(&job(3_000), 2_000), 1_500);
        assert_eq!(rate(&job(3_000), 0), 3_000_000);
        assert_eq!(rate(&job(1), 2_000), 0);
    }
}
