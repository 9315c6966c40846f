//! What buckets exchange, each by short steps that lock one bucket alone and are safe to repeat (decision 0010). With one bucket none
//! of it runs.
//!
//! - *Quotas* (`quota.rs`) of pools (`pool.rs`): a pool's home grants buckets numbered parts of its limit; a bucket gives out no more
//!   than its quota.
//! - *Leases* (`lease.rs`): a unique code's home leases it to an account of another bucket, under a fencing number.
//!
//! Besides, a bucket learns campaigns and codes as their home has them, and what the other buckets have given out
//! (`state/usage_elsewhere.rs`), by which refusals are judged. The steps are commands, in `command/exchange/`; what their events do to
//! the state stands in `state/evolve/`.

mod lease;
mod pool;
mod quota;
pub(crate) mod stored;

pub use lease::{ClaimedBy, FencingNumber, LEASE_MINUTES, Lease, LeaseState, PendingLease, PendingLeases};
pub use pool::Pool;
pub use quota::{GrantBook, Granted, Quota, Transfer};
