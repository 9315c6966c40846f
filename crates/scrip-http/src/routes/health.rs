//! What operators and load balancers ask. No caller needed.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::{answer_room::IsThere, api::Api, contract};

pub(super) fn routes() -> OpenApiRouter<Api> {
    Router::new()
        .route("/livez", get(|| async { Json(json!({"status": "live"})) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(document))
        .into()
}

/// Waits for no other request, nor for their reads.
async fn ready(State(api): State<Api>) -> Response {
    match api.readiness.ask().await {
        Ok(()) => Json(json!({"status": "ready", "time_zones": time_zones(&api)})).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready", "why": why}))).into_response(),
    }
}

/// Of which release the rules are that say when a day ends, and whether governments have probably changed some since.
fn time_zones(api: &Api) -> serde_json::Value {
    let zones = api.desk.zones();
    json!({
        "version": zones.version().to_string(),
        "from": if zones.are_bundled() { "bundled" } else { "system" },
        "old": zones.version().is_old(api.desk.now()),
    })
}

async fn metrics(State(api): State<Api>) -> Response {
    let text = (api.metrics)();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn document() -> Response {
    (IsThere, [(header::CONTENT_TYPE, "application/json")], contract::document()).into_response()
}
