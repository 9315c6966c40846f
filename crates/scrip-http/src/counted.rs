//! The counters of the HTTP side by name.

pub const ANSWERS_REFUSED: &str = "scrip_answers_refused_total";
pub const BODIES_LEFT_UNREAD: &str = "scrip_bodies_left_unread_total";
pub const BODIES_REFUSED: &str = "scrip_bodies_refused_total";
pub const EXPORTS_CUT: &str = "scrip_exports_cut_total";
pub const HTTP_REQUESTS: &str = "scrip_http_requests_total";
pub const RATE_LIMITED: &str = "scrip_rate_limited_total";
