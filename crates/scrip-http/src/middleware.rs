//! What surrounds every handler, outermost first: request id, problem rendering and who calls, all in one; panics of what is inside
//! that; size; permission.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Query, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Version, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use scrip_core::reason::{Reason, Refusal};
use scrip_desk::{Access, Caller, Operation};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api::Api,
    attempted::{Attempted, RequestId},
    auth::authenticate,
    body::{BODY_MAX, Came},
    browsers::forbid,
    clipped::ClippedPath,
    contract::takes_query,
    counted,
    forbidden::forbidden,
    mistakes::{self, body_schema, of_query},
    operations::{is_open, operation_of},
    problem::Problem,
    request_id,
    unread::lend,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REBUILDING: HeaderName = HeaderName::from_static("tables-rebuilding");

pub(crate) fn around(routes: Router<Api>, api: &Api) -> Router<Api> {
    routes
        .route_layer(from_fn_with_state(api.clone(), permitted))
        .fallback(|| async { Problem::from(Reason::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::from(Reason::MethodNotAllowed) })
        .layer(
            // One of ours for all, as each costs a copy of what it surrounds.
            ServiceBuilder::new()
                .layer(from_fn_with_state(api.clone(), surrounded))
                .layer(CatchPanicLayer::custom(|_| {
                    tracing::error!("a handler failed unexpectedly");
                    Problem::from(Reason::InternalFault).into_response()
                }))
                .layer(DefaultBodyLimit::max(BODY_MAX)),
        )
}

/// Gives a request its id and its caller, and its answer what every answer has.
async fn surrounded(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).filter(|id| is_id(id)).cloned();
    let id = given.unwrap_or_else(request_id::new);
    let started = std::time::Instant::now();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let request_id = RequestId(id.clone());
    let attempted = Attempted::new(&method, request.extensions().get::<MatchedPath>(), &uri, &request_id);
    request.extensions_mut().insert(request_id);
    let sharing = api.origins.sharing(&request);
    let lent = lend(&mut request);
    let (mut response, caller) = match sharing.answer() {
        Some(answer) => (answer, None),
        None => as_member(&api, request, next).await,
    };
    if let Some(lent) = lent {
        lent.end(&mut response, api.drain).await;
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = api.answers.counted(caller.as_deref(), false, rendered_in_place(&response, &problem, &id));
        // Who sends too much displaces nothing that others want to know of.
        let is_worth_keeping = *problem.reason() != Reason::RateLimited;
        if let (Some(attempted), Some(caller), true) = (attempted, caller, is_worth_keeping) {
            attempted.refused(&api, &caller, problem);
        }
    } else if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response = rendered_in_place(&response, &Reason::PayloadTooLarge.into(), &id);
    }
    let status = response.status();
    counted::answered(status).increment(1);
    let path = ClippedPath(uri.path());
    if status.is_server_error() {
        tracing::error!(%method, %path, status = status.as_u16(), request_id = ?id, duration_ms = started.elapsed().as_millis(), "request failed");
    } else {
        tracing::debug!(%method, %path, status = status.as_u16(), request_id = ?id, duration_ms = started.elapsed().as_millis(), "request");
    }
    forbid(&mut response);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    sharing.say(headers);
    response
}

/// The problem in the place of an answer, of which stays whether the connection ends.
fn rendered_in_place(response: &Response, problem: &Problem, id: &HeaderValue) -> Response {
    let mut rendered = problem.render(id.to_str().unwrap_or_default());
    if let Some(close) = response.headers().get(header::CONNECTION) {
        rendered.headers_mut().insert(header::CONNECTION, close.clone());
    }
    rendered
}

fn is_id(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=128).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
}

/// What HTTP itself demands of a request, and what this server doesn't read.
///
/// Errors: HTTP/1.1 without a Host or with several (RFC 9112: 400), which a proxy may take for another request than we do; a
/// body that says it is encoded: it would be read as what it isn't.
fn well_formed(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    if request.version() == Version::HTTP_11 && headers.get_all(header::HOST).iter().count() != 1 {
        return Err(Problem::parameter("Host", "given once"));
    }
    let plain = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Err(Problem::parameter("Content-Encoding", "absent: bodies aren't read compressed"));
    }
    Ok(())
}

/// What is answered under `/v1` rests on what is in memory, of callers and of campaigns: where several processes serve, this one must
/// follow the others from the beginning of an answer to its end.
async fn as_member(api: &Api, request: Request, next: Next) -> (Response, Option<Arc<Caller>>) {
    if !is_of_the_api(request.uri().path()) {
        return authenticated(api, request, next).await;
    }
    let tenure = match api.desk.tenure() {
        Ok(tenure) => tenure,
        Err(error) => return (Problem::from(error).into_response(), None),
    };
    let (response, caller) = authenticated(api, request, next).await;
    match api.desk.still_serves(tenure) {
        Ok(()) => (response, caller),
        Err(error) => (Problem::from(error).into_response(), caller),
    }
}

