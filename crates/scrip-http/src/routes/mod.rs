//! Every operation: `<resource>/<verb>.rs` has path, handler and documentation together.

mod attempts;
mod campaigns;
mod claims;
mod codes;
mod coupons;
mod currencies;
mod docs;
mod events;
mod health;
mod home;
mod jobs;
mod keys;
mod ledger;
mod offers;
mod orders;
mod quotes;
mod refunds;
mod reports;
mod sellers;
mod tokens;

use utoipa_axum::router::OpenApiRouter;

use crate::{api::Api, body::Body, problem::Problem, reply::Reply, wire::ClaimRequest};

/// All routes with their documentation.
pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(campaigns::routes())
        .merge(codes::routes())
        .merge(claims::routes())
        .merge(coupons::routes())
        .merge(offers::routes())
        .merge(quotes::routes())
        .merge(orders::routes())
        .merge(refunds::routes())
        .merge(jobs::routes())
        .merge(events::routes())
        .merge(ledger::routes())
        .merge(currencies::routes())
        .merge(reports::routes())
        .merge(sellers::routes())
        .merge(attempts::routes())
        .merge(tokens::routes())
        .merge(keys::routes())
        .merge(health::routes())
        .merge(docs::routes())
        .merge(home::routes())
}

/// What a claim costs before it is one: middleware and body, nothing else. For benchmarks.
pub(crate) async fn noop(Body(request): Body<ClaimRequest>) -> Result<Reply<ClaimRequest>, Problem> {
    Ok(Reply::created(true, request))
}
