//! Requests that were refused, and what they were about.

mod about;
mod limits;
mod log;

pub use about::{About, SeenCode};
pub use limits::AttemptLimits;
pub(crate) use log::AttemptLog;
pub use log::{Attempt, AttemptFilter};
