mod cancel;
mod change;
mod close;
mod extend;
mod find;
pub(super) mod get;
mod list;
mod pay;
mod place;
mod revise;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(place::place, list::list))
        .routes(routes!(get::get, change::change))
        .routes(routes!(revise::revise))
        .routes(routes!(extend::extend))
        .routes(routes!(pay::pay))
        .routes(routes!(cancel::cancel))
        .routes(routes!(close::close))
        .routes(routes!(find::find))
}
