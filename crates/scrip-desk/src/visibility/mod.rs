//! What exists for whom, and what each sees of it. What doesn't exist is answered like something that was never there.

mod seen_campaign;
mod seen_order;
mod seen_refund;

use scrip_core::{
    api_key::Role, campaign::Campaign, order::Order, reason::Reason, status::CampaignStatus, time::Timestamp,
};

pub use self::seen_campaign::{BudgetUse, SeenCampaign};
pub use self::seen_order::SeenOrder;
pub use self::seen_refund::SeenRefund;
pub(crate) use self::seen_refund::gives_back_to;
use crate::{callers::Caller, not_done::NotDone};

/// Whether the campaign exists for the caller: a seller has its own, a storefront live ones.
pub(crate) fn sees_campaign(caller: &Caller, campaign: &Campaign, now: Timestamp) -> bool {
    match caller.role {
        Role::Operator => true,
        Role::Seller => campaign.terms.issuer.seller() == caller.seller.as_ref(),
        Role::Storefront => campaign.status(now) == CampaignStatus::Live,
        Role::Shopper => false,
    }
}

/// Whether what belongs to the campaign, such as its codes, is the caller's business: a seller's is its own campaigns'.
pub(crate) fn is_of(caller: &Caller, campaign: Option<&Campaign>) -> bool {
    match &caller.seller {
        None => true,
        own => campaign.is_some_and(|campaign| campaign.terms.issuer.seller() == own.as_ref()),
    }
}

/// The order, if it exists for the caller: for a seller, one with something of its own.
///
/// Errors: `not_found`.
pub(crate) fn order_for(caller: &Caller, order: Option<Order>) -> Result<Order, NotDone> {
    order
        .filter(|order| caller.seller.as_ref().is_none_or(|seller| order.transaction_of(seller).is_some()))
        .ok_or_else(|| Reason::NotFound.into())
}
