//! What becomes of an order's coupons when transactions end or refunds complete: the refund matrix.

use crate::{
    campaign::OnFullRefund,
    event::Event,
    ledger::EntryKind,
    order::{CouponOutcome, Order, OrderCoupon, OrderCouponState, RefundCoupon, RefundedOrder, StatusAfter},
    state::State,
    time::Timestamp,
};

/// What becomes of each coupon of an order, and the events that make it so.
pub(super) struct Outcomes {
    pub events: Vec<Event>,
    pub coupons: Vec<RefundCoupon>,
}

/// Judges every coupon of a paid order as it is after something happened to it.
///
/// Back, at most once for an order: by a full refund, if the terms' policy says so and no code was used directly; one
/// that discounts shipping only when its shipping came back too. Otherwise used, once every transaction that it
/// discounts has ended. Source: S14, S16, S18, S19 and the matrix.
pub(super) fn coupon_outcomes(state: &State, after: &Order, now: Timestamp) -> Outcomes {
    let mut events = Vec::new();
    let mut coupons = Vec::new();
    let mut returned = Vec::new();
    for coupon in after.coupons.iter().filter(|coupon| coupon.counts()) {
        let (account, order, id) = (after.account.clone(), after.id.clone(), coupon.id());
        let campaign = coupon.applied.campaign;
        let back_as = if now < coupon.expires_at { StatusAfter::Valid } else { StatusAfter::Expired };
        let (outcome, status) = match coupon.state {
            OrderCouponState::Held | OrderCouponState::Used if comes_back(state, after, coupon) => {
                events.push(Event::CouponReturned { account, coupon: id, order, campaign });
                returned.push(id);
                let outcome =
                    if back_as == StatusAfter::Valid { CouponOutcome::Returned } else { CouponOutcome::Expired };
                (outcome, back_as)
            }
            OrderCouponState::Held if after.has_ended_for(coupon) => {
                events.push(Event::CouponUsed { account, coupon: id, order, campaign });
                (CouponOutcome::Kept, StatusAfter::Used)
            }
            OrderCouponState::Held => (CouponOutcome::Kept, StatusAfter::Inactive),
            OrderCouponState::Used => (CouponOutcome::Kept, StatusAfter::Used),
            // It came back by an earlier refund; this one finds nothing of it.
            OrderCouponState::Returned | OrderCouponState::Released | OrderCouponState::Lapsed => continue,
        };
        coupons.push(RefundCoupon { coupon: id, outcome, status });
    }
    let restored =
        super::pay_order::surplus(after, EntryKind::SurplusRestored, |coupon| returned.contains(&coupon.id()));
    if let Some(entry) = restored {
        events.push(Event::SurplusBooked { account: after.account.clone(), order: after.id.clone(), entry });
    }
    Outcomes { events, coupons }
}

fn comes_back(state: &State, after: &Order, coupon: &OrderCoupon) -> bool {
    let policy = state.campaign(coupon.applied.campaign).map(|campaign| campaign.terms.refund_policy());
    after.refunded() == RefundedOrder::Full
        && coupon.direct_code.is_none()
        && policy.is_some_and(|policy| policy.full_refund == OnFullRefund::Return)
        && after.shipping_came_back(coupon)
}
