use axum::extract::State;

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    problem::Problem,
    reply::Reply,
    wire::{TokenDocument, TokenRequest},
};

/// Mint a shopper token
///
/// Good for ten minutes, and no longer than the key that minted it, for one account's own wallet, offers and quotes.
#[utoipa::path(post, path = "/v1/shopper-tokens", tag = "Access", operation_id = "mint_shopper_token",
    request_body = TokenRequest,
    responses((status = 201, description = "The token", body = TokenDocument)))]
pub(super) async fn mint(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Body(request): Body<TokenRequest>,
) -> Result<Reply<TokenDocument>, Problem> {
    let (token, expires_at) = api.desk.mint_shopper_token(&caller, &request.account)?;
    Ok(Reply::created(true, TokenDocument { token, expires_at }))
}
