//! Path and query parameters.

use axum::{
    extract::{FromRequestParts, Path, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use scrip_core::reason::{Reason, Refusal};
use serde::{Deserialize, Deserializer, de, de::DeserializeOwned};

use crate::{body::refused, problem::Problem};

/// Typed path parameters; one of the wrong form is refused before anything is looked up.
pub struct PathOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let message = match error.into_kind() {
                    ErrorKind::Message(message) | ErrorKind::DeserializeError { message, .. } => message,
                    other => other.to_string(),
                };
                Err(refused(String::new(), &message).into())
            }
            Err(_) => Err(Reason::NotFound.into()),
        }
    }
}

/// Query parameters, each at most once; unknown ones are refused.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: axum::extract::Query<Vec<(String, String)>> = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|_| Refusal::invalid("", format!("a form-encoded query, unlike {query:?}")))?;
        let mut map = serde_json::Map::new();
        for (name, value) in pairs.0 {
            if map.contains_key(&name) {
                return Err(Refusal::invalid(format!("/{name}"), "given once").into());
            }
            map.insert(name, serde_json::Value::String(value));
        }
        let map = serde_json::Value::Object(map);
        serde_path_to_error::deserialize(map).map(Self).map_err(|error| {
            let pointer = error.path().iter().map(|segment| format!("/{segment}")).collect::<String>();
            let refusal = refused(pointer, &error.into_inner().to_string());
            match &refusal.errors[0] {
                error if matches!(error.reason, Reason::UnknownField) => {
                    Refusal::at(error.pointer.clone().unwrap_or_default(), Reason::UnknownParameter).into()
                }
                _ => refusal.into(),
            }
        })
    }
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
