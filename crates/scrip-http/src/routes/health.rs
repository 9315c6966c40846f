//! What operators and load balancers ask. No caller needed.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::{api::Api, openapi};

pub(super) fn routes() -> OpenApiRouter<Api> {
    Router::new()
        .route("/livez", get(|| async { Json(json!({"status": "live"})) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(document))
        .route("/docs", get(|| async { Html(openapi::docs_page()) }))
        .route("/docs/style.css", get(style))
        .route("/docs/reasons", get(|| async { Html(openapi::reasons_page()) }))
        .into()
}

/// Ready while the store takes writes and can be read.
async fn ready(State(api): State<Api>) -> Response {
    let readable = api.read(|reader| reader.events(0, 1).map(|_| ())).await.is_ok();
    if api.engine.is_ready() && readable {
        Json(json!({"status": "ready"})).into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready"}))).into_response()
    }
}

async fn metrics(State(api): State<Api>) -> Response {
    let text = (api.metrics)();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document()).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], openapi::DOCS_STYLE).into_response()
}
