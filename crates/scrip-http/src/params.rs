//! Path and query parameters.

use axum::{
    extract::{FromRequestParts, MatchedPath, Path, path::ErrorKind, rejection::PathRejection},
    http::{Method, request::Parts},
};
use scrip_core::reason::{Reason, Refusal, RefusalError};
use serde::{Deserialize, Deserializer, de, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{
    body::refused,
    mistakes::{allowed_in_path, of_path, of_query},
    problem::Problem,
};

/// Typed path parameters; one of the wrong form is refused before anything is looked up.
pub struct PathOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ill_encoded = ill_encoded(parts);
        if !ill_encoded.is_empty() {
            return Err(Problem::of_parameters(ill_encoded));
        }
        let given = Path::<T>::from_request_parts(parts, state).await;
        match given {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let message = match error.into_kind() {
                    ErrorKind::Message(message) | ErrorKind::DeserializeError { message, .. } => message,
                    other => other.to_string(),
                };
                // Which one, and what it may be: the document knows.
                let named = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
                let named = named.map(|Path(named)| named).unwrap_or_default();
                let found = of_path(method(&parts.method), &matched(parts), &named);
                Err(Problem::of_parameters(refused(String::new(), &message)).explained_by(found))
            }
            Err(_) => Err(Reason::NotFound.into()),
        }
    }
}

/// Parameters of the path that no text stands behind, with what each may be.
fn ill_encoded(parts: &Parts) -> Vec<RefusalError> {
    let matched = matched(parts);
    let named = matched.split('/').zip(parts.uri.path().split('/'));
    let wrong = named.filter(|(_, given)| !is_well_encoded(given)).filter_map(|(template, _)| {
        let name = template.strip_prefix('{')?.strip_suffix('}')?;
        let allowed = allowed_in_path(method(&parts.method), &matched, name);
        let reason =
            Reason::InvalidField { limit: None, allowed: Some(format!("{allowed}, in percent-encoded UTF-8")) };
        Some(RefusalError { pointer: Some(format!("/{name}")), reason })
    });
    wrong.collect()
}

/// Whether each percent sign has two hexadecimal digits after it, and all is UTF-8. Decoders take others as they stand,
/// so that two paths would name one thing.
fn is_well_encoded(text: &str) -> bool {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let [high, low, after @ ..] = after else { return false };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return false };
        bytes.push(16 * high + low);
        rest = after;
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// Query parameters, each at most once; unknown ones are refused.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs: axum::extract::Query<Vec<(String, String)>> = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|_| Problem::of_parameters(Refusal::invalid("", "a form-encoded query")))?;
        let explained = |problem: Problem, pairs: &[(String, String)]| {
            problem.explained_by(of_query(method(&parts.method), &matched(parts), pairs))
        };
        let mut sent = parts.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        if let Some((name, _)) = sent.find(|(_, value)| !is_well_encoded(value)) {
            return Err(Problem::parameter(name, "percent-encoded UTF-8"));
        }
        let mut map = serde_json::Map::new();
        for (name, value) in &pairs.0 {
            if map.insert(name.clone(), serde_json::Value::String(value.clone())).is_some() {
                return Err(explained(Problem::parameter(name, "given once"), &pairs.0));
            }
        }
        let map = serde_json::Value::Object(map);
        serde_path_to_error::deserialize(map).map(Self).map_err(|error| {
            let pointer = error.path().iter().map(|segment| format!("/{segment}")).collect::<String>();
            let refusal = refused(pointer, &error.into_inner().to_string());
            explained(Problem::of_parameters(refusal), &pairs.0)
        })
    }
}

fn matched(parts: &Parts) -> String {
    parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default()
}

/// HEAD is GET without the body (RFC 9110).
fn method(method: &Method) -> &str {
    if *method == Method::HEAD { "GET" } else { method.as_str() }
}

/// What every list takes; these take nothing else.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Limit,
    pub cursor: Option<String>,
}

/// How many entries of a list: 1 to 100, 25 unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

impl Default for Limit {
    fn default() -> Self {
        Self(25)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"an integer from 1 to 100")),
        }
    }
}
