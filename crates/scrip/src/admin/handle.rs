use scrip_core::{
    campaign::CampaignStage,
    command::{self, CreateApiKey, ImportCampaign, ImportCoupon, KnownBy, RevokeApiKey, imported_campaign},
    reason::{Reason, Refusal},
};
use scrip_desk::new_key;
use scrip_engine::{Answer, ClockTrouble, Engine, EngineError, KnownKey};

use super::{OldCampaign, OldCampaignStatus, OldCoupon, OldStatus, Request, Response};

/// Bytes of a key that an import's line gives.
const KEY_MAX: usize = 255;

/// Does what was asked, on the engine that has the database. Blocks.
pub fn handle(engine: &Engine, request: Request) -> Response {
    match request {
        Request::CreateKey { role, seller, name, expires_at } => {
            let mut new = new_key(role, seller, engine.now());
            new.key.name = name;
            new.key.expires_at = expires_at;
            answer(engine.submit_blocking(CreateApiKey { key: new.key }, None).map(|_| new.text))
        }
        Request::RevokeKey { id } => {
            answer(engine.submit_blocking(RevokeApiKey { key: id }, None).map(|_| format!("{id} is revoked")))
        }
        Request::AcceptClock { stand_still } => accept_clock(engine, stand_still),
        Request::ListKeys => Response::Done(list_keys(engine)),
        Request::Import { coupon, nth } => match import(engine, coupon, nth) {
            Ok(response) => response,
            Err(error) => refused(error),
        },
        Request::ImportCampaign { campaign } => match import_campaign(engine, *campaign) {
            Ok(response) => response,
            Err(error) => refused(error),
        },
    }
}

/// A line for each key, oldest first: id, role and seller, when it was made, and what else is to be said.
fn list_keys(engine: &Engine) -> String {
    let line = |known: &KnownKey| {
        let key = &known.key;
        let seller = key.seller.as_ref().map_or(String::new(), |seller| format!(" {seller}"));
        let mut line = format!("{}  {}{seller}  {}", key.id, key.role.as_str(), key.created_at);
        match known.last_used_at() {
            Some(at) => line += &format!("  used {at}"),
            None => line += "  never used",
        }
        if let Some(revoked_at) = key.revoked_at {
            line += &format!("  revoked {revoked_at}");
        } else if let Some(expires_at) = key.expires_at {
            let word = if key.has_expired(engine.now()) { "expired" } else { "expires" };
            line += &format!("  {word} {expires_at}");
        }
        if let Some(name) = &key.name {
            line += &format!("  {name}");
        }
        line
    };
    let keys = engine.registry().api_keys(None, usize::MAX);
    keys.iter().map(|known| line(known)).collect::<Vec<_>>().join("\n")
}

fn accept_clock(engine: &Engine, stand_still: bool) -> Response {
    match engine.accept_clock(stand_still) {
        Ok(Ok(shows)) => Response::Done(format!("{shows} is taken for right; writing goes on")),
        Ok(Err(ClockTrouble::Behind { shows, head })) => Response::Refused(format!(
            "the clock shows {shows}, and the last batch was written at {head}: time in a journal never goes back. Set the clock \
             right if it is wrong. If it is right, wait until it has come to that; or restore a backup from before; or say \
             --stand-still, and everything is judged as of {head} until the clock gets there"
        )),
        Ok(Err(trouble)) => Response::Refused(trouble.to_string()),
        Err(error) => Response::Refused(error.to_string()),
    }
}

fn import(engine: &Engine, coupon: OldCoupon, nth: u32) -> Result<Response, EngineError> {
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
    Ok(match engine.submit_blocking(command, None)?.answer {
        Answer::Imported { coupon, new: true, .. } => Response::Done(coupon.id.to_string()),
        Answer::Imported { coupon, .. } => Response::Had(coupon.id.to_string()),
        _ => return Err(EngineError::Fault),
    })
}

fn import_campaign(engine: &Engine, campaign: OldCampaign) -> Result<Response, EngineError> {
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
    Ok(match engine.submit_blocking(command, None)?.answer {
        Answer::Campaign { campaign, created: true, .. } => Response::Done(campaign.id.to_string()),
        Answer::Campaign { campaign, .. } => Response::Had(campaign.id.to_string()),
        _ => return Err(EngineError::Fault),
    })
}

fn answer(result: Result<String, EngineError>) -> Response {
    result.map_or_else(refused, Response::Done)
}

/// Why not, with the place in the line that it is about.
fn refused(error: EngineError) -> Response {
    let EngineError::Refused(refusal) = error else { return Response::Refused(error.to_string()) };
    let first = &refusal.errors[0];
    let place = first.pointer.as_deref().map_or(String::new(), |pointer| format!(" at {pointer}"));
    let limit = match &first.reason {
        Reason::InvalidField { allowed: Some(allowed), .. } => format!(": must be {allowed}"),
        _ => String::new(),
    };
    Response::Refused(format!("{} ({}{place}{limit})", refusal, first.reason.code()))
}
