use super::{
    Decide, Decision, Outcome,
    lapse::{came_off, cancelled_unpaid},
    needs,
    refund::{Parts, refunded},
};
use crate::{
    campaign::CampaignStage,
    condition::Occasion,
    event::Event,
    id::{IdSource, RefundId},
    key::Key,
    name::{AccountId, OrderId, RefundName, SellerId},
    order::{Order, OrderCouponState, OrderStage, OrderStatus, TransactionState},
    quote::{Applied, Candidate, evaluate},
    reason::{Reason, Refusal, UsedBy},
    state::State,
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
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        let outcome = Outcome::Order { account: self.account.clone(), order: self.order.clone(), created: false };
        let place = match &self.seller {
            None => None,
            Some(seller) => {
                let not_there = Reason::NotInOrder { line: None, seller: Some(seller.clone()) };
                Some(order.transaction_of(seller).ok_or_else(|| Refusal::at("/seller", not_there))?)
            }
        };
        let events = match order.stage {
            OrderStage::Cancelled => Vec::new(),
            // Cancelled already, for everybody who asks; from here on for a payment that comes late, too.
            OrderStage::TimedOut => vec![Event::OrderCancelled {
                account: self.account.clone(),
                order: self.order.clone(),
                timed_out: false,
            }],
            OrderStage::Placed => self.before_payment(state, order, place, now),
            OrderStage::Paid => self.after_payment(state, order, place, now, ids)?,
        };
        Ok(Decision { events, outcome })
    }
}

impl CancelOrder {
    fn before_payment(&self, state: &State, order: &Order, place: Option<usize>, now: Timestamp) -> Vec<Event> {
        let Some(place) = place else { return cancelled_unpaid(order, false) };
        if order.transactions[place].state == TransactionState::Cancelled {
            return Vec::new();
        }
        let seller = order.transactions[place].seller.clone();
        let mut gone: Vec<&SellerId> = order
            .transactions
            .iter()
            .filter(|transaction| transaction.state == TransactionState::Cancelled)
            .map(|transaction| &transaction.seller)
            .collect();
        gone.push(&seller);
        let Some(left) = order.cart.without_sellers(&gone) else { return cancelled_unpaid(order, false) };
        // The same coupons are judged again on what is left: amounts alone, not clock, pause or budget.
        let held: Vec<_> = order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held).collect();
        let candidates: Vec<Candidate<'_>> = held
            .iter()
            .filter_map(|coupon| {
                let campaign = state.campaign(coupon.applied.campaign)?;
                Some(Candidate {
                    used_by: UsedBy::Coupon(coupon.id()),
                    campaign: campaign.id,
                    terms_version: coupon.applied.terms_version,
                    terms: &campaign.terms,
                    starts_at: order.placed_at,
                    expires_at: coupon.expires_at,
                    paused: campaign.stage == CampaignStage::Paused,
                    budget_left: None,
                    standing: Vec::new(),
                })
            })
            .collect();
        let (stay, refused) = evaluate(&left, &candidates, now, Occasion::WhatIsLeft);
        let places: Vec<usize> =
            (0..order.cart.lines().len()).filter(|&line| !gone.contains(&&order.cart.lines()[line].seller)).collect();
        let applied = stay.into_iter().map(|(place, applied)| in_whole_cart(applied, &places, held[place])).collect();
        let mut events = vec![Event::SellerCancelled {
            account: self.account.clone(),
            order: self.order.clone(),
            seller: seller.clone(),
            applied,
        }];
        events.extend(refused.iter().map(|(place, _)| came_off(order, held[*place])));
        events
    }

    fn after_payment(
        &self,
        state: &State,
        order: &Order,
        place: Option<usize>,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<Vec<Event>, Refusal> {
        let status = order.status(now);
        let open = |place: &usize| order.transactions[*place].state == TransactionState::Open;
        let places: Vec<usize> = match place {
            Some(place) if order.transactions[place].state == TransactionState::Cancelled => return Ok(Vec::new()),
            Some(place) => vec![place],
            None if status == OrderStatus::Cancelled => return Ok(Vec::new()),
            None => (0..order.transactions.len()).collect(),
        };
        let places: Vec<usize> = places.into_iter().filter(open).collect();
        if places.is_empty() {
            return Err(Reason::OrderStateForbids { order_status: status }.into());
        }
        let sellers: Vec<SellerId> = places.iter().map(|&place| order.transactions[place].seller.clone()).collect();
        let parts = Parts::all_left(order, |seller| sellers.contains(seller));
        let id = RefundId::new(now, self.account.slot(), ids).to_string();
        let name = RefundName::new(&id).expect("an id of ours is a valid name");
        let fingerprint = *RefundId::new(now, self.account.slot(), ids).uid().bytes();
        let (_, events) = refunded(state, order, name, parts, sellers, fingerprint, now);
        Ok(events)
    }
}

/// Shares of a cart without some sellers, as shares of the whole cart.
fn in_whole_cart(mut applied: Applied, places: &[usize], held: &crate::order::OrderCoupon) -> Applied {
    for share in &mut applied.shares {
        share.line = u16::try_from(places[usize::from(share.line)]).expect("a cart has at most 500 lines");
    }
    applied.code.clone_from(&held.applied.code);
    applied
}
