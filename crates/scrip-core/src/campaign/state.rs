use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Budget, Terms};
use crate::{
    id::CampaignId,
    reason::{Reason, Refusal},
    time::Timestamp,
};

/// A promotion programme: its terms and where it is in its life.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Campaign {
    #[n(0)]
    pub id: CampaignId,
    #[n(1)]
    pub terms: Terms,
    #[n(2)]
    pub terms_version: u32,
    #[n(3)]
    pub stage: CampaignStage,
    /// Grows with every change of terms or stage, not with counters: the ETag.
    #[n(4)]
    pub revision: u64,
    #[n(5)]
    pub created_at: Timestamp,
    /// Where in the journal its events are, so that an old answer can be given again.
    #[n(6)]
    pub events: Vec<u64>,
}

/// What was last done with the campaign. What a reader sees besides depends on the clock: [`CampaignStatus`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum CampaignStage {
    #[n(0)]
    Draft,
    #[n(1)]
    Published,
    #[n(2)]
    Paused,
    #[n(3)]
    Ended,
}

/// `draft → scheduled → live ⇄ paused → ended`. `in_review` is kept for approval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CampaignStatus {
    Draft,
    InReview,
    Scheduled,
    Live,
    Paused,
    Ended,
}

impl CampaignStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for CampaignStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Campaign {
    pub fn status(&self, now: Timestamp) -> CampaignStatus {
        match self.stage {
            CampaignStage::Draft => CampaignStatus::Draft,
            CampaignStage::Paused => CampaignStatus::Paused,
            CampaignStage::Ended => CampaignStatus::Ended,
            CampaignStage::Published if self.terms.claims.starts_at.is_some_and(|starts_at| now < starts_at) => {
                CampaignStatus::Scheduled
            }
            CampaignStage::Published => CampaignStatus::Live,
        }
    }

    pub const fn is_published(&self) -> bool {
        !matches!(self.stage, CampaignStage::Draft)
    }
}

/// Judges new terms for a campaign that has `old` ones.
///
/// Errors: on a published campaign `validity_is_fixed`, `terms_are_frozen`, `limit_may_only_grow`, each with the pointer
/// of what may not change.
pub fn changed_terms(campaign: &Campaign, new: Terms) -> Result<Terms, Refusal> {
    let new = new.checked()?;
    if !campaign.is_published() {
        return Ok(new);
    }
    if campaign.stage == CampaignStage::Ended {
        return Err(Reason::CampaignStateForbids { campaign_status: CampaignStatus::Ended }.into());
    }
    let old = &campaign.terms;
    if new.validity != old.validity {
        return Err(Refusal::at("/validity", Reason::ValidityIsFixed));
    }
    for (pointer, same) in [
        ("/issuer", new.issuer == old.issuer),
        ("/currency", new.currency == old.currency),
        ("/benefit", new.benefit == old.benefit),
        ("/minimum_spend", new.minimum_spend == old.minimum_spend),
        ("/scope", new.scope == old.scope),
        ("/funding", new.funding == old.funding),
        ("/stacking", new.stacking == old.stacking),
        ("/refund_policy", new.refund_policy == old.refund_policy),
        ("/claims/sources", new.claims.sources == old.claims.sources),
    ] {
        if !same {
            return Err(Refusal::at(pointer, Reason::TermsAreFrozen));
        }
    }
    let grows = |old: Option<u64>, new: Option<u64>| new.is_none_or(|new| old.is_some_and(|old| new >= old));
    let budget = |budget: Option<Budget>| budget.and_then(Budget::amount).map(|amount| amount.minor().unsigned_abs());
    if new.limits.budget.is_none() {
        return Err(Refusal::at("/limits/budget", Reason::BudgetRequired));
    }
    for (pointer, old, new) in [
        ("/limits/stock", old.limits.stock.map(u64::from), new.limits.stock.map(u64::from)),
        ("/limits/per_individual", old.limits.per_individual.map(u64::from), new.limits.per_individual.map(u64::from)),
        ("/limits/budget", budget(old.limits.budget), budget(new.limits.budget)),
    ] {
        if !grows(old, new) {
            return Err(Refusal::at(pointer, Reason::LimitMayOnlyGrow));
        }
    }
    Ok(new)
}
