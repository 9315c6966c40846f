use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

/// What stands where somebody arrives first.
const HOME: &str = concat!(
    "Scrip ",
    env!("CARGO_PKG_VERSION"),
    ": coupons for marketplaces with many sellers.\n\n",
    "/docs          how to use the API\n",
    "/openapi.json  the API as other tools read it\n",
    "/readyz        whether it is ready\n",
    "/metrics       for Prometheus\n",
);

pub(super) fn routes() -> OpenApiRouter<Api> {
    Router::new().route("/", get(home)).into()
}

/// A browser goes on to the documentation; whoever doesn't follow reads where it is.
async fn home() -> Response {
    let headers = [(header::LOCATION, "/docs"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::SEE_OTHER, headers, HOME).into_response()
}
