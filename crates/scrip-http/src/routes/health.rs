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

/// A clock further behind what is written than this would judge holds and expiries by another time than others do.
const CLOCK_BEHIND_MICROS_MAX: i64 = 1_000_000;

/// Ready while the store takes writes, can be read, and the clock isn't behind it.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method takes a reader of one lifetime")]
async fn ready(State(api): State<Api>) -> Response {
    let why = match api.read(|reader| reader.clock_behind_micros()).await {
        _ if !api.engine.is_ready() => "the store takes no writes",
        Err(_) => "the store can't be read",
        Ok(behind) if behind > CLOCK_BEHIND_MICROS_MAX => "this machine's clock is behind what is written",
        Ok(_) => return Json(json!({"status": "ready"})).into_response(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready", "why": why}))).into_response()
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
