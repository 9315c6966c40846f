//! The counters of the HTTP side by name.

use std::sync::OnceLock;

use axum::http::StatusCode;
use metrics::{Counter, counter};

pub const ANSWERS_REFUSED: &str = "scrip_answers_refused_total";
pub const BODIES_LEFT_UNREAD: &str = "scrip_bodies_left_unread_total";
pub const BODIES_REFUSED: &str = "scrip_bodies_refused_total";
pub const EXPORTS_CUT: &str = "scrip_exports_cut_total";
pub const HTTP_REQUESTS: &str = "scrip_http_requests_total";
pub const RATE_LIMITED: &str = "scrip_rate_limited_total";

/// Answers with a status. Looked up once: every request counts here.
pub fn answered(status: StatusCode) -> &'static Counter {
    const FIRST: usize = 100;
    static ANSWERED: [OnceLock<Counter>; 900] = [const { OnceLock::new() }; 900];
    ANSWERED[usize::from(status.as_u16()) - FIRST]
        .get_or_init(|| counter!(HTTP_REQUESTS, "status" => status.as_str().to_owned()))
}
