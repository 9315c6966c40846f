//! The caller of a request, as handlers get it.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use scrip_core::reason::Reason;
use scrip_desk::Caller;

use crate::problem::Problem;

/// Whoever was let in.
pub struct Authenticated(pub Arc<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Arc<Caller>>().cloned().map(Self).ok_or_else(|| Reason::Unauthenticated.into())
    }
}
