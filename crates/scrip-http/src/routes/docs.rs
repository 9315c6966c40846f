//! The documentation. No caller needed.

use axum::{
    Router,
    extract::{
        Path, Query,
        rejection::{PathRejection, QueryRejection},
    },
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;

use crate::{answer_room::IsThere, api::Api, browsers::HasForm, docs};

pub(super) fn routes() -> OpenApiRouter<Api> {
    Router::new()
        .route("/docs", get(|| page(String::new())))
        .route("/docs/", get(|| page(String::new())))
        .route("/docs/style.css", get(style))
        .route("/docs/search", get(search))
        .route(
            "/docs/{*page}",
            get(|path: Result<Path<String>, PathRejection>| {
                page(path.map_or_else(|_| "\u{fffd}".to_owned(), |Path(path)| path))
            }),
        )
        .into()
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    q: String,
}

async fn page(path: String) -> Response {
    let path = path.trim_end_matches('/');
    let href = if path.is_empty() { "/docs".to_owned() } else { format!("/docs/{path}") };
    let site = site().await;
    match site.page(&href) {
        Some(page) => (IsThere, HasForm, Html(page)).into_response(),
        None => (StatusCode::NOT_FOUND, HasForm, Html(site.nothing())).into_response(),
    }
}

/// What can't be read as a query is an empty one: somebody typed it.
async fn search(query: Result<Query<Params>, QueryRejection>) -> Response {
    let query = query.map(|Query(params)| params.q).unwrap_or_default();
    (HasForm, Html(site().await.search(&query))).into_response()
}

/// The first who asks has it made, away from the threads that serve others.
async fn site() -> &'static docs::Site {
    tokio::task::spawn_blocking(docs::site)
        .await
        .expect("the documentation of a build that passed its tests can be made")
}

async fn style() -> Response {
    (IsThere, [(header::CONTENT_TYPE, "text/css; charset=utf-8")], docs::STYLE).into_response()
}
