//! The desk's counters by name.

pub const ATTEMPTS_DISPLACED: &str = "scrip_attempts_displaced_total";
pub const ATTEMPTS_DROPPED: &str = "scrip_attempts_dropped_total";
pub const BULK_REFUSED: &str = "scrip_bulk_refused_total";
pub const EXPORTS_REFUSED: &str = "scrip_exports_refused_total";
pub const LIMITS_REACHED: &str = "scrip_limits_reached_total";
pub const WAITS_REFUSED: &str = "scrip_waits_refused_total";
