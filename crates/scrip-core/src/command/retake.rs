//! A payment that comes after the hold ran out: takes again what the order held, at its stored figures.

use super::{checkout::held, claim::claimed};
use crate::{
    campaign::Campaign,
    code::CodeKind,
    event::Event,
    exchange::LeaseState,
    id::{CodeHash, IdSource},
    order::{Order, OrderCoupon, OrderCouponState},
    reason::{Gone, Reason, Refusal, RefusalError, UsedBy},
    state::State,
    time::Timestamp,
    wallet::{CouponState, Origin},
};

/// How long after a time-out a payment may still come.
pub const LATE_PAYMENT_DAYS: u32 = 30;

/// The order holds again what it held when it timed out. A code used directly is claimed anew: the coupon that it made
/// is gone for good, so it makes another.
///
/// Neither the clock nor the campaign's stage matters, as the order was placed already; room in the wallet doesn't
/// either, as for every coupon that comes back.
///
/// Errors: `hold_expired`, once for all that is gone; `amount_out_of_range` where a campaign can't count its discounts any
/// more.
pub(super) fn retaken(
    state: &State,
    order: &Order,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Vec<Event>, Refusal> {
    let over = order.hold_expires_at.plus_hours(LATE_PAYMENT_DAYS * 24);
    if now >= over {
        return Err(Reason::HoldExpired { gone: Some(Gone::Time), coupon: None }.into());
    }
    let gone: Vec<RefusalError> = lapsed(order).flat_map(|coupon| gone_of(state, order, coupon)).collect();
    if !gone.is_empty() {
        return Err(gone.into());
    }
    let counts = |coupon: &OrderCoupon| match state.campaign(coupon.applied.campaign) {
        Some(campaign) => state.counts_discount(campaign, coupon.applied.discount),
        None => true,
    };
    if !lapsed(order).all(counts) {
        return Err(Reason::AmountOutOfRange.into());
    }
    // All is free: from here nothing stands against it.
    let mut events = Vec::new();
    let mut coupons = order.coupons.clone();
    for coupon in coupons.iter_mut().filter(|coupon| coupon.state == OrderCouponState::Lapsed) {
        coupon.state = OrderCouponState::Held;
        let Some(campaign) = state.campaign(coupon.applied.campaign) else { continue };
        if coupon.direct_code.is_some() {
            events.push(claimed_anew(state, order, campaign, coupon, now, ids)?);
        }
    }
    let is_held = |coupon: &&OrderCoupon| coupon.state == OrderCouponState::Held;
    let holds: Vec<Event> = coupons
        .iter()
        .filter(is_held)
        .map(|coupon| held(&order.account, &order.id, coupon, order.hold_expires_at))
        .collect();
    events.push(Event::OrderRetaken { account: order.account.clone(), order: order.id.clone(), coupons });
    events.extend(holds);
    Ok(events)
}

/// What a late payment of the order takes again.
pub(super) fn lapsed(order: &Order) -> impl Iterator<Item = &OrderCoupon> {
    order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Lapsed)
}

fn claimed_anew(
    state: &State,
    order: &Order,
    campaign: &Campaign,
    coupon: &mut OrderCoupon,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Event, Refusal> {
    let (channel, source) = (coupon.channel, coupon.source.clone());
    let origin = Origin::DirectCode;
    let event = claimed(state, &order.account, campaign, channel, source, origin, coupon.direct_code, now, ids)?;
    if let Event::CouponClaimed { coupon: made, .. } = &event {
        coupon.applied.coupon = Some(made.id);
        coupon.expires_at = made.expires_at;
    }
    Ok(event)
}

/// What of one coupon is no longer free.
fn gone_of(state: &State, order: &Order, coupon: &OrderCoupon) -> Vec<RefusalError> {
    let used_by = match &coupon.applied.code {
        Some(code) => UsedBy::Code(code.clone()),
        None => UsedBy::Coupon(coupon.id()),
    };
    let mut gone = Vec::new();
    match (state.campaign(coupon.applied.campaign), coupon.direct_code) {
        (None, _) => gone.push(Gone::Coupon),
        (Some(campaign), code) => {
            match code {
                None => gone.extend((!is_in_wallet(state, order, coupon)).then_some(Gone::Coupon)),
                Some(hash) => gone.extend(gone_of_claim(state, order, campaign, coupon, hash)),
            }
            let left = state.allowance(campaign.id).budget_left(&campaign.terms);
            gone.extend(left.is_some_and(|left| coupon.applied.discount > left).then_some(Gone::Budget));
        }
    }
    let error = |gone| Reason::HoldExpired { gone: Some(gone), coupon: Some(used_by.clone()) };
    gone.into_iter().map(|gone| RefusalError { pointer: None, reason: error(gone) }).collect()
}

/// Whether the coupon is free. That it has expired since changes nothing, as for an order that is paid in time (S15).
fn is_in_wallet(state: &State, order: &Order, coupon: &OrderCoupon) -> bool {
    let free = state.coupon(&order.account, coupon.id()).is_some_and(|coupon| coupon.state == CouponState::Valid);
    free && order.placed_at < coupon.expires_at
}

fn gone_of_claim(state: &State, order: &Order, campaign: &Campaign, coupon: &OrderCoupon, code: CodeHash) -> Vec<Gone> {
    let terms = &campaign.terms;
    let is_revoked = state.code(code).is_some_and(|known| known.revoked_at.is_some());
    let is_free = state.code(code).is_some_and(|known| match &known.kind {
        CodeKind::Shared { .. } => state.code_uses_left(code) != Some(0),
        CodeKind::Unique { state, .. } => match state {
            LeaseState::Free => true,
            LeaseState::Leased(lease) => lease.account == order.account,
            LeaseState::Claimed(_) | LeaseState::ClaimedUnder(..) | LeaseState::Closed(_) => false,
        },
    });
    let has_stock = state.has_stock(campaign, coupon.source.as_ref());
    let may_have = |limit| state.individual_left(&order.account, campaign.id, limit) > 0;
    let within_limit = terms.limits.per_individual.is_none_or(may_have);
    [
        (!is_revoked, Gone::CodeRevoked),
        (is_free, Gone::CodeUses),
        (has_stock, Gone::Stock),
        (within_limit, Gone::IndividualLimit),
    ]
    .into_iter()
    .filter_map(|(free, gone)| (!free).then_some(gone))
    .collect()
}
