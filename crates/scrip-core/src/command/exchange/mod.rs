//! The commands by which buckets exchange what [`crate::exchange`] has, each in one bucket and safe to repeat.
//!
//! - *Quotas*: [`GrantQuota`], [`ReceiveQuota`], [`ReturnQuota`], [`TakeBackQuota`].
//! - *Leases*: [`LeaseCode`], [`LearnCode`], [`CloseLease`], [`ConfirmLease`] or [`ReleaseLease`], [`ForgetLease`].
//! - *Copies*: [`LearnCampaign`], [`LearnCode`] of a shared code, [`RevokeCodeHere`].

mod close_lease;
mod confirm_lease;
mod forget_lease;
mod grant_quota;
mod learn_campaign;
mod learn_code;
mod lease_code;
mod receive_quota;
mod release_lease;
mod return_quota;
mod revoke_code_here;
mod take_back_quota;

pub use close_lease::CloseLease;
pub use confirm_lease::ConfirmLease;
pub use forget_lease::ForgetLease;
pub use grant_quota::GrantQuota;
pub use learn_campaign::LearnCampaign;
pub use learn_code::LearnCode;
pub use lease_code::LeaseCode;
pub use receive_quota::ReceiveQuota;
pub use release_lease::ReleaseLease;
pub use return_quota::ReturnQuota;
pub use revoke_code_here::RevokeCodeHere;
pub use take_back_quota::TakeBackQuota;

use super::{Decision, Outcome, needs};
use crate::{
    code::Code,
    event::Event,
    exchange::{Pool, Transfer},
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
