use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use scrip_core::{
    name::OrderId,
    reason::{Reason, Refusal, RefusalError},
};
use scrip_desk::{About, EngineError, NotDone};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::{
    clipped::clip_refusal,
    mistakes::{LISTED_MAX, Mistakes},
    status::status_of_refusal,
};

/// A "no" or a fault on its way out: RFC 9457, rendered by the outermost middleware, which knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    refusal: Refusal,
    status: StatusCode,
    /// Members besides, such as the new quote of `quote_changed`.
    more: Box<Map<String, Value>>,
    retry_after: Option<u32>,
    /// Where the mistakes are.
    part: Part,
    /// How many there are besides those of the refusal.
    beyond: usize,
    /// For the log of attempts.
    about: Box<About>,
}

/// Which part of a request a refusal's pointers lead into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Part {
    /// The body, judged by the rules.
    #[default]
    Body,
    /// The body, which couldn't be read: one mistake, and its place perhaps not exact.
    Unread,
    /// Path, query or headers, each by its name.
    Parameters,
}

impl Problem {
    /// A body that couldn't be read.
    pub fn unread(refusal: Refusal) -> Self {
        Self { part: Part::Unread, ..refusal.into() }
    }

    /// Mistakes of parameters, whose pointers are their names.
    pub fn of_parameters(refusal: impl Into<Refusal>) -> Self {
        Self { part: Part::Parameters, ..refusal.into().into() }
    }

    /// One parameter that isn't what it may be.
    pub fn parameter(name: &str, expected: &str) -> Self {
        Self::of_parameters(Refusal::invalid(format!("/{name}"), expected))
    }

    /// Whether the request is malformed in its body, so that the body may hold more mistakes.
    pub fn is_of_body(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST && self.part != Part::Parameters
    }

    /// Whether the body as a whole couldn't be read, with no place named.
    pub fn is_of_form(&self) -> bool {
        self.part == Part::Unread && self.refusal.errors.iter().all(|error| error.pointer.as_deref() == Some(""))
    }

    /// Tells all the mistakes that the body's schema finds, and what the rules found besides.
    pub fn explained(mut self, found: Mistakes) -> Self {
        if found.listed.is_empty() {
            return self;
        }
        self.beyond = found.more;
        let own = std::mem::replace(&mut self.refusal.errors, found.listed);
        if self.part == Part::Body {
            let new = |error: &RefusalError| self.refusal.errors.iter().all(|known| known.pointer != error.pointer);
            let more: Vec<RefusalError> = own.into_iter().filter(new).collect();
            self.refusal.errors.extend(more);
        }
        clip_refusal(&mut self.refusal);
        self
    }

    /// The same for parameters, where the schema's own words are all that is told.
    pub fn explained_by(mut self, found: Mistakes) -> Self {
        if !found.listed.is_empty() {
            self.beyond = found.more;
            self.refusal.errors = found.listed;
            clip_refusal(&mut self.refusal);
        }
        self
    }

