use axum::extract::State;
use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimOf, SourceRight},
    event::Role,
    id::CampaignId,
    key::Holder,
    name::AccountId,
    reason::{Reason, Refusal},
};

use super::get::is_visible;
use crate::{
    api::Api,
    attempted::Attempted,
    auth::Caller,
    body::Body,
    idempotency::IdempotencyKey,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::claims::batch::claimed,
    wire::{GrantDocument, GrantsRequest, ListDocument},
};

/// Grant coupons to many accounts
///
/// Each stands alone: one account's refusal is in its own entry. With an idempotency key nobody is granted twice.
#[utoipa::path(post, path = "/v1/campaigns/{campaign}/grants", tag = "Campaigns", operation_id = "grant_coupons",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    request_body = GrantsRequest,
    responses((status = 200, description = "One entry an account", body = ListDocument<GrantDocument>)))]
pub(super) async fn grant(
    State(api): State<Api>,
    caller: Caller,
    attempted: Attempted,
    PathOf(campaign): PathOf<CampaignId>,
    key: IdempotencyKey,
    Body(request): Body<GrantsRequest>,
) -> Result<Reply<ListDocument<GrantDocument>>, Problem> {
    let channel = request.channel.unwrap_or(Channel::System);
    // The channel `system` is the operator's; a seller gives its coupons out in its store.
    let refused = channel == Channel::Code || caller.role == Role::Seller && request.channel == Some(Channel::System);
    if refused {
        return Err(Refusal::at("/channel", Reason::ChannelNotAllowed).into());
    }
    if request.accounts.is_empty() || request.accounts.len() > 1_000 {
        return Err(Refusal::invalid("/accounts", "1 to 1000 accounts").into());
    }
    let mut seen = std::collections::HashSet::new();
    if let Some(place) = request.accounts.iter().position(|account| !seen.insert(account)) {
        return Err(Refusal::invalid(format!("/accounts/{place}"), "each account once").into());
    }
    let known = api.engine.registry().campaign(campaign);
    known.filter(|campaign| is_visible(&caller, campaign, api.engine.now())).ok_or(Reason::NotFound)?;
    let commands: Vec<(AccountId, _, _)> = request
        .accounts
        .iter()
        .map(|account| {
            let of = ClaimOf::Campaign { campaign, channel, source: request.source.clone(), right: SourceRight::Any };
            let holder = Holder::Account(account.clone());
            let key = key.used_for(holder, &(campaign, account, channel, &request.source));
            (account.clone(), Claim { account: account.clone(), of }, key)
        })
        .collect();
    let data = claimed(&api, &caller, &attempted, commands)
        .await
        .into_iter()
        .zip(request.accounts)
        .map(|(result, account)| GrantDocument {
            account,
            status: result.status,
            coupon: result.coupon,
            problem: result.problem,
        })
        .collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }))
}
