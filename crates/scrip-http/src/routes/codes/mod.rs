mod add;
mod export;
mod revoke;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(add::add)).routes(routes!(export::export)).routes(routes!(revoke::revoke))
}
