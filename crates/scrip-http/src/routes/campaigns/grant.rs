use axum::extract::State;
use scrip_core::id::CampaignId;
use scrip_desk::{CLOSED, Grants};

use crate::{
    api::Api,
    attempted::Attempted,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    params::PathOf,
    problem::Problem,
    reply::Reply,
    routes::claims::batch::{noted, results},
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
    Authenticated(caller): Authenticated,
    attempted: Attempted,
    PathOf(campaign): PathOf<CampaignId>,
    Key(key): Key,
    Body(request): Body<GrantsRequest>,
) -> Result<Reply<ListDocument<GrantDocument>>, Problem> {
    let accounts = request.accounts.clone();
    let grants = Grants { campaign, channel: request.channel, source: request.source, accounts: request.accounts };
    let noted = noted(&api, &caller, attempted);
    let claimed = api.desk.grant_coupons(&caller, grants, &key, noted).await?;
    let (replayed, is_over) = (claimed.replayed, claimed.is_over);
    let results = results(claimed);
    if is_over {
        return Err(CLOSED.into());
    }
    let data = results
        .into_iter()
        .zip(accounts)
        .map(|(result, account)| GrantDocument {
            account,
            status: result.status,
            coupon: result.coupon,
            problem: result.problem,
        })
        .collect();
    Ok(Reply::ok(ListDocument { data, next_cursor: None }).replayed(replayed))
}
