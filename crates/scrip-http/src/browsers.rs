//! What browsers may do with an answer.

use std::convert::Infallible;

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponseParts, Response, ResponseParts},
};

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

/// The documentation's pages have a form, for their search; no other answer has one.
const WITH_FORM: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Marks an answer that is a page with a form.
#[derive(Clone, Copy)]
pub(crate) struct HasForm;

impl IntoResponseParts for HasForm {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// Says so in an answer.
pub(crate) fn forbid(response: &mut Response) {
    let has_form = response.extensions().get::<HasForm>().is_some();
    let headers = response.headers_mut();
    // With what comes besides: growing one by one moves them all each time.
    headers.reserve(FORBIDDEN.len() + 4);
    headers.extend(FORBIDDEN);
    if has_form {
        headers.insert(header::CONTENT_SECURITY_POLICY, WITH_FORM);
    }
}