    pub fn with(mut self, member: &str, value: &impl Serialize) -> Self {
        self.more.insert(member.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says which order was to be placed: its id is in no path.
    pub fn about_order(mut self, order: OrderId) -> Self {
        self.about.order = Some(order);
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
    pub fn document<'p>(&'p self, request_id: &'p str) -> ProblemBody<'p> {
        ProblemBody { problem: self, request_id }
    }

    /// In words: which field, and what it may be.
    fn detail(&self, error: &RefusalError) -> String {
        let place = match error.pointer.as_deref() {
            None => return error.reason.to_string(),
            Some("") if self.part == Part::Parameters => "The query",
            Some("") => "The body",
            Some(name) if self.part == Part::Parameters => name.trim_start_matches('/'),
            Some(pointer) => pointer,
        };
        match &error.reason {
            Reason::InvalidField { allowed: Some(allowed), .. } => format!("{place} must be {allowed}."),
            Reason::UnknownField => format!("{place} is no field of its object."),
            Reason::UnknownParameter => format!("{place} is no parameter of this operation."),
            reason => reason.to_string(),
        }
    }

    pub(crate) fn render(&self, request_id: &str) -> Response {
        let body = serde_json::to_vec(&self.document(request_id)).unwrap_or_default();
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

/// A problem as JSON.
pub struct ProblemBody<'p> {
    problem: &'p Problem,
    request_id: &'p str,
}

impl Serialize for ProblemBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { problem, request_id } = self;
        let Refusal { errors, detail } = &problem.refusal;
        let first = &errors[0];
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("type", &format_args!("/docs/reasons#{}", first.reason.code()))?;
        body.serialize_entry("title", problem.status.canonical_reason().unwrap_or("Error"))?;
        body.serialize_entry("status", &problem.status.as_u16())?;
        body.serialize_entry("detail", &detail.clone().unwrap_or_else(|| problem.detail(first)))?;
        body.serialize_entry("code", first.reason.code())?;
        body.serialize_entry("request_id", request_id)?;
        body.serialize_entry("params", &parameters(&first.reason))?;
        let listed = errors.iter().take(LISTED_MAX).map(|error| ErrorDocument { problem, error });
        let listed: Vec<ErrorDocument<'_>> = listed.collect();
        body.serialize_entry("errors", &listed)?;
        body.serialize_entry("more", &(errors.len() - listed.len() + problem.beyond))?;
        problem.more.iter().try_for_each(|(member, value)| body.serialize_entry(member, value))?;
        body.end()
    }
}

/// One of its mistakes.
struct ErrorDocument<'p> {
    problem: &'p Problem,
    error: &'p RefusalError,
}

impl Serialize for ErrorDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { problem, error } = self;
        let (pointer, parameter) = match (&error.pointer, problem.part) {
            (Some(name), Part::Parameters) => (None, Some(name.trim_start_matches('/'))),
            (pointer, _) => (pointer.as_deref(), None),
        };
        let mut document = serializer.serialize_map(None)?;
        parameters(&error.reason).iter().try_for_each(|(name, value)| document.serialize_entry(name, value))?;
        document.serialize_entry("pointer", &pointer)?;
        document.serialize_entry("parameter", &parameter)?;
        document.serialize_entry("code", error.reason.code())?;
        document.serialize_entry("detail", &problem.detail(error))?;
        document.end()
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

impl From<Refusal> for Problem {
    /// The one way from a refusal to what is sent and kept of it: here whatever a caller wrote is cut.
    fn from(mut refusal: Refusal) -> Self {
        clip_refusal(&mut refusal);
        let retry_after = matches!(refusal.first(), Reason::StoreUnavailable | Reason::RateLimited).then_some(1);
        Self {
            status: status_of_refusal(&refusal),
            refusal,
            more: Box::default(),
            retry_after,
            part: Part::Body,
            beyond: 0,
            about: Box::default(),
        }
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
            EngineError::Hindered(why) => Refusal::unavailable(why).into(),
            EngineError::Unavailable(_) => Reason::StoreUnavailable.into(),
            EngineError::Fault => Reason::InternalFault.into(),
        }
    }
}

impl From<NotDone> for Problem {
    /// But for the new quote of `quote_changed`: [`crate::api::Api::problem`].
    fn from(error: NotDone) -> Self {
        let NotDone { why, is_of_parameters, retry_after, about, quote: _ } = error;
        let problem = Self::from(why);
        Self {
            part: if is_of_parameters { Part::Parameters } else { Part::Body },
            retry_after: retry_after.or(problem.retry_after),
            about,
            ..problem
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Waiting mends nothing of a fault of ours, and it isn't told as one of the store's.
    #[test]
    fn a_command_that_failed_unexpectedly_is_an_internal_fault_without_a_time_to_come_back() {
        let problem = Problem::from(EngineError::Fault);
        assert_eq!((problem.status, problem.reason()), (StatusCode::INTERNAL_SERVER_ERROR, &Reason::InternalFault));
        assert_eq!(problem.into_response().headers().get("retry-after"), None);
    }
}
