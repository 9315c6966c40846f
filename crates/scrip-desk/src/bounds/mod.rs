//! What callers may take up, and who takes nothing from whom.

mod bulk;
mod concurrent;
mod limits;
mod shares;
mod sides;

pub(crate) use bulk::{Bulk, Line};
pub use concurrent::Concurrent;
pub use limits::{AttemptLimits, BulkLimits, ExportLimits, WaitLimits};
pub use shares::{AtOnce, Share, Shares};
pub use sides::Sides;
