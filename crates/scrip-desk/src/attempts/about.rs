//! What a request was about: for the log of attempts, should it be refused.

use scrip_core::{
    code::EnteredCode,
    id::{CampaignId, CodeHash, CouponId},
    name::OrderId,
};
use scrip_engine::Use;

/// What a refused request was about, as far as its handler knew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    pub campaign: Option<CampaignId>,
    /// Of an order that was to be placed: its id is in no path.
    pub order: Option<OrderId>,
    pub coupons: Vec<CouponId>,
    pub codes: Vec<SeenCode>,
}

/// A code that was entered, as it may be shown: never whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenCode {
    pub hash: CodeHash,
    pub last4: String,
}

impl About {
    pub fn codes<'a>(codes: impl IntoIterator<Item = &'a EnteredCode>) -> Self {
        let seen = |code: &EnteredCode| SeenCode { hash: code.hash, last4: code.text.last4().to_owned() };
        Self { codes: codes.into_iter().map(seen).collect(), ..Self::default() }
    }

    /// What an order was to use.
    pub fn checkout(r#use: &Use, codes: &[EnteredCode]) -> Self {
        let coupons = if let Use::Named(coupons) = r#use { coupons.clone() } else { Vec::new() };
        Self { coupons, ..Self::codes(codes) }
    }
}
