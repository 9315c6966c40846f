//! What must add up in a store, whatever happened: I1, I2, I5 and I6 of the harnesses' list. That the journal's chain
//! verifies and its replay equals documents and tables (I9) is `scrip verify`'s part, and that ledger entries balance the
//! row's own, which can't be read otherwise.

use std::collections::BTreeMap;

use scrip_core::{
    code::CodeKind,
    id::{CampaignId, CouponId},
    order::{Order, OrderCouponState, OrderStage},
    wallet::{Coupon, CouponState},
};

use crate::documents::Documents;

/// A campaign's figures, counted from wallets and orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counted {
    claimed: u32,
    on_orders: u32,
    used: u32,
    held: i64,
    spent: i64,
}

/// What doesn't add up, in words.
pub fn broken(documents: &Documents) -> Vec<String> {
    let mut wrong = counters(documents);
    wrong.extend(coupons_and_orders(documents));
    wrong.extend(documents.orders.values().flat_map(money));
    wrong.extend(codes(documents));
    wrong
}

/// Counters are what wallets and orders say, and within the limits.
fn counters(documents: &Documents) -> Vec<String> {
    let mut counted: BTreeMap<CampaignId, Counted> = BTreeMap::new();
    for coupon in documents.coupons.values().flatten() {
        let campaign = counted.entry(coupon.campaign).or_default();
        campaign.claimed += 1;
        campaign.on_orders += u32::from(matches!(coupon.state, CouponState::Inactive { .. }));
        campaign.used += u32::from(matches!(coupon.state, CouponState::Used { .. }));
    }
    for order in documents.orders.values() {
        for applied in order.applied() {
            let campaign = counted.entry(applied.campaign).or_default();
            match order.stage {
                OrderStage::Placed => campaign.held += applied.discount.minor(),
                OrderStage::Paid => campaign.spent += applied.discount.minor(),
                OrderStage::Cancelled | OrderStage::TimedOut => {}
            }
        }
        for (id, back) in order.refunds.iter().flat_map(|refund| &refund.campaigns) {
            counted.entry(*id).or_default().spent -= back.minor();
        }
    }
    let mut wrong = Vec::new();
    for (id, campaign) in &documents.campaigns {
        let allowance = documents.allowances.get(id.uid().bytes().as_slice()).cloned().unwrap_or_default();
        let stored = allowance.counters;
        let says = Counted {
            claimed: stored.claimed,
            on_orders: stored.on_orders,
            used: stored.used,
            held: stored.budget_held.minor(),
            spent: stored.budget_spent.minor(),
        };
        let is = counted.get(id).copied().unwrap_or_default();
        if says != is {
            wrong.push(format!("{id} counts {says:?}; wallets and orders say {is:?}"));
        }
        let limits = &campaign.terms.limits;
        if limits.stock.is_some_and(|stock| is.claimed > stock) {
            wrong.push(format!("{id}: {} claimed of {:?}", is.claimed, limits.stock));
        }
        let budget = limits.budget.and_then(scrip_core::campaign::Budget::amount);
        if budget.is_some_and(|budget| is.held + is.spent > budget.minor()) {
            wrong.push(format!("{id}: {} held and {} spent of {budget:?}", is.held, is.spent));
        }
    }
    wrong
}

/// A coupon is on at most one order, and wallet and order say the same of it.
fn coupons_and_orders(documents: &Documents) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut held: BTreeMap<CouponId, &Order> = BTreeMap::new();
    for order in documents.orders.values() {
        let on = order.coupons.iter();
        for coupon in on.filter(|on| matches!(on.state, OrderCouponState::Held | OrderCouponState::Used)) {
            if let Some(other) = held.insert(coupon.id(), order) {
                wrong.push(format!("{} is on the orders {} and {}", coupon.id(), other.id, order.id));
            }
        }
    }
    let mut seen: BTreeMap<CouponId, &Coupon> = BTreeMap::new();
    for (account, coupon) in
        documents.coupons.iter().flat_map(|(account, all)| all.iter().map(move |one| (account, one)))
    {
        if seen.insert(coupon.id, coupon).is_some() {
            wrong.push(format!("{} is held twice", coupon.id));
        }
        let order = match &coupon.state {
            CouponState::Inactive { order, .. } | CouponState::Used { order } => Some(order),
            _ => None,
        };
        let holder = held.remove(&coupon.id);
        let same = match (order, holder) {
            (Some(named), Some(holder)) => *named == holder.id && holder.account.as_str() == account,
            (None, None) => true,
            _ => false,
        };
        if !same {
            let holder = holder.map(|order| &order.id);
            wrong.push(format!("{} of {account} is on {order:?}, the orders say {holder:?}", coupon.id));
        }
    }
    wrong.extend(held.into_iter().map(|(coupon, order)| format!("{coupon} is on {} and in no wallet", order.id)));
    wrong
}

/// Shares add up to the discount, and no more comes back than was paid.
fn money(order: &Order) -> Vec<String> {
    let mut wrong = Vec::new();
    let named = |what: String| format!("order {}/{}: {what}", order.account, order.id);
    for applied in order.applied() {
        let goods: i64 = applied.shares.iter().map(|share| share.amount.minor()).sum();
        let shipping: i64 = applied.shipping_shares.iter().map(|share| share.amount.minor()).sum();
        if goods + shipping != applied.discount.minor() {
            wrong.push(named(format!("{goods} + {shipping} of {}", applied.discount.minor())));
        }
    }
    let paid = (0..order.lines.len()).map(|line| order.paid_for_line(line).minor()).sum::<i64>()
        + order.transactions.iter().map(|own| order.paid_for_shipping(&own.seller).minor()).sum::<i64>();
    let back: i64 = order.refunds.iter().map(|refund| refund.amount.minor()).sum();
    if back > paid {
        wrong.push(named(format!("{back} came back of {paid}")));
    }
    wrong
}

/// A shared code isn't used more often than it may; a unique one has one coupon.
fn codes(documents: &Documents) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut claimed: BTreeMap<CouponId, u32> = BTreeMap::new();
    for code in &documents.codes {
        match &code.kind {
            CodeKind::Shared { text, max_uses: Some(max), uses, .. } if uses > max => {
                wrong.push(format!("{text} was used {uses} times of {max}"));
            }
            CodeKind::Shared { .. } => {}
            CodeKind::Unique { state, .. } => {
                if let Some(by) = state.claimed_by() {
                    *claimed.entry(by.coupon).or_default() += 1;
                }
            }
        }
    }
    wrong.extend(
        claimed.into_iter().filter(|(_, codes)| *codes > 1).map(|(coupon, _)| format!("{coupon} is of two codes")),
    );
    wrong
}
