//! What callers may take up, and who takes nothing from whom.

mod bulk;
mod concurrent;
mod limits;
mod seller_limits;
mod shares;
mod sides;

pub(crate) use bulk::{Bulk, Line};
pub use concurrent::Concurrent;
pub use limits::{BulkLimits, ExportLimits, WaitLimits};
pub use seller_limits::{SellerLimit, SellerLimits};
pub(crate) use seller_limits::{Sellers, Turn};
pub use shares::{AtOnce, Share, Shares};
pub use sides::Sides;
