//! Coupons and codes as candidates of a quote or an order.

use super::claim::{claim_reason, code_reason, known_code, window};
use crate::{
    campaign::{CampaignStage, Channel},
    candidate::Candidate,
    code::EnteredCode,
    name::AccountId,
    reason::{Reason, UsedBy},
    state::State,
    time::Timestamp,
    wallet::{Coupon, CouponState},
};

/// A coupon of the wallet. `None` if its campaign isn't there, or it is one that nobody may use (S17).
pub fn wallet_candidate<'a>(state: &'a State, coupon: &Coupon, now: Timestamp) -> Option<Candidate<'a>> {
    let campaign = state.campaign(coupon.campaign)?;
    let reasons_on_any_cart = match &coupon.state {
        CouponState::Valid => None,
        CouponState::Inactive { order, .. } => {
            // From the end of its hold the coupon is free, whether or not anybody has written that down.
            coupon.lapsed_order(now).is_none().then(|| Reason::CouponOnOrder { order: order.clone() })
        }
        CouponState::Used { .. } | CouponState::UsedBefore => Some(Reason::CouponUsed),
        CouponState::Reclaimed => Some(Reason::CouponReclaimed),
        CouponState::Pending => return None,
    };
    Some(Candidate {
        used_by: UsedBy::Coupon(coupon.id),
        campaign: coupon.campaign,
        terms_version: coupon.terms_version,
        terms: &campaign.terms,
        starts_at: coupon.starts_at,
        expires_at: coupon.expires_at,
        paused: campaign.stage == CampaignStage::Paused,
        budget_left: Some(state.discount_left(campaign)),
        reasons_on_any_cart: reasons_on_any_cart.into_iter().collect(),
        at_most: None,
    })
}

/// A code used directly: a claim and a hold in one, so what stands against the claim stands against its use.
///
/// Errors: `code_not_usable` for a code that this account may know nothing of.
pub fn code_candidate<'a>(
    state: &'a State,
    account: &AccountId,
    entered: &EnteredCode,
    now: Timestamp,
) -> Result<Candidate<'a>, Reason> {
    let (code, campaign) = known_code(state, entered.hash)?;
    let mut reasons_on_any_cart = Vec::new();
    match code_reason(state, (entered.hash, code), campaign, account, now) {
        Some(Reason::CodeNotUsable) => return Err(Reason::CodeNotUsable),
        reason => reasons_on_any_cart.extend(reason),
    }
    reasons_on_any_cart.extend(claim_reason(state, account, campaign, Some(Channel::Code), code.source.as_ref(), now));
    let (starts_at, expires_at) = window(state, campaign, now).map_err(|refusal| refusal.first().clone())?;
    Ok(Candidate {
        used_by: UsedBy::Code(entered.text.as_str().to_owned()),
        campaign: campaign.id,
        terms_version: campaign.terms_version,
        terms: &campaign.terms,
        starts_at,
        expires_at,
        paused: campaign.stage == CampaignStage::Paused,
        budget_left: Some(state.discount_left(campaign)),
        reasons_on_any_cart,
        at_most: None,
    })
}
