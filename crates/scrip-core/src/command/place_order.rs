use super::{
    Decide, Decision, Outcome, Where,
    checkout::{Checkout, Chosen, codes_of, held},
    needs,
};
use crate::{
    cart::Cart,
    event::Event,
    id::{CodeHash, IdSource},
    metadata::Metadata,
    money::Amount,
    name::{AccountId, OrderId},
    order::{LineMoney, Order, OrderCoupon, OrderStage, ShippingMoney, open_transactions},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// One checkout: the cart and exactly these coupons, held from here until it is paid, cancelled or timed out.
#[derive(Clone, Debug)]
pub struct PlaceOrder {
    pub account: AccountId,
    pub id: OrderId,
    pub cart: Cart,
    /// What is to be used: named by the caller, or found by the search on committed state.
    pub chosen: Vec<Chosen>,
    pub expect_discount: Option<Amount>,
    pub hold_minutes: u32,
    pub metadata: Metadata,
    /// Of the request.
    pub fingerprint: [u8; 16],
}

impl Decide for PlaceOrder {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.id)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.id, now, keys);
        keys.push(Key::due(state.bucket(), now.plus_minutes(self.hold_minutes), &self.account));
        self.checkout().needs(state, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if let Some(order) = state.order(&self.account, &self.id) {
            return self.again(order);
        }
        let checkout = self.checkout();
        let mut events = Vec::new();
        let mut coupons = Vec::with_capacity(self.chosen.len());
        for judged in checkout.judged(state, now)? {
            coupons.push(checkout.taken(state, judged, &mut events, now, ids)?);
        }
        let hold_expires_at = now.plus_minutes(self.hold_minutes);
        let holds: Vec<Event> =
            coupons.iter().map(|coupon| held(&self.account, &self.id, coupon, hold_expires_at)).collect();
        events.push(Event::OrderPlaced { order: self.order(coupons, now, hold_expires_at) });
        events.extend(holds);
        Ok(Decision {
            events,
            outcome: Outcome::Order { account: self.account.clone(), order: self.id.clone(), created: true },
        })
    }

    fn codes(&self) -> Vec<CodeHash> {
        codes_of(&self.chosen)
    }

    fn wants_room(&self) -> bool {
        !self.codes().is_empty()
    }
}

impl PlaceOrder {
    fn checkout(&self) -> Checkout<'_> {
        Checkout {
            account: &self.account,
            cart: &self.cart,
            chosen: &self.chosen,
            expect_discount: self.expect_discount,
        }
    }

    /// The same id again: the same request finds the order as it is now, another is refused, for ever.
    fn again(&self, order: &Order) -> Result<Decision, Refusal> {
        if order.fingerprint != self.fingerprint {
            return Err(Refusal::at("/id", Reason::OrderExists));
        }
        Ok(Decision {
            events: Vec::new(),
            outcome: Outcome::Order { account: self.account.clone(), order: self.id.clone(), created: false },
        })
    }

    fn order(&self, coupons: Vec<OrderCoupon>, now: Timestamp, hold_expires_at: Timestamp) -> Order {
        let sellers = self.cart.sellers();
        Order {
            account: self.account.clone(),
            id: self.id.clone(),
            coupons,
            stage: OrderStage::Placed,
            placed_at: now,
            hold_expires_at,
            paid_at: None,
            shipping: vec![ShippingMoney::default(); sellers.len()],
            transactions: open_transactions(&sellers),
            lines: vec![LineMoney::default(); self.cart.lines().len()],
            cart: self.cart.clone(),
            refunds: Vec::new(),
            fingerprint: self.fingerprint,
            events: Vec::new(),
            refund_pages: Vec::new(),
            reversed_on_pages: Vec::new(),
            metadata: self.metadata.clone(),
            metadata_changes: 0,
        }
    }
}
