//! What the clock alone changes.

use crate::{
    event::Event,
    name::{AccountId, OrderId},
    order::{Order, OrderCoupon, OrderCouponState},
    state::State,
    status::CouponStatus,
    time::Timestamp,
};

/// Cancels the account's orders whose hold ran out, as far as its coupons or the command name them.
pub(super) fn lapsed_orders(state: &State, account: &AccountId, order: Option<&OrderId>, now: Timestamp) -> Vec<Event> {
    let mut orders: Vec<&OrderId> = state.live_coupons(account).filter_map(|coupon| coupon.lapsed_order(now)).collect();
    orders.extend(order);
    orders.sort_unstable();
    orders.dedup();
    orders
        .into_iter()
        .filter_map(|order| state.order(account, order))
        .filter(|order| order.has_lapsed(now))
        .flat_map(|order| cancelled_unpaid(order, true))
        .collect()
}

/// The whole order before payment: its coupons come back, codes used directly never were.
pub(super) fn cancelled_unpaid(order: &Order, timed_out: bool) -> Vec<Event> {
    let cancelled = Event::OrderCancelled { account: order.account.clone(), order: order.id.clone(), timed_out };
    std::iter::once(cancelled).chain(given_back(order)).collect()
}

/// All that an unpaid order holds, given back: coupons, budgets, and what codes used directly took.
pub fn given_back(order: &Order) -> impl Iterator<Item = Event> {
    let held = order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held);
    held.map(|coupon| came_off(order, coupon))
}

/// A coupon leaves an unpaid order.
pub(super) fn came_off(order: &Order, coupon: &OrderCoupon) -> Event {
    let (account, order_id, id) = (order.account.clone(), order.id.clone(), coupon.id());
    let (campaign, discount) = (coupon.applied.campaign, coupon.applied.discount);
    match coupon.direct_code {
        None => Event::CouponReleased { account, coupon: id, order: order_id, campaign, discount },
        Some(code) => {
            let source = coupon.source.clone();
            Event::CouponVoided { account, coupon: id, order: order_id, campaign, discount, code, source }
        }
    }
}

/// Moves expired coupons to history, so that they take no room.
pub(super) fn expired_coupons(state: &State, account: &AccountId, now: Timestamp) -> Vec<Event> {
    let expired: Vec<_> = state
        .live_coupons(account)
        .filter(|coupon| coupon.status(now) == CouponStatus::Expired)
        .map(|coupon| coupon.id)
        .collect();
    if expired.is_empty() {
        return Vec::new();
    }
    vec![Event::CouponsArchived { account: account.clone(), coupons: expired }]
}
