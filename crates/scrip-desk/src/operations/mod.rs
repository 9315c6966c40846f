//! One function for every operation: what the caller may, what exists for it, then one command or read.

pub(crate) mod attempts;
mod callers;
pub(crate) mod campaigns;
pub(crate) mod checkouts;
pub(crate) mod claims;
mod clock;
pub(crate) mod codes;
pub(crate) mod coupons;
mod entered_codes;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod many_claims;
pub(crate) mod offers;
pub(crate) mod orders;
pub(crate) mod quotes;
pub(crate) mod refunds;
pub(crate) mod reports;
pub(crate) mod sellers;
mod tokens;
