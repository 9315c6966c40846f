mod find;
mod get;
pub(super) mod list;
mod summary;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(summary::summary)).routes(routes!(get::get)).routes(routes!(find::find))
}
