use axum::extract::State;

use scrip_core::reason::Reason;

use crate::{
    api::Api,
    body::Body,
    caller::Caller,
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
    caller: Caller,
    Body(request): Body<TokenRequest>,
) -> Result<Reply<TokenDocument>, Problem> {
    let key = caller.key.ok_or(Reason::Forbidden)?;
    let until = api.engine.registry().api_key(key).and_then(|known| known.key.expires_at);
    let (token, expires_at) = api.tokens.mint(&request.account, key, until, api.engine.now());
    Ok(Reply::created(true, TokenDocument { token, expires_at }))
}
