use axum::extract::State;
use scrip_core::{command::CreateApiKey, event::Role, reason::Refusal};

use crate::{
    api::Api,
    auth::new_key,
    body::Body,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, KeyRequest, NewKeyDocument},
};

/// Create an API key
///
/// The secret is in this answer only; an idempotency key would have to keep it, so none is taken.
#[utoipa::path(post, path = "/v1/keys", tag = "Access", operation_id = "create_key",
    request_body = KeyRequest,
    responses((status = 201, description = "The key with its secret", body = NewKeyDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    Body(request): Body<KeyRequest>,
) -> Result<Reply<NewKeyDocument>, Problem> {
    match (request.role, &request.seller) {
        (Role::Operator | Role::Storefront, None) | (Role::Seller, Some(_)) => {}
        (Role::Shopper, _) => {
            return Err(Refusal::invalid("/role", "operator, seller or storefront; shoppers get tokens").into());
        }
        (Role::Seller, None) => return Err(Refusal::invalid("/seller", "given for the role seller").into()),
        (_, Some(_)) => return Err(Refusal::invalid("/seller", "absent but for the role seller").into()),
    }
    let new = new_key(request.role, request.seller, api.engine.now());
    api.engine.submit(CreateApiKey { key: new.key.clone() }, None).await?;
    Ok(Reply::created(true, NewKeyDocument { key: KeyDocument::new(&new.key), secret: new.text }))
}
