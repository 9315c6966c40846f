//! Quotes: eligibility → benefit → best combination → split → explanation.
//!
//! [`quote`] answers always, with reasons; [`evaluate`] is what an order does with the coupons that were chosen. Both run
//! the same lanes.

mod choose;
mod combination;
mod eligibility;
mod funding;
mod lanes;

pub use choose::{AppliedByIndex, Choice, NotApplied, Quote, RefusedByIndex, evaluate, quote, quote_by};
pub use combination::{best_combination, problem_of};
