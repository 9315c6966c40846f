//! What surrounds every handler, outermost first: request id, problem rendering, panics, size, auth, permission.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Query, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use scrip_core::reason::{Reason, Refusal};
use scrip_engine::fill_random;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api::Api,
    attempted::{Attempted, RequestId},
    auth::{Caller, authenticate},
    body::{BODY_MAX, Patience},
    openapi::takes_query,
    permissions::{Access, access},
    problem::Problem,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What every answer forbids browsers: scripts, frames, guessing at types, telling others where they came from, keeping it.
/// The pages need their own style sheet and nothing else.
const FORBIDDEN: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

pub(crate) fn around(routes: Router<Api>, api: &Api) -> Router<Api> {
    routes
        .route_layer(from_fn(permitted))
        .fallback(|| async { Problem::from(Reason::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::from(Reason::MethodNotAllowed) })
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(api.clone(), rendered))
                .layer(CatchPanicLayer::custom(|_| {
                    tracing::error!("a handler failed unexpectedly");
                    Problem::from(scrip_engine::EngineError::Fault).into_response()
                }))
                .layer(DefaultBodyLimit::max(BODY_MAX))
                .layer(from_fn_with_state(api.clone(), authenticated)),
        )
}

/// Renders problems with the request's id, which goes into every answer.
async fn rendered(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).filter(|id| is_id(id)).cloned();
    let id = given.unwrap_or_else(new_id);
    let started = std::time::Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let request_id = RequestId(id.clone());
    let attempted = Attempted::new(&method, request.extensions().get::<MatchedPath>(), &path, &request_id);
    request.extensions_mut().insert(request_id);
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let caller = response.extensions_mut().remove::<Caller>();
        response = problem.render(id.to_str().unwrap_or_default());
        if let (Some(attempted), Some(caller)) = (attempted, caller) {
            attempted.refused(&api, &caller, problem);
        }
    } else if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response = Problem::from(Reason::PayloadTooLarge).render(id.to_str().unwrap_or_default());
    }
    let status = response.status();
    metrics::counter!("scrip_http_requests_total", "status" => status.as_str().to_owned()).increment(1);
    if status.is_server_error() {
        tracing::error!(%method, %path, status = status.as_u16(), request_id = ?id, duration_ms = started.elapsed().as_millis(), "request failed");
    } else {
        tracing::debug!(%method, %path, status = status.as_u16(), request_id = ?id, duration_ms = started.elapsed().as_millis(), "request");
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.extend(FORBIDDEN);
    response
}

fn is_id(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=128).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
}

fn new_id() -> HeaderValue {
    let mut random = [0; 12];
    fill_random(&mut random);
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("req_{text}")).expect("hexadecimal digits")
}

/// Everything under `/v1` needs a caller, a path that doesn't exist too: strangers learn nothing.
async fn authenticated(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Patience(api.patience));
    let path = request.uri().path();
    if path == "/v1" || path.starts_with("/v1/") {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        match authenticate(&api, peer, request.headers()) {
            Ok(caller) => {
                request.extensions_mut().insert(caller.clone());
                let mut response = next.run(request).await;
                // Who was refused what is logged where problems are rendered.
                if response.extensions().get::<Problem>().is_some() {
                    response.extensions_mut().insert(caller);
                }
                return response;
            }
            Err(problem) => return problem.into_response(),
        }
    }
    next.run(request).await
}

/// Refuses what the table doesn't allow, before anything is parsed, and a query where none is taken.
async fn permitted(request: Request, next: Next) -> Response {
    if let (Some(caller), Some(path)) =
        (request.extensions().get::<Caller>(), request.extensions().get::<MatchedPath>())
    {
        // HEAD is GET without the body (RFC 9110).
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        if access(method, path.as_str(), caller.role) == Access::No {
            return Problem::from(Reason::Forbidden).into_response();
        }
        if request.uri().query().is_some_and(|query| !query.is_empty()) && !takes_query(method, path.as_str()) {
            let given = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).unwrap_or_default();
            let name = given.0.into_iter().next().map(|(name, _)| name).unwrap_or_default();
            return Problem::from(Refusal::at(format!("/{name}"), Reason::UnknownParameter)).into_response();
        }
    }
    next.run(request).await
}
