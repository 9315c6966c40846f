use super::{
    Decide, Decision, Outcome, Where, needs,
    retake::{lapsed, retaken},
};
use crate::{
    event::Event,
    id::IdSource,
    ledger::{Entry, EntryKind, LedgerAccount, Posting, movement},
    name::{AccountId, OrderId},
    order::{Order, OrderCouponState, OrderStage},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// The order is paid, be its total 0: what was held of budgets is spent, and booked on who funds it.
///
/// After the hold ran out what it held is taken again first, if all of it is still free.
#[derive(Clone, Debug)]
pub struct PayOrder {
    pub account: AccountId,
    pub order: OrderId,
}

impl Decide for PayOrder {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
        // A coupon that expired since the time-out may have left the live pages.
        let Some(order) = state.order(&self.account, &self.order) else { return };
        let is_live = |id| state.live_coupons(&self.account).any(|coupon| coupon.id == id);
        if lapsed(order).any(|coupon| coupon.direct_code.is_none() && !is_live(coupon.id())) {
            needs::whole_history(state, &self.account, keys);
        }
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        let outcome = Outcome::Order { account: self.account.clone(), order: self.order.clone(), created: false };
        let events = match order.stage {
            OrderStage::Paid => Vec::new(),
            OrderStage::Placed => self.paid(order, now),
            OrderStage::TimedOut => {
                let mut events = retaken(state, order, now, ids)?;
                let mut holding = order.clone();
                events.iter().for_each(|event| holding.apply(0, event));
                events.extend(self.paid(&holding, now));
                events
            }
            OrderStage::Cancelled => {
                return Err(Reason::OrderStateForbids { order_status: order.status(now) }.into());
            }
        };
        Ok(Decision { events, outcome })
    }
}

impl PayOrder {
    fn paid(&self, order: &Order, now: Timestamp) -> Vec<Event> {
        let mut events = vec![Event::OrderPaid { account: self.account.clone(), order: self.order.clone(), at: now }];
        if let Some(entry) = funded(order) {
            events.push(Event::DiscountFunded { account: self.account.clone(), order: self.order.clone(), entry });
        }
        if let Some(entry) = surplus(order, EntryKind::SurplusForfeited, |_| true) {
            events.push(Event::SurplusBooked { account: self.account.clone(), order: self.order.clone(), entry });
        }
        events
    }
}

/// Who pays for the order's discounts, line by line.
fn funded(order: &Order) -> Option<Entry> {
    let mut postings: Vec<Posting> = Vec::new();
    let discount = || LedgerAccount::Discount(order.account.clone(), order.id.clone());
    for coupon in order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held) {
        let applied = &coupon.applied;
        for share in &applied.shares {
            let line = &order.cart.lines()[usize::from(share.line)];
            for part in &share.funding {
                let funder = LedgerAccount::Funder(part.funder.clone());
                let amount = part.units.total();
                postings.extend(movement(
                    funder,
                    discount(),
                    amount,
                    applied.campaign,
                    Some(&line.seller),
                    Some(&line.id),
                ));
            }
        }
        for share in &applied.shipping_shares {
            for (funder, amount) in &share.funding {
                let funder = LedgerAccount::Funder(funder.clone());
                postings.extend(movement(funder, discount(), *amount, applied.campaign, Some(&share.seller), None));
            }
        }
    }
    balanced(EntryKind::DiscountFunded, order, postings)
}

/// Face value lost with the discount (S9), or restored with a coupon that came back.
pub(super) fn surplus(
    order: &Order,
    kind: EntryKind,
    of: impl Fn(&crate::order::OrderCoupon) -> bool,
) -> Option<Entry> {
    let mut postings = Vec::new();
    for coupon in order.coupons.iter().filter(|coupon| coupon.counts() && of(coupon)) {
        let (campaign, amount) = (coupon.applied.campaign, coupon.applied.surplus);
        if amount.is_zero() {
            continue;
        }
        let (face, lost) = (LedgerAccount::FaceValue(campaign), LedgerAccount::Forfeited(campaign));
        let (debit, credit) = if kind == EntryKind::SurplusForfeited { (lost, face) } else { (face, lost) };
        postings.extend(movement(debit, credit, amount, campaign, None, None));
    }
    balanced(kind, order, postings)
}

pub(super) fn balanced(kind: EntryKind, order: &Order, postings: Vec<Posting>) -> Option<Entry> {
    if postings.is_empty() {
        return None;
    }
    Some(Entry::new(kind, order.cart.currency(), postings).expect("made of movements, which balance"))
}
