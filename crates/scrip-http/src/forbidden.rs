//! What a role may not do, where that stands in the body: told before anything that is wrong with the body (403 before 400).

use scrip_core::{
    api_key::Role,
    campaign::Channel,
    reason::{Reason, Refusal},
};
use scrip_desk::{Caller, Operation, may_name};
use serde_json::Value;

/// Whether a malformed request asks for what its caller may not do. Handlers say the same of well-formed ones.
pub fn forbidden(operation: Operation, caller: &Caller, body: Option<&Value>) -> Option<Refusal> {
    let nothing = Value::Null;
    let body = body.unwrap_or(&nothing);
    match operation {
        // A shopper may ask what it would get, nothing more.
        Operation::RefundOrder => {
            let real = caller.role == Role::Shopper && body["preview"] != true;
            real.then(|| Reason::Forbidden.into())
        }
        Operation::CreateCampaign | Operation::ChangeCampaign => issuer(caller, body.get("issuer")),
        Operation::CollectCoupon => channel(caller, &body["channel"], "/channel".to_owned()),
        Operation::ClaimBatch => body["claims"]
            .as_array()?
            .iter()
            .enumerate()
            .find_map(|(place, claim)| channel(caller, &claim["channel"], format!("/claims/{place}/channel"))),
        Operation::GrantCoupons => {
            let system = caller.role == Role::Seller && body["channel"] == "system";
            (system || body["channel"] == "code").then(|| Refusal::at("/channel", Reason::ChannelNotAllowed))
        }
        _ => None,
    }
}

/// A seller names another issuer than itself.
pub fn issuer(caller: &Caller, named: Option<&Value>) -> Option<Refusal> {
    let (own, named) = (caller.seller.as_ref()?, named?);
    let platform = named["type"] == "platform";
    let others = named["seller"].as_str().is_some_and(|seller| seller != own.as_str());
    (platform || others).then(|| Refusal::at("/issuer", Reason::Forbidden))
}

fn channel(caller: &Caller, named: &Value, pointer: String) -> Option<Refusal> {
    let channel: Channel = serde_json::from_value(named.clone()).ok()?;
    (!may_name(caller.role, channel)).then(|| Refusal::at(pointer, Reason::ChannelNotAllowed))
}
