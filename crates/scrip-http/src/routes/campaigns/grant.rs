use axum::extract::State;
use scrip_core::{
    campaign::{CampaignStatus, Channel},
    command::{Claim, ClaimBy, ClaimOf, NoteGrants},
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
    body::Body,
    caller::Caller,
    channels::may_name,
    idempotency::{IdempotencyKey, Sameness},
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
    let (own, by) = match caller.role {
        Role::Seller => (Channel::SellerStore, ClaimBy::SellerGrant),
        _ => (Channel::System, ClaimBy::OperatorGrant),
    };
    let channel = request.channel.unwrap_or(own);
    if !may_name(caller.role, channel) {
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
    let line = api.bulk.begin(&caller)?;
    // Under one key there is one list: each account's own use of it would let others in.
    let whole = (campaign, channel, &request.source, &request.accounts);
    let mut noted_before = false;
    if let Some(whole) = key.used_for(Holder::Campaign(campaign), &whole) {
        let accounts = u32::try_from(request.accounts.len()).unwrap_or(u32::MAX);
        let note = NoteGrants { campaign, accounts, slot: campaign.uid().slot() };
        noted_before = api.engine.submit(note, Some(whole)).await?.replayed;
    }
    let key = key.of_campaign(campaign);
    let commands: Vec<(AccountId, _, _)> = request
        .accounts
        .iter()
        .map(|account| {
            let of = ClaimOf::Campaign { campaign, channel, source: request.source.clone(), by };
            let holder = Holder::Account(account.clone());
            let part = (campaign, account, channel, &request.source);
            let key = key.keyed(holder, || Sameness::of(&part, &part));
            (account.clone(), Claim { account: account.clone(), of }, key)
        })
        .collect();
    let claimed = claimed(&api, &caller, &attempted, line, commands).await;
    let replayed = noted_before && !claimed.any_new;
    let results = claimed.results;
    // Nobody got anything, and for the same reason: the campaign is over.
    let closed = Reason::CampaignStateForbids { campaign_status: CampaignStatus::Closed, paused_by: None };
    if results.iter().all(|result| result.is_refused_for(closed.code())) {
        return Err(closed.into());
    }
    let data = results
        .into_iter()
        .zip(request.accounts)
        .map(|(result, account)| GrantDocument {
            account,
            status: result.status,
            coupon: result.coupon,
            problem: result.problem,
        })
        .collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }).replayed(replayed))
}
