//! What buckets exchange, each by short steps that lock one bucket alone and are safe to repeat (decision 0010). With one bucket none
//! of it runs.
//!
//! - *Quotas* (`quota.rs`): a pool's home grants buckets numbered parts of its limit; a bucket gives out no more than its quota.
//! - *Leases* (`lease.rs`): a unique code's home leases it to an account of another bucket, under a fencing number.
//! - *Copies* (`learn_campaign.rs`, `learn_code.rs`, `revoke_code_here.rs`): a bucket knows a campaign or code as its home does.
//! - *Usage elsewhere* (`usage_elsewhere.rs`): what the other buckets have given out, which refusals are judged by.
//!
//! One command is one file; `apply.rs` says what the events of all of them do to the state.

mod apply;
mod close_lease;
mod confirm_lease;
mod demand;
mod forget_lease;
mod grant_quota;
mod learn_campaign;
mod learn_code;
mod lease;
mod lease_code;
mod pool;
mod quota;
mod receive_quota;
mod release_lease;
mod return_quota;
mod revoke_code_here;
pub(crate) mod stored;
mod take_back_quota;
mod usage_elsewhere;

pub use close_lease::CloseLease;
pub use confirm_lease::ConfirmLease;
pub use demand::Shortage;
pub use forget_lease::ForgetLease;
pub use grant_quota::GrantQuota;
pub use learn_campaign::LearnCampaign;
pub use learn_code::LearnCode;
pub use lease::{ClaimedBy, FencingNumber, LEASE_MINUTES, Lease, LeaseState, PendingLease, PendingLeases};
pub use lease_code::LeaseCode;
pub use pool::Pool;
pub use quota::{GrantBook, Granted, Quota, Transfer};
pub use receive_quota::ReceiveQuota;
pub use release_lease::ReleaseLease;
pub use return_quota::ReturnQuota;
pub use revoke_code_here::RevokeCodeHere;
pub use take_back_quota::TakeBackQuota;
pub use usage_elsewhere::UsageElsewhere;

use crate::{
    code::Code,
    command::{Decision, Outcome, needs},
    event::Event,
    state::{Key, State},
};

/// Where a pool's limit stands in this bucket, and what the bucket has given out of it.
fn needs_pool(state: &State, pool: &Pool, keys: &mut Vec<Key>) {
    match pool {
        Pool::CodeUses(hash) => keys.push(state.code_key(*hash)),
        Pool::Individual(individual, campaign) => {
            keys.push(state.campaign_key(*campaign));
            keys.push(Key::Individual(state.bucket(), individual.clone()));
        }
        Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
            needs::campaign(state, *campaign, keys);
        }
    }
}

/// The transfer that is underway after the command, if one is.
const fn transferred(events: Vec<Event>, transfer: Option<Transfer>) -> Decision {
    Decision { events, outcome: Outcome::Transfer(transfer) }
}

/// The code as the bucket has it after the command, if it does.
const fn code_is(events: Vec<Event>, code: Option<Code>) -> Decision {
    Decision { events, outcome: Outcome::Code(code) }
}
