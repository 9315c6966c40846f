use super::{
    Decide, Decision, Outcome, Where,
    checkout::{Checkout, Chosen, codes_of, held},
    lapse::{came_off, given_back},
    needs,
};
use crate::{
    cart::Cart,
    event::{Event, Recorded},
    id::{CodeHash, IdSource},
    money::Amount,
    name::{AccountId, OrderId},
    order::{Order, OrderCoupon, OrderCouponState, OrderStage, TransactionState},
    reason::{Reason, Refusal, RefusalError},
    state::{Key, State},
    time::Timestamp,
};

/// Another cart or other coupons under the same id, before payment. The hold ends when it would have.
///
/// Judged now, as a new order would be, only that what the order itself holds counts as free. Refused, it leaves the order
/// as it was. Source: rules, `revise`.
#[derive(Clone, Debug)]
pub struct ReviseOrder {
    pub account: AccountId,
    pub order: OrderId,
    pub cart: Cart,
    /// What is to be used: named by the caller, or found by the search on committed state.
    pub chosen: Vec<Chosen>,
    pub expect_discount: Option<Amount>,
}

impl Decide for ReviseOrder {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
        self.checkout().needs(state, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        if order.stage != OrderStage::Placed {
            return Err(Reason::OrderStateForbids { order_status: order.status(now) }.into());
        }
        order.may_change()?;
        self.check_codes(state, order)?;
        let free = self.without_what_it_holds(state, order, now);
        let checkout = self.checkout();
        let mut claims = Vec::new();
        let mut coupons = Vec::with_capacity(self.chosen.len());
        for judged in checkout.judged(&free, now)? {
            coupons.push(match self.stays(order, judged.index) {
                // The same coupon and, for a code used directly, the same claim.
                Some(held) => {
                    let mut stays = held.clone();
                    stays.applied = judged.applied;
                    stays.applied.coupon = held.applied.coupon;
                    stays.applied.code.clone_from(&held.applied.code);
                    stays
                }
                None => checkout.taken(&free, judged, &mut claims, now, ids)?,
            });
        }
        let outcome = Outcome::Order { account: self.account.clone(), order: self.order.clone(), created: false };
        let events =
            if self.changes_nothing(order, &coupons) { Vec::new() } else { self.events(order, claims, coupons) };
        Ok(Decision { events, outcome })
    }

    fn codes(&self) -> Vec<CodeHash> {
        codes_of(&self.chosen)
    }

    fn wants_room(&self) -> bool {
        !self.codes().is_empty()
    }
}

impl ReviseOrder {
    fn checkout(&self) -> Checkout<'_> {
        Checkout {
            account: &self.account,
            cart: &self.cart,
            chosen: &self.chosen,
            expect_discount: self.expect_discount,
        }
    }

    /// A code that was taken back stays with the order as it is placed, and can't be on it anew.
    fn check_codes(&self, state: &State, order: &Order) -> Result<(), Refusal> {
        let revoked = |chosen: &&Chosen| match chosen {
            Chosen::Code { code, .. } => {
                let is_revoked = state.code(code.hash).is_some_and(|code| code.revoked_at.is_some());
                is_revoked && held_by(order).any(|held| held.direct_code == Some(code.hash))
            }
            Chosen::Coupon { .. } => false,
        };
        let error = |chosen: &Chosen| {
            let pointer = Some(chosen.pointer().to_owned());
            RefusalError { pointer, reason: Reason::CodeRevoked }
        };
        let errors: Vec<RefusalError> = self.chosen.iter().filter(revoked).map(error).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }

    /// What the command looks at, as if the order held nothing.
    fn without_what_it_holds(&self, state: &State, order: &Order, now: Timestamp) -> State {
        let mut keys = Vec::new();
        self.needs(state, now, &mut keys);
        let mut free = state.part(&keys);
        for event in given_back(order) {
            free.evolve(&Recorded { position: 0, at: now, event });
        }
        free
    }

    /// What of the order is named again.
    fn stays<'o>(&self, order: &'o Order, index: usize) -> Option<&'o OrderCoupon> {
        held_by(order).find(|held| match &self.chosen[index] {
            Chosen::Coupon { coupon, .. } => held.id() == *coupon,
            Chosen::Code { code, .. } => held.direct_code == Some(code.hash),
        })
    }

    fn changes_nothing(&self, order: &Order, coupons: &[OrderCoupon]) -> bool {
        order.cart == self.cart
            && order.transactions.iter().all(|transaction| transaction.state == TransactionState::Open)
            && held_by(order).eq(coupons)
    }

    /// What comes off goes first, so that no budget is ever held twice. A coupon that stays with the discount that it had
    /// has no event of its own.
    fn events(&self, order: &Order, claims: Vec<Event>, coupons: Vec<OrderCoupon>) -> Vec<Event> {
        let (account, id) = (&self.account, &self.order);
        let mut events = Vec::new();
        for before in held_by(order) {
            match coupons.iter().find(|now| now.id() == before.id()) {
                None => events.push(came_off(order, before)),
                Some(now) if now.applied.discount != before.applied.discount => events.push(Event::CouponReleased {
                    account: account.clone(),
                    coupon: before.id(),
                    order: id.clone(),
                    campaign: before.applied.campaign,
                    discount: before.applied.discount,
                }),
                Some(_) => {}
            }
        }
        events.extend(claims);
        let as_before = |now: &&OrderCoupon| {
            held_by(order).any(|before| before.id() == now.id() && before.applied.discount == now.applied.discount)
        };
        let holds: Vec<Event> = coupons
            .iter()
            .filter(|now| !as_before(now))
            .map(|now| held(account, id, now, order.hold_expires_at))
            .collect();
        events.push(Event::OrderRevised {
            account: account.clone(),
            order: id.clone(),
            cart: self.cart.clone(),
            coupons,
        });
        events.extend(holds);
        events
    }
}

fn held_by(order: &Order) -> impl Iterator<Item = &OrderCoupon> {
    order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held)
}
