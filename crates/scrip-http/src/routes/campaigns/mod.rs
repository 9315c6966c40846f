mod change;
mod create;
mod delete;
mod end;
mod get;
mod grant;
mod list;
mod pause;
mod publish;
mod resume;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change, delete::delete))
        .routes(routes!(publish::publish))
        .routes(routes!(pause::pause))
        .routes(routes!(resume::resume))
        .routes(routes!(end::end))
        .routes(routes!(grant::grant))
}
