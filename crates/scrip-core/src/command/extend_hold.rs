use super::{Decide, Decision, Outcome, Where, needs};
use crate::{
    event::Event,
    id::IdSource,
    name::{AccountId, OrderId},
    order::{Order, OrderStage},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

pub const HOLD_MINUTES_DEFAULT: u32 = 30;
pub const HOLD_MINUTES_MAX: u32 = 10_080;
/// In all, from Place Order.
pub const HOLD_DAYS_MAX: u32 = 7;

/// More time to pay: counts from now, never shortens.
#[derive(Clone, Debug)]
pub struct ExtendHold {
    pub account: AccountId,
    pub order: OrderId,
    pub hold_minutes: u32,
}

impl ExtendHold {
    fn until(&self, order: &Order, now: Timestamp) -> Timestamp {
        now.plus_minutes(self.hold_minutes).min(order.placed_at.plus_hours(HOLD_DAYS_MAX * 24))
    }
}

impl Decide for ExtendHold {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
        if let Some(order) = state.order(&self.account, &self.order) {
            keys.push(Key::due(state.bucket(), self.until(order, now), &self.account));
        }
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        if order.stage != OrderStage::Placed {
            return Err(Reason::OrderStateForbids { order_status: order.status(now) }.into());
        }
        let hold_expires_at = self.until(order, now);
        let (account, order_id) = (self.account.clone(), self.order.clone());
        let outcome = Outcome::Order { account: account.clone(), order: order_id.clone(), created: false };
        let events = if hold_expires_at > order.hold_expires_at {
            order.may_change()?;
            vec![Event::HoldExtended { account, order: order_id, hold_expires_at }]
        } else {
            Vec::new()
        };
        Ok(Decision { events, outcome })
    }
}
