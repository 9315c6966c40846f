use scrip_core::command::{CreateApiKey, ImportCoupon, RevokeApiKey};
use scrip_engine::{Answer, Engine, EngineError};
use scrip_http::new_key;

use super::{OldStatus, Request, Response};

/// Does what was asked, on the engine that has the database. Blocks.
pub fn handle(engine: &Engine, request: Request) -> Response {
    match request {
        Request::CreateKey { role, seller } => {
            let new = new_key(role, seller, engine.now());
            answer(engine.submit_blocking(CreateApiKey { key: new.key }, None).map(|_| new.text))
        }
        Request::RevokeKey { id } => {
            answer(engine.submit_blocking(RevokeApiKey { key: id }, None).map(|_| format!("{id} is revoked")))
        }
        Request::ListKeys => Response::Done(
            engine
                .registry()
                .api_keys()
                .iter()
                .map(|key| {
                    let seller = key.seller.as_ref().map_or(String::new(), |seller| format!(" {seller}"));
                    let revoked = if key.revoked_at.is_some() { "  revoked" } else { "" };
                    format!("{}  {}{seller}  {}{revoked}\n", key.id, key.role.as_str(), key.created_at)
                })
                .collect::<String>()
                .trim_end()
                .to_owned(),
        ),
        Request::Import { coupon } => {
            let command = ImportCoupon {
                account: coupon.account,
                campaign: coupon.campaign,
                pending: coupon.status == OldStatus::Pending,
                claimed_at: coupon.claimed_at,
                starts_at: coupon.starts_at,
                expires_at: coupon.expires_at,
            };
            answer(engine.submit_blocking(command, None).map(|receipt| match receipt.answer {
                Answer::Coupon { coupon, .. } => coupon.id.to_string(),
                _ => String::new(),
            }))
        }
    }
}

fn answer(result: Result<String, EngineError>) -> Response {
    match result {
        Ok(text) => Response::Done(text),
        Err(EngineError::Refused(refusal)) => Response::Refused(format!("{} ({})", refusal, refusal.first().code())),
        Err(error) => Response::Refused(error.to_string()),
    }
}
