use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A successful answer.
pub struct Reply<T> {
    status: StatusCode,
    body: T,
    replayed: bool,
    etag: Option<String>,
    location: Option<String>,
}

impl<T> Reply<T> {
    pub const fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, body, replayed: false, etag: None, location: None }
    }

    /// 201 for what was made, 200 for what was there.
    pub fn created(created: bool, body: T) -> Self {
        let status = if created { StatusCode::CREATED } else { StatusCode::OK };
        Self { status, ..Self::ok(body) }
    }

    pub fn accepted(body: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(body) }
    }

    /// Given again, under the same idempotency key.
    pub const fn replayed(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }

    pub fn etag(mut self, revision: u64) -> Self {
        self.etag = Some(format!("\"{revision}\""));
        self
    }

    pub fn location(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if self.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        for (name, value) in [(header::ETAG, self.etag), (header::LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Done, and nothing to show of it.
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
