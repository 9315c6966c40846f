//! Commands of the command line that must reach a running server: a socket in the data folder, one JSON line each way.
//! Whoever may open the folder may ask; there is no other key to it.

mod client;
mod handle;
mod server;

use std::path::{Path, PathBuf};

use scrip_core::{
    campaign::Terms,
    command::imported_campaign,
    event::Role,
    id::{CampaignId, KeyId},
    name::{OrderId, SellerId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

pub use client::Admin;
pub use server::serve;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    CreateKey {
        role: Role,
        seller: Option<SellerId>,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    RevokeKey {
        id: KeyId,
    },
    ListKeys,
    AcceptClock {
        stand_still: bool,
    },
    /// `nth`: of its file without a key, with this account, campaign and `claimed_at`; from 1.
    Import {
        coupon: OldCoupon,
        nth: u32,
    },
    ImportCampaign {
        campaign: Box<OldCampaign>,
    },
}

/// A coupon of an old system (S17).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldCoupon {
    pub account: scrip_core::name::AccountId,
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

impl OldCoupon {
    /// The campaign that it is of.
    ///
    /// Errors: what is wrong with what the line says of it.
    pub fn campaign(&self) -> Result<CampaignId, &'static str> {
        match (self.campaign, &self.campaign_key) {
            (Some(campaign), None) => Ok(campaign),
            (None, Some(key)) => Ok(imported_campaign(key)),
            _ => Err("one of campaign and campaign_key"),
        }
    }
}

/// A campaign of an old system with its status, be it over or not (S17).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldCampaign {
    /// What it was called there: taken once. Lines about its coupons name it.
    pub campaign_key: String,
    pub status: OldCampaignStatus,
    pub terms: Terms,
}

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

/// What is answered: lines for a person or a script, or why not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Done(String),
    /// An import took the same before.
    Had(String),
    Refused(String),
}

/// Bytes of a socket's path that the system takes, without the one that ends it.
const SOCKET_PATH_MAX: usize = 107;

fn socket(data: &Path) -> PathBuf {
    data.join("scrip.sock")
}

/// Whether the command line could reach a server on this folder: asked before anything is made in it.
///
/// Errors: the name is longer than a socket's may be.
pub fn check_name(data: &Path) -> Result<(), Failure> {
    let path = socket(data);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is the name of a socket and may have {SOCKET_PATH_MAX} bytes: choose a shorter --data, or a relative one",
        path.display()
    )))
}
