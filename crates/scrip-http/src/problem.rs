use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use scrip_core::reason::{Reason, Refusal, RefusalError};
use scrip_engine::EngineError;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{attempt_log::About, status::status_of_refusal};

/// A "no" or a fault on its way out: RFC 9457, rendered by the outermost middleware, which knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    refusal: Refusal,
    status: StatusCode,
    /// Members besides, such as the new quote of `quote_changed`.
    more: Map<String, Value>,
    retry_after: Option<u32>,
    /// For the log of attempts.
    about: Box<About>,
}

impl Problem {
    pub fn with(mut self, member: &str, value: &impl Serialize) -> Self {
        self.more.insert(member.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says what the request was about, for the log of attempts.
    pub fn about(mut self, about: About) -> Self {
        *self.about = about;
        self
    }

    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// What the log of attempts keeps.
    pub(crate) fn into_parts(self) -> (Refusal, About) {
        (self.refusal, *self.about)
    }

    pub fn reason(&self) -> &Reason {
        self.refusal.first()
    }

    /// The body, as it is sent.
    pub fn document(&self, request_id: &str) -> Value {
        let first = self.reason();
        let code = first.code();
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("/docs/reasons#{code}")));
        body.insert("title".to_owned(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.refusal.to_string()));
        body.insert("code".to_owned(), json!(code));
        body.insert("request_id".to_owned(), json!(request_id));
        body.insert("params".to_owned(), Value::Object(parameters(first)));
        body.insert("errors".to_owned(), self.refusal.errors.iter().map(error_document).collect());
        body.extend(self.more.clone());
        Value::Object(body)
    }

    pub(crate) fn render(&self, request_id: &str) -> Response {
        let body = self.document(request_id).to_string();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

pub(crate) fn parameters(reason: &Reason) -> Map<String, Value> {
    match serde_json::to_value(reason) {
        Ok(Value::Object(mut members)) => {
            members.remove("code");
            members
        }
        _ => Map::new(),
    }
}

fn error_document(error: &RefusalError) -> Value {
    let mut document = parameters(&error.reason);
    document.insert("pointer".to_owned(), json!(error.pointer));
    document.insert("code".to_owned(), json!(error.reason.code()));
    let detail = match &error.reason {
        Reason::InvalidField { limit: Some(limit) } => format!("Must be {limit}."),
        reason => reason.to_string(),
    };
    document.insert("detail".to_owned(), json!(detail));
    Value::Object(document)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let retry_after = matches!(refusal.first(), Reason::StoreUnavailable).then_some(1);
        Self { status: status_of_refusal(&refusal), refusal, more: Map::new(), retry_after, about: Box::default() }
    }
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Self {
        Refusal::from(reason).into()
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::Unavailable(_) => Reason::StoreUnavailable.into(),
            EngineError::Fault => Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Reason::StoreUnavailable.into() },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