fn is_of_the_api(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

/// Everything under `/v1` but what is open needs a caller, a path that doesn't exist too: strangers learn nothing. Answers who it
/// was, if a key or token said so.
async fn authenticated(api: &Api, mut request: Request, next: Next) -> (Response, Option<Arc<Caller>>) {
    if let Err(problem) = well_formed(&request) {
        return (problem.into_response(), None);
    }
    if request.extensions().get::<Arc<Caller>>().is_some() {
        // Whoever has the machine: no network can bring one.
        return (next.run(request).await, None);
    }
    let path = request.uri().path();
    if is_of_the_api(path) && !is_open(read_as(request.method()), path) {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let caller = match authenticate(api, peer, request.headers()) {
            Ok(caller) => Arc::new(caller),
            Err(problem) => return (problem.into_response(), None),
        };
        if let Err(problem) = api.rates.admit(&caller).and_then(|()| api.answers.admit(&caller)) {
            return (problem.into_response(), None);
        }
        request.extensions_mut().insert(caller.clone());
        let may_give_up = changes_nothing(&request);
        let response = api.answers.counted(Some(&caller), may_give_up, next.run(request).await);
        return (response, Some(caller));
    }
    // How the server fares is told whatever others don't take.
    let may_give_up = !["/livez", "/readyz", "/metrics"].contains(&path);
    (api.answers.counted(None, may_give_up, next.run(request).await), None)
}

/// Whether the same may be asked again and nothing was lost.
fn changes_nothing(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    request.method().is_safe() || path.ends_with("/quotes") || path.ends_with("/search")
}

/// HEAD is GET without the body (RFC 9110).
fn read_as(method: &Method) -> &str {
    if *method == Method::HEAD { "GET" } else { method.as_str() }
}

/// Refuses what the table doesn't allow, before anything is parsed, and a query where none is taken.
async fn permitted(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().filter(|path| path.as_str().starts_with("/v1/")).cloned();
    if let Some(path) = path {
        let method = read_as(request.method());
        let caller = request.extensions().get::<Arc<Caller>>().cloned();
        let operation = operation_of(method, path.as_str()).filter(|operation| match &caller {
            None => operation.is_open(),
            Some(caller) => operation.access(caller.role) != Access::No,
        });
        let Some(operation) = operation else { return Problem::from(Reason::Forbidden).into_response() };
        if request.uri().query().is_some_and(|query| !query.is_empty()) && !takes_query(method, path.as_str()) {
            let given = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).unwrap_or_default();
            let unknown = Problem::of_parameters(Refusal::at("", Reason::UnknownParameter));
            return unknown.explained_by(of_query(method, path.as_str(), &given.0)).into_response();
        }
        if let Some(caller) = caller
            && (request.method() == Method::POST || request.method() == Method::PATCH)
        {
            let came = Came::default();
            request.extensions_mut().insert(came.clone());
            let method = request.method().clone();
            let response = next.run(request).await;
            // A large one is gone through as it was parsed: in turn.
            let _turn = if came.is_large() { Some(api.reading.parsing().await) } else { None };
            return told_all(response, &came, &caller, operation, &method, path.as_str());
        }
        // Asked before it is read: what comes between is said once too often and not once too little.
        let is_older = operation.reads_tables() && api.desk.is_rebuilding();
        let mut response = next.run(request).await;
        if is_older && response.status().is_success() {
            response.headers_mut().insert(REBUILDING, HeaderValue::from_static("true"));
        }
        return response;
    }
    next.run(request).await
}

/// A malformed body is refused with all that is wrong with it, unless the caller may not do at all what it says.
fn told_all(
    mut response: Response,
    came: &Came,
    caller: &Caller,
    operation: Operation,
    method: &Method,
    path: &str,
) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if !problem.is_of_body() {
        return problem.into_response();
    }
    let body = came.json();
    if let Some(refusal) = forbidden(operation, caller, body.as_ref()) {
        return Problem::from(refusal).into_response();
    }
    // What a patch makes of a campaign is judged as a whole, where it is put together.
    let judged = operation == Operation::ChangeCampaign && !problem.is_of_form();
    let schema = body_schema(method.as_str(), path).filter(|_| !judged);
    let found = schema.zip(body).map(|(schema, body)| mistakes::of(schema, &body)).unwrap_or_default();
    problem.explained(found).into_response()
}
