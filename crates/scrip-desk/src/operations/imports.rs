//! What came with another system (S17): for whoever has the machine, over no network.

use scrip_core::{
    campaign::{CampaignStage, Terms},
    command::{self, ImportCampaign, ImportCoupon, KnownBy, imported_campaign},
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId},
    reason::Refusal,
    time::Timestamp,
};
use scrip_engine::{Answer, EngineError};
use serde::{Deserialize, Serialize};

use crate::{desk::Desk, not_done::NotDone};

/// Bytes of a key that an import's line gives.
const KEY_MAX: usize = 255;

/// A coupon of an old system.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldCoupon {
    pub account: AccountId,
    /// Of the campaign here; or `campaign_key`, of one that came in by an import.
    #[serde(default)]
    pub campaign: Option<CampaignId>,
    #[serde(default)]
    pub campaign_key: Option<String>,
    pub status: OldStatus,
    pub claimed_at: Timestamp,
    /// As the terms give it unless said otherwise.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What it was called there: taken once for an account.
    #[serde(default)]
    pub key: Option<String>,
    /// Of a used one.
    #[serde(default)]
    pub order: Option<OrderId>,
    /// Whether another start or end than the terms give is meant.
    #[serde(default)]
    pub as_is: bool,
}

/// What a coupon was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldStatus {
    Valid,
    /// Goes offline soon (S17): kept, hidden, never usable.
    Pending,
    Used,
    Expired,
    Reclaimed,
}

/// A campaign of an old system with its status, be it over or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldCampaign {
    /// What it was called there: taken once. Lines about its coupons name it.
    pub campaign_key: String,
    pub status: OldCampaignStatus,
    pub terms: Terms,
}

/// What a campaign was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldCampaignStatus {
    Draft,
    /// `scheduled` and `closed` follow from its dates.
    #[serde(alias = "scheduled", alias = "closed")]
    Live,
    Paused,
    Ended,
}

/// Something of an old system that is here now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Imported<I> {
    pub id: I,
    /// Taken by this; else it was here before.
    pub new: bool,
}

impl OldCoupon {
    /// The campaign that it is of.
    ///
    /// Errors: what is wrong with what it says of it.
    pub fn campaign(&self) -> Result<CampaignId, &'static str> {
        match (self.campaign, &self.campaign_key) {
            (Some(campaign), None) => Ok(campaign),
            (None, Some(key)) => Ok(imported_campaign(key)),
            _ => Err("one of campaign and campaign_key"),
        }
    }
}

impl Desk {
    /// Takes over a coupon. `nth`: of its file without a key, with this account, campaign and `claimed_at`; from 1.
    ///
    /// Errors: those of [`ImportCoupon`].
    pub async fn import_coupon(&self, coupon: OldCoupon, nth: u32) -> Result<Imported<CouponId>, NotDone> {
        let campaign = coupon.campaign().map_err(|limit| Refusal::invalid("/campaign", limit))?;
        let status = match coupon.status {
            OldStatus::Valid => command::OldStatus::Valid,
            OldStatus::Pending => command::OldStatus::Pending,
            OldStatus::Used => command::OldStatus::Used { order: coupon.order.clone() },
            OldStatus::Expired => command::OldStatus::Expired,
            OldStatus::Reclaimed => command::OldStatus::Reclaimed,
        };
        if coupon.order.is_some() && coupon.status != OldStatus::Used {
            return Err(Refusal::invalid("/order", "left out, as the coupon isn't used").into());
        }
        let known_by = match &coupon.key {
            Some(key) if key.is_empty() || key.len() > KEY_MAX => {
                return Err(Refusal::invalid("/key", format!("1 to {KEY_MAX} bytes")).into());
            }
            Some(key) => KnownBy::key(key),
            None => KnownBy::Nth(nth),
        };
        let command = ImportCoupon {
            account: coupon.account,
            campaign,
            status,
            known_by,
            claimed_at: coupon.claimed_at,
            starts_at: coupon.starts_at,
            expires_at: coupon.expires_at,
            as_is: coupon.as_is,
        };
        match self.engine.submit(command, None).await?.answer {
            Answer::Imported { coupon, new, .. } => Ok(Imported { id: coupon.id, new }),
            _ => Err(EngineError::Fault.into()),
        }
    }

    /// Takes over a campaign.
    ///
    /// Errors: those of [`ImportCampaign`].
    pub async fn import_campaign(&self, campaign: OldCampaign) -> Result<Imported<CampaignId>, NotDone> {
        let key = &campaign.campaign_key;
        if key.is_empty() || key.len() > KEY_MAX {
            return Err(Refusal::invalid("/campaign_key", format!("1 to {KEY_MAX} bytes")).into());
        }
        let stage = match campaign.status {
            OldCampaignStatus::Draft => CampaignStage::Draft,
            OldCampaignStatus::Live => CampaignStage::Published,
            OldCampaignStatus::Paused => CampaignStage::Paused,
            OldCampaignStatus::Ended => CampaignStage::Ended,
        };
        let command = ImportCampaign { campaign: imported_campaign(key), terms: campaign.terms, stage };
        match self.engine.submit(command, None).await?.answer {
            Answer::Campaign { campaign, created, .. } => Ok(Imported { id: campaign.id, new: created }),
            _ => Err(EngineError::Fault.into()),
        }
    }
}
