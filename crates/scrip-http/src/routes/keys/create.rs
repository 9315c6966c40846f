use axum::extract::State;
use scrip_core::{
    command::CreateApiKey,
    key::Holder,
    metadata::{Metadata, Writer},
    reason::Refusal,
};
use scrip_engine::{Answer, EngineError};

use crate::{
    api::Api,
    auth::new_key_in,
    body::Body,
    idempotency::IdempotencyKey,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, KeyRequest, KeyRole, NewKeyDocument},
};

/// Create an API key
///
/// The secret is in this answer only, and is kept nowhere: given again under the same idempotency key, the answer has none.
/// Who lost the first answer revokes the key and creates another.
#[utoipa::path(post, path = "/v1/keys", tag = "Access", operation_id = "create_key",
    request_body = KeyRequest,
    responses((status = 201, description = "The key with its secret", body = NewKeyDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    key: IdempotencyKey,
    Body(request): Body<KeyRequest>,
) -> Result<Reply<NewKeyDocument>, Problem> {
    match (request.role, &request.seller) {
        (KeyRole::Operator | KeyRole::Storefront, None) | (KeyRole::Seller, Some(_)) => {}
        (KeyRole::Seller, None) => return Err(Refusal::invalid("/seller", "given for the role seller").into()),
        (_, Some(_)) => return Err(Refusal::invalid("/seller", "absent but for the role seller").into()),
    }
    let slot = key.slot();
    let key = key.used_for(Holder::Campaigns(slot), &request);
    let mut new = new_key_in(slot, request.role.into(), request.seller, api.engine.now());
    new.key.name = request.name;
    new.key.expires_at = request.expires_at;
    new.key.metadata = Metadata::new(request.metadata, &Writer::Operator);
    let receipt = api.engine.submit(CreateApiKey { key: new.key }, key).await?;
    let Answer::ApiKey(made) = receipt.answer else { return Err(EngineError::Fault.into()) };
    let secret = (!receipt.replayed).then_some(new.text);
    let document = NewKeyDocument { key: KeyDocument::new(&made, None), secret };
    Ok(Reply::created(true, document).replayed(receipt.replayed))
}
