//! What only whoever has the machine may ask, over the socket in the data folder: every operation of the API as an operator,
//! without a key, and besides what no network may ask. It is for the command line of the same build, and promised to nobody.

use axum::{
    Json, Router,
    extract::State,
    routing::{post, put},
};
use scrip_core::id::{CampaignId, CouponId};
use scrip_desk::{Imported, OldCampaign, OldCoupon};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{api::Api, body::Body, problem::Problem};

/// `POST`: a coupon of an old system, answered with [`Imported`].
pub const IMPORT_COUPON: &str = "/machine/coupons";
/// `POST`: a campaign of an old system, answered with [`Imported`].
pub const IMPORT_CAMPAIGN: &str = "/machine/campaigns";
/// `PUT`: the clock as it is now is right.
pub const CLOCK: &str = "/machine/clock";

/// A line of an import.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CouponLine {
    pub coupon: OldCoupon,
    /// Of its file without a key, with this account, campaign and `claimed_at`; from 1.
    pub nth: u32,
}

/// How a clock is accepted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockAccepted {
    /// Whether time stands still where the clock is behind what is written.
    pub stand_still: bool,
}

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route(IMPORT_COUPON, post(import_coupon))
        .route(IMPORT_CAMPAIGN, post(import_campaign))
        .route(CLOCK, put(accept_clock))
}

async fn import_coupon(
    State(api): State<Api>,
    Body(line): Body<CouponLine>,
) -> Result<Json<Imported<CouponId>>, Problem> {
    Ok(Json(api.desk.import_coupon(line.coupon, line.nth).await?))
}

async fn import_campaign(
    State(api): State<Api>,
    Body(campaign): Body<OldCampaign>,
) -> Result<Json<Imported<CampaignId>>, Problem> {
    Ok(Json(api.desk.import_campaign(campaign).await?))
}

async fn accept_clock(State(api): State<Api>, Body(accepted): Body<ClockAccepted>) -> Result<Json<Value>, Problem> {
    let desk = api.desk.clone();
    let shows = tokio::task::spawn_blocking(move || desk.accept_clock(accepted.stand_still)).await;
    let shows = shows.map_err(|_| scrip_core::reason::Reason::InternalFault)??;
    Ok(Json(json!({"shows": shows})))
}
