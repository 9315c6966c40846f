//! Request bodies: parsed strictly, refused with the place and the limit.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::header,
};
use scrip_core::reason::{Reason, Refusal};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest body.
pub const BODY_MAX: usize = 1024 * 1024;

/// A JSON body. Unknown fields are refused, never ignored.
pub struct Body<T>(pub T);

/// The same, where an empty body says that nothing is to be said.
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&read(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read(request, state).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) { Ok(Self(T::default())) } else { parse(&bytes).map(Self) }
    }
}

/// How long a body may take. Rides on the request, for extractors that know no state.
#[derive(Clone, Copy)]
pub struct Patience(pub Duration);

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    // One that says it is too large isn't waited for.
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|length: u64| length > BODY_MAX as u64) {
        return Err(Reason::PayloadTooLarge.into());
    }
    let patience = request.extensions().get::<Patience>().map_or(Duration::MAX, |patience| patience.0);
    match tokio::time::timeout(patience, Bytes::from_request(request, state)).await {
        Ok(read) => read.map_err(unreadable),
        // The rest of the body may still be on its way: with this answer the connection ends.
        Err(_) => Err(Reason::RequestTimeout.into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Reason::PayloadTooLarge.into()
    } else {
        Reason::InvalidJson.into()
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_syntax() || inner.is_eof() || inner.is_io() {
            return Refusal::at("", Reason::InvalidJson);
        }
        refused(pointer, &inner.to_string())
    });
    let parsed = parsed?;
    deserializer.end().map_err(|_| Refusal::at("", Reason::InvalidJson))?;
    Ok(parsed)
}

/// A value as if it came in a body, for what is put together from parts (a merged PATCH).
pub(crate) fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        refused(pointer, &error.into_inner().to_string()).into()
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Which reason a deserialiser's words are. serde tells what it expected after the word "expected".
pub(crate) fn refused(pointer: String, message: &str) -> Refusal {
    let message = message.split(" at line ").next().unwrap_or(message);
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let field = rest.split('`').next().unwrap_or_default();
        let here = format!("/{field}");
        let pointer = if pointer.ends_with(&here) { pointer } else { pointer + &here };
        return Refusal::at(pointer, Reason::UnknownField);
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return Refusal::invalid(format!("{pointer}/{field}"), "given: it is required");
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return Refusal::invalid(format!("{pointer}/{field}"), "given once");
    }
    let limit = message.split_once("expected ").map_or(message, |(_, expected)| expected);
    // serde names our types; who reads this has none of them.
    let limit = match limit {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "i64" => "an integer",
        other => other,
    };
    Refusal::invalid(pointer, limit)
}
