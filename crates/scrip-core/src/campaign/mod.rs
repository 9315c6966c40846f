//! Campaigns: terms and their state, and the counters of what was given out.

mod allowance;
mod pool;
mod state;
mod terms;

pub(crate) use allowance::Elsewhere;
pub use allowance::{Allowance, Counters, Standing};
pub use pool::{Handed, Parcel, Pool, Share, Supply};
pub use state::{Campaign, CampaignStage, CampaignStatus, changed_terms};
pub use terms::{
    Budget, Channel, Claims, Comparison, FunderKind, Funding, Issuer, Limits, MinimumSpend, MinimumSpendBase, OnCancel,
    OnFullRefund, OnPartialRefund, RefundPolicy, Scope, SourceStock, Stacking, Terms, Validity,
};
