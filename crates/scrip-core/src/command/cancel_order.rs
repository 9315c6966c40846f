use scrip_faults::{Fault, is};

use super::{
    Decide, Decision, Outcome, Where,
    lapse::{came_off, cancelled_unpaid},
    needs,
    refund_order::{Asked, Parts, refunded},
};
use crate::{
    candidate::Candidate,
    cart::Cart,
    condition::Occasion,
    discount::Applied,
    event::Event,
    id::{IdSource, RefundId},
    metadata::Metadata,
    name::{AccountId, OrderId, RefundName, SellerId},
    order::{Order, OrderCoupon, OrderCouponState, OrderStage, Transaction, TransactionState},
    quote::evaluate,
    reason::{Reason, Refusal, UsedBy},
    state::{Key, State},
    time::Timestamp,
};

/// The order, or one seller's transaction of it. After payment: a refund of all that is left there.
#[derive(Clone, Debug)]
pub struct CancelOrder {
    pub account: AccountId,
    pub order: OrderId,
    pub seller: Option<SellerId>,
}

impl Decide for CancelOrder {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
        needs::open_refund_page(state, &self.account, &self.order, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        let outcome = Outcome::Order { account: self.account.clone(), order: self.order.clone(), created: false };
        let index = match &self.seller {
            None => None,
            Some(seller) => {
                let not_there = Reason::NotInOrder { line: None, seller: Some(seller.clone()) };
                Some(order.transaction_of(seller).ok_or_else(|| Refusal::at("/seller", not_there))?)
            }
        };
        let events = match order.stage {
            OrderStage::Cancelled => Vec::new(),
            OrderStage::Placed | OrderStage::TimedOut => self.before_payment(state, order, index, now),
            OrderStage::Paid => self.after_payment(state, order, index, now, ids)?,
        };
        Ok(Decision { events, outcome })
    }
}

impl CancelOrder {
    /// Of an order whose hold ran out everything is cancelled already, for everybody who asks: what ends is the part that a
    /// payment that comes late would still take.
    fn before_payment(&self, state: &State, order: &Order, index: Option<usize>, now: Timestamp) -> Vec<Event> {
        let Some(index) = index else { return self.whole(order) };
        if order.transactions[index].state == TransactionState::Cancelled {
            return Vec::new();
        }
        let seller = &order.transactions[index].seller;
        let mut gone: Vec<&SellerId> = order
            .transactions
            .iter()
            .filter(|transaction| transaction.state == TransactionState::Cancelled)
            .map(|transaction| &transaction.seller)
            .collect();
        gone.push(seller);
        let Some(left) = order.cart.without_sellers(&gone) else { return self.whole(order) };
        let indices: Vec<usize> =
            (0..order.cart.lines().len()).filter(|&line| !gone.contains(&&order.cart.lines()[line].seller)).collect();
        let (stay, off) = judged_again(state, order, &left, now);
        // What comes off goes first: beside it, what stays could take more off a line than there is.
        let mut events = Vec::with_capacity(off.len() + 1);
        if order.stage == OrderStage::Placed {
            events.extend(off.into_iter().map(|coupon| came_off(order, coupon)));
        }
        let last = if is(Fault::ComesOffLast) { 0 } else { events.len() };
        let cancelled = Event::SellerCancelled {
            account: self.account.clone(),
            order: self.order.clone(),
            seller: seller.clone(),
            applied: stay.into_iter().map(|(coupon, applied)| in_whole_cart(applied, &indices, coupon)).collect(),
        };
        events.insert(last, cancelled);
        events
    }

    /// The whole order, or the last of its sellers: it keeps the figures that it had.
    fn whole(&self, order: &Order) -> Vec<Event> {
        if order.stage == OrderStage::Placed {
            return cancelled_unpaid(order, false);
        }
        // What it held was given back when its hold ran out.
        vec![Event::OrderCancelled { account: self.account.clone(), order: self.order.clone(), timed_out: false }]
    }

    fn after_payment(
        &self,
        state: &State,
        order: &Order,
        index: Option<usize>,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<Vec<Event>, Refusal> {
        let status = order.status(now);
        let open = |index: &usize| order.transactions[*index].state == TransactionState::Open;
        let indices: Vec<usize> = match index {
            Some(index) if order.transactions[index].state == TransactionState::Cancelled => return Ok(Vec::new()),
            Some(index) => vec![index],
            None => (0..order.transactions.len()).collect(),
        };
        let indices: Vec<usize> = indices.into_iter().filter(open).collect();
        // Cancelled as far as it could be, and asked for again. What went before payment is no such cancellation.
        let is_again =
            |transaction: &Transaction| transaction.state == TransactionState::Cancelled && !transaction.gone;
        if indices.is_empty() && index.is_none() && order.transactions.iter().any(is_again) {
            return Ok(Vec::new());
        }
        if indices.is_empty() {
            return Err(Reason::OrderStateForbids { order_status: status }.into());
        }
        let sellers: Vec<SellerId> = indices.iter().map(|&index| order.transactions[index].seller.clone()).collect();
        let parts = Parts::all_left(order, |seller| sellers.contains(seller));
        let id = RefundId::new(now, self.account.slot(), ids).to_string();
        let name = RefundName::new(&id).expect("an id of ours is a valid name");
        let fingerprint = *RefundId::new(now, self.account.slot(), ids).uid().bytes();
        let asked = Asked { id: name, fingerprint, metadata: Metadata::default() };
        let (_, events) = refunded(state, order, asked, parts, sellers, now);
        Ok(events)
    }
}

/// The same coupons on what is left: amounts alone, not clock, pause or budget, and none takes off more than it did before,
/// so that what is held of a budget never grows. Answers what stays, and what comes off.
///
/// Of an order whose hold ran out those are judged that a late payment would take, whether or not they are free now.
fn judged_again<'o>(
    state: &State,
    order: &'o Order,
    left: &Cart,
    now: Timestamp,
) -> (Vec<(&'o OrderCoupon, Applied)>, Vec<&'o OrderCoupon>) {
    let on_it = if order.stage == OrderStage::Placed { OrderCouponState::Held } else { OrderCouponState::Lapsed };
    let (coupons, candidates): (Vec<&OrderCoupon>, Vec<Candidate<'_>>) = order
        .coupons
        .iter()
        .filter(|coupon| coupon.state == on_it)
        .filter_map(|coupon| {
            let campaign = state.campaign(coupon.applied.campaign)?;
            let most = (!is(Fault::TakesMoreThanBefore)).then_some(coupon.applied.discount);
            let candidate = Candidate {
                used_by: UsedBy::Coupon(coupon.id()),
                campaign: campaign.id,
                terms_version: coupon.applied.terms_version,
                terms: &campaign.terms,
                starts_at: order.placed_at,
                expires_at: coupon.expires_at,
                paused: false,
                budget_left: None,
                reasons_on_any_cart: Vec::new(),
                at_most: most,
            };
            Some((coupon, candidate))
        })
        .unzip();
    let (stay, off) = evaluate(left, &candidates, now, Occasion::WhatIsLeft);
    let stay = stay.into_iter().map(|(index, applied)| (coupons[index], applied)).collect();
    (stay, off.into_iter().map(|(index, _)| coupons[index]).collect())
}

/// Shares of a cart without some sellers, as shares of the whole cart.
fn in_whole_cart(mut applied: Applied, indices: &[usize], held: &OrderCoupon) -> Applied {
    for share in &mut applied.shares {
        share.line = u16::try_from(indices[usize::from(share.line)]).expect("a cart has at most 500 lines");
    }
    applied.code.clone_from(&held.applied.code);
    applied
}
