use axum::extract::State;

use crate::{
    api::Api,
    body::Body,
    problem::Problem,
    reply::Reply,
    wire::{TokenDocument, TokenRequest},
};

/// Mint a shopper token
///
/// Good for ten minutes, for one account's own wallet, offers and quotes.
#[utoipa::path(post, path = "/v1/shopper-tokens", tag = "Access", operation_id = "mint_shopper_token",
    request_body = TokenRequest,
    responses((status = 201, description = "The token", body = TokenDocument)))]
pub(super) async fn mint(
    State(api): State<Api>,
    Body(request): Body<TokenRequest>,
) -> Result<Reply<TokenDocument>, Problem> {
    let (token, expires_at) = api.tokens.mint(&request.account, api.engine.now());
    Ok(Reply::created(true, TokenDocument { token, expires_at }))
}
