use axum::extract::State;
use scrip_desk::KeyWanted;

use crate::{
    api::Api,
    body::Body,
    caller::Authenticated,
    idempotency::Key,
    problem::Problem,
    reply::Reply,
    wire::{KeyDocument, KeyRequest, NewKeyDocument},
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
    Authenticated(caller): Authenticated,
    Key(key): Key,
    Body(request): Body<KeyRequest>,
) -> Result<Reply<NewKeyDocument>, Problem> {
    let KeyRequest { role, seller, name, expires_at, metadata } = request.clone();
    let wanted = KeyWanted { role: role.into(), seller, name, expires_at, metadata };
    let done = api.desk.create_key(&caller, wanted, &key, &request).await?;
    let document = NewKeyDocument { key: KeyDocument::new(&done.of.key, None), secret: done.of.text };
    Ok(Reply::created(true, document).replayed(done.replayed))
}
