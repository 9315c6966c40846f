//! Campaigns: terms and their state, and the counters of what was given out.

mod allowance;
mod changes;
mod pools;
mod scope_hashes;
mod state;
mod terms;

pub(crate) use allowance::Elsewhere;
pub use allowance::{Allowance, Availability, Counters};
pub(crate) use scope_hashes::name_hash;
pub use scope_hashes::{KnownCampaign, ScopeHashes};
pub use state::{CAMPAIGN_CHANGES_MAX, CAMPAIGN_PAUSES_MORE, Campaign, CampaignStage, changed_terms};
pub use terms::{
    Budget, Channel, Claims, FunderKind, Funding, Issuer, Limits, OnCancel, OnFullRefund, OnPartialRefund,
    RefundPolicy, Scope, SourceStock, Stacking, Terms, Validity,
};
