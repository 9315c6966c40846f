//! Commands of the command line that must reach a running server: a socket in the data folder, one JSON line each way.
//! Whoever may open the folder may ask; there is no other key to it.

mod client;
mod handle;
mod server;

use std::path::{Path, PathBuf};

use scrip_core::{event::Role, id::KeyId, name::SellerId, time::Timestamp};
use serde::{Deserialize, Serialize};

pub use client::ask;
pub use server::serve;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    CreateKey { role: Role, seller: Option<SellerId> },
    RevokeKey { id: KeyId },
    ListKeys,
    Import { coupon: OldCoupon },
}

/// A coupon of an old system.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldCoupon {
    pub account: scrip_core::name::AccountId,
    pub campaign: scrip_core::id::CampaignId,
    pub status: OldStatus,
    pub claimed_at: Timestamp,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldStatus {
    Valid,
    /// Goes offline soon (S17): kept, hidden, never usable.
    Pending,
}

/// What is answered: lines for a person or a script, or why not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Done(String),
    Refused(String),
}

fn socket(data: &Path) -> PathBuf {
    data.join("scrip.sock")
}
