use scrip_core::{
    api_key::Role,
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId},
    time::Timestamp,
};
use scrip_desk::Attempt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::EnteredCode;
use crate::problem::parameters;

/// Which refusals to find.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptSearch {
    /// A code as somebody entered it.
    #[schema(value_type = EnteredCode)]
    pub code: String,
    /// 25 unless said otherwise.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: Option<u8>,
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A request that was refused, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptDocument {
    pub at: Timestamp,
    /// As in the answer's `X-Request-Id`.
    pub request_id: String,
    /// Of this document: `place_order`, `collect_coupon` …
    #[schema(example = "place_order")]
    pub operation: &'static str,
    pub role: Role,
    /// The API key's id, or `shopper:` and the account.
    pub caller: String,
    pub account: Option<AccountId>,
    pub order: Option<OrderId>,
    pub campaign: Option<CampaignId>,
    /// Those that were named.
    pub coupons: Vec<CouponId>,
    /// Those that were entered.
    pub codes: Vec<SeenCodeDocument>,
    pub status: u16,
    /// At most 20.
    pub reasons: Vec<AttemptReason>,
}

/// A code that was entered: never whole.
#[derive(Serialize, ToSchema)]
#[schema(as = SeenCode)]
pub struct SeenCodeDocument {
    /// The same for the same code.
    pub id: String,
    pub last4: String,
}

/// One reason, with its parameters and its place in the request.
#[derive(Serialize, ToSchema)]
pub struct AttemptReason {
    pub pointer: Option<String>,
    #[schema(value_type = super::ReasonCode)]
    pub code: String,
    #[schema(value_type = super::ReasonParameters)]
    pub params: Map<String, Value>,
}

impl AttemptDocument {
    pub fn new(row: &Attempt) -> Self {
        let reasons = row.refusal.errors.iter().map(|error| AttemptReason {
            pointer: error.pointer.clone(),
            code: error.reason.code().to_owned(),
            params: parameters(&error.reason),
        });
        let codes = row.about.codes.iter().map(|code| SeenCodeDocument {
            id: code.hash.bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            last4: code.last4.clone(),
        });
        Self {
            at: row.at,
            request_id: row.request_id.clone(),
            operation: row.operation.id(),
            role: row.role,
            caller: row.caller.clone(),
            account: row.account.clone(),
            order: row.order.clone(),
            campaign: row.about.campaign,
            coupons: row.about.coupons.clone(),
            codes: codes.collect(),
            status: row.status,
            reasons: reasons.collect(),
        }
    }
}
